//! A lease that ends under an open page: the page says why, and unsaved figures stay readable.

use serde_json::json;
use swath_harness::client::{Job, Lease};
use swath_harness::{Team, User, World};

use crate::recording::Recording;
use crate::scene::{box_by_keys, has_status, is_marked, is_shown, job_with, label, signed_in, take};
use swath_browser::Browser;

/// The shortest lease that a job may have, in seconds.
const SHORT_LEASE_SECONDS: i64 = 5;

/// Anna at a range with one item saved and another one begun.
struct Scenario {
    team: Team,
    job: Job,
    recording: Recording,
    browser: Browser,
    ben: User,
}

impl Scenario {
    async fn begin(wishes: serde_json::Value) -> Self {
        let world = World::shared().await;
        let (team, recording) = (world.team("console").await, Recording::to(world).await);
        let (anna, ben) = (team.annotator("Anna").await, team.annotator("Ben").await);
        let job = job_with(world, &team, wishes).await;
        let browser = signed_in(&recording.origin(), &team, &anna, "/work").await;
        take(&browser).await;
        label(&browser, 1).await;
        is_marked(&browser, 1, "saved").await;
        is_shown(&browser, 2).await;
        browser.press(&box_by_keys()).await;
        is_marked(&browser, 2, "draft").await;
        let ben = ben.at(&recording.direct());
        Self { team, job, recording, browser, ben }
    }

    /// Anna saves under a lease that has ended: the page explains it and shows the one item that the server does not
    /// have.
    async fn explains(&self, why: &str) {
        self.browser.enter().await;
        self.browser.says("This range is not yours any more").await;
        self.browser.says(why).await;
        self.browser.says("1 item did not reach the server").await;
        self.browser.click(".left summary").await;
        self.browser.see(".left .sketch rect").await;
    }

    /// Ben finishes, and the server has his annotations and none of Anna's.
    async fn end(self, lease: &Lease) {
        self.ben.finish(lease).await;
        has_status(&self.team, &self.job, "COMPLETED", 1).await;
        // The unsent item is still in Anna's list until she dismisses it.
        self.browser.click_on("My list").await;
        self.browser.says("refused by the server").await;
        self.browser.reload().await;
        self.browser.click_on("Forget it").await;
        self.browser.says("Everything that you saved is on the server").await;
        self.browser.close().await;
        self.recording.agrees(&self.team, &self.job).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_expires_explains_itself_and_keeps_the_work_readable() {
    let scenario = Scenario::begin(json!({"lease_seconds": SHORT_LEASE_SECONDS, "reserve_seconds": 0})).await;
    // The page warns before the lease expires, and offers to continue after it has expired.
    scenario.browser.see(".over.warning").await;
    let lease = scenario.ben.lease(&scenario.job).await;
    scenario.explains("Your hold ran out").await;
    scenario.end(&lease).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_a_manager_gives_to_somebody_else_explains_itself() {
    let scenario = Scenario::begin(json!({})).await;
    let manager = scenario.team.manager.at(&scenario.recording.direct());
    let assignment = &scenario.team.assignments(&scenario.job).await[0];
    let path = format!("/v1/assignments/{}/reassign", assignment["id"].as_str().unwrap());
    manager.post(&path, json!({"reason": "Ben has time", "user": scenario.ben.id})).await.ok();
    scenario.explains("A manager gave it to somebody else").await;
    let lease = scenario.ben.lease(&scenario.job).await;
    scenario.end(&lease).await;
}

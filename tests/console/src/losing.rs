//! A range that ends under an open page: the page says why, and what was drawn stays readable.

use serde_json::json;
use swath_harness::client::{Job, Lease};
use swath_harness::{Person, Team, World};

use crate::recording::Recording;
use crate::scene::{box_by_keys, has_status, is_marked, is_shown, job_with, label, signed_in, take};
use swath_browser::Browser;

/// Seconds after which a lease expires that nobody works on: the shortest that a job may ask for.
const SHORT: i64 = 5;

/// Anna at a range with one item saved and another begun.
struct Sitting {
    team: Team,
    job: Job,
    recording: Recording,
    browser: Browser,
    ben: Person,
}

impl Sitting {
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

    /// Anna saves what is not hers any more: the page explains it and shows the one item that the server does not have.
    async fn is_told(&self, why: &str) {
        self.browser.enter().await;
        self.browser.says("This range is not yours any more").await;
        self.browser.says(why).await;
        self.browser.says("1 item did not reach the server").await;
        self.browser.click(".left summary").await;
        self.browser.see(".left .sketch rect").await;
    }

    /// Ben finishes, and the server has what he did and nothing of Anna's.
    async fn end(self, lease: &Lease) {
        self.ben.finish(lease).await;
        has_status(&self.team, &self.job, "COMPLETED", 1).await;
        // What was not sent is still in Anna's list, and goes when she has read it.
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
    let sitting = Sitting::begin(json!({"lease_seconds": SHORT, "reserve_seconds": 0})).await;
    // The page warns while it is still hers, and offers to go on once it has run out.
    sitting.browser.see(".over.warning").await;
    let lease = sitting.ben.lease(&sitting.job).await;
    sitting.is_told("Your hold ran out").await;
    sitting.end(&lease).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_a_manager_gives_to_somebody_else_explains_itself() {
    let sitting = Sitting::begin(json!({})).await;
    let manager = sitting.team.manager.at(&sitting.recording.direct());
    let assignment = &sitting.team.assignments(&sitting.job).await[0];
    let path = format!("/v1/assignments/{}/reassign", assignment["id"].as_str().unwrap());
    manager.post(&path, json!({"reason": "Ben has time", "user": sitting.ben.id})).await.ok();
    sitting.is_told("A manager gave it to somebody else").await;
    let lease = sitting.ben.lease(&sitting.job).await;
    sitting.end(&lease).await;
}

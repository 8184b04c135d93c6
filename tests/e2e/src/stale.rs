//! Stale leases: the reason that their former holder gets, and what happens to the work.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::{Job, Lease, annotation};
use swath_harness::{Team, User, World, until};

/// The shortest lease that a job may have, in seconds.
const SHORT_LEASE_SECONDS: u64 = 5;
/// A lease, the grace period before expiry, a sweep, and a slow machine.
const EXPIRY_TIMEOUT: Duration = Duration::from_secs(60);

async fn leased(wishes: Value) -> (Team, Job, User, Lease) {
    let team = World::shared().await.team("stale").await;
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, wishes).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    (team, job, anna, lease)
}

/// Every call of the former holder that would change something is refused with this reason, and nothing changes.
async fn hears(team: &Team, anna: &User, lease: &Lease, reason: &str) {
    let path = format!("/v1/assignments/{}", lease.assignment());
    let before = team.manager.get(&path).await.ok();
    for answer in
        [anna.confirm(lease, 0, annotation(7)).await, anna.renew(lease).await, anna.submit(lease).await]
    {
        let problem = answer.refused(409, "stale-lease");
        assert_eq!(problem["reason"], reason, "{problem}");
    }
    // A second release is a retry and is answered like the first.
    match reason {
        "released" => anna.release(lease).await.no_content(),
        _ => assert_eq!(anna.release(lease).await.refused(409, "stale-lease")["reason"], reason),
    }
    assert_eq!(team.manager.get(&path).await.ok(), before);
}

async fn expire(team: &Team, lease: &Lease) {
    let path = format!("/v1/assignments/{}", lease.assignment());
    let expired = until("the lease to expire", EXPIRY_TIMEOUT, || async {
        (team.manager.get(&path).await.ok()["status"] == "PENDING").then_some(())
    });
    expired.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_lease_is_over() {
    let (team, _, anna, lease) = leased(json!({})).await;
    anna.finish(&lease).await;
    hears(&team, &anna, &lease, "submitted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_lease_is_over() {
    let (team, _, anna, lease) = leased(json!({})).await;
    anna.release(&lease).await.no_content();
    hears(&team, &anna, &lease, "released").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_assignment_ends_its_lease() {
    let (team, _, anna, lease) = leased(json!({})).await;
    let path = format!("/v1/assignments/{}/cancel", lease.assignment());
    team.manager.post(&path, json!({"reason": "not needed"})).await.ok();
    hears(&team, &anna, &lease, "cancelled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_ends_its_leases() {
    let (team, job, anna, lease) = leased(json!({})).await;
    team.manager.post(&job.path("/cancel"), json!({"reason": "the customer left"})).await.is(200);
    team.becomes(&job, "cancelled", Duration::from_secs(30)).await;
    hears(&team, &anna, &lease, "cancelled").await;
    assert_eq!(team.look(&job).await["progress"]["cancelled"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_that_nobody_took_is_revived() {
    let (team, _, anna, lease) = leased(json!({"lease_seconds": SHORT_LEASE_SECONDS})).await;
    anna.confirm(&lease, 0, annotation(0)).await.ok();
    expire(&team, &lease).await;

    anna.confirm(&lease, 1, annotation(1)).await.ok();
    let path = format!("/v1/assignments/{}", lease.assignment());
    assert_eq!(team.manager.get(&path).await.ok()["status"], "IN_PROGRESS");
    anna.confirm(&lease, 2, annotation(2)).await.ok();
    anna.submit(&lease).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_that_nobody_took_can_be_handed_in() {
    let (team, _, anna, lease) = leased(json!({"lease_seconds": SHORT_LEASE_SECONDS})).await;
    anna.confirm_all(&lease).await;
    expire(&team, &lease).await;
    anna.submit(&lease).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_that_was_taken_is_over_and_its_late_work_is_kept() {
    let (team, job, anna, lease) = leased(json!({"lease_seconds": SHORT_LEASE_SECONDS})).await;
    let bob = team.annotator("bob").await;
    expire(&team, &lease).await;
    let bobs = bob.lease(&job).await;
    assert_eq!(bobs.assignment(), lease.assignment());
    hears(&team, &anna, &lease, "taken").await;

    let late = json!({"index": 0, "figures": annotation(5)["figures"], "tags": []});
    let body = json!({"submission_id": "late", "items": [late]});
    anna.post(&lease.path("/submit"), body).await.refused(409, "stale-lease");
    bob.finish(&bobs).await;
    let all = team.manager.get(&job.path("/export?format=jsonl&items=all")).await.is(200).lines();
    let annas: Vec<_> = all.iter().filter(|line| line["author"] == anna.id).collect();
    assert_eq!(annas.len(), 1, "{all:?}");
    assert_eq!(annas[0]["annotation"]["figures"], annotation(5)["figures"]);
}

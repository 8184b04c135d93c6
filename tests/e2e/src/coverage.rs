//! The coverage of a job, as managers see it.

use serde_json::{Value, json};
use swath_harness::client::Job;
use swath_harness::{Team, World};

async fn coverage(team: &Team, job: &Job, query: &str) -> Value {
    team.manager.get(&job.path(&format!("/coverage{query}"))).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_shown_from_its_first_range_to_its_last() {
    let team = World::shared().await.team("coverage").await;
    let dataset = team.dataset(42).await;
    let job = team.job(&dataset, json!({"range_size": 5})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let whole = coverage(&team, &job, "").await;
    assert_eq!((&whole["ranges"], &whole["from"], &whole["to"]), (&json!(9), &json!(0), &json!(9)));
    assert_eq!(whole["buckets"][8], json!({"waiting": 2}), "{whole}");

    // Recent work is seen at once, because reads count what is not counted yet.
    anna.work(&job).await;
    let seen = coverage(&team, &job, "").await;
    let first = bucket(&seen, json!({"completed": 5}));
    rosa.reject(&job, &[1, 3]).await;
    anna.lease(&job).await;
    let bob = team.annotator("bob").await;
    bob.lease(&job).await;
    let seen = coverage(&team, &job, "").await;
    assert_eq!(bucket(&seen, json!({"in_progress": 2, "accepted": 3})), first);
    let second = bucket(&seen, json!({"in_progress": 5}));
    assert_ne!(first, second);

    let part = coverage(&team, &job, &format!("?from={second}&to={}&buckets=1", second + 1)).await;
    assert_eq!((&part["from"], &part["to"], &part["width"]), (&json!(second), &json!(second + 1), &json!(1)));
    assert_eq!(part["buckets"], json!([{"in_progress": 5}]), "{part}");
}

/// The index of the bucket with this coverage.
fn bucket(seen: &Value, expected: Value) -> usize {
    let stretches = seen["buckets"].as_array().unwrap();
    stretches
        .iter()
        .position(|stretch| *stretch == expected)
        .unwrap_or_else(|| panic!("no {expected} in {seen}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_job_is_shown_in_as_many_stretches_as_are_asked_for_at_most() {
    let team = World::shared().await.team("large").await;
    let dataset = team.dataset(20_000).await;
    let job = team.job(&dataset, json!({"range_size": 1, "review": {"rule": "none"}})).await;
    let anna = team.annotator("anna").await;
    for _ in 0..3 {
        anna.work(&job).await;
    }
    for buckets in [1, 7, 200, 2_000] {
        let seen = coverage(&team, &job, &format!("?buckets={buckets}")).await;
        let stretches = seen["buckets"].as_array().unwrap();
        assert!(stretches.len() <= buckets, "{} of {buckets}", stretches.len());
        let sum = |state: &str| stretches.iter().filter_map(|stretch| stretch[state].as_i64()).sum::<i64>();
        let done = sum("completed") + sum("accepted");
        assert_eq!((sum("waiting"), done), (19_997, 3), "{buckets} stretches: {seen}");
    }
    // Items that were never cut are cancelled with the job.
    team.manager.post(&job.path("/cancel"), json!({})).await.ok();
    let seen = coverage(&team, &job, "?buckets=1").await;
    let ended = |seen: &Value| seen["buckets"][0]["cancelled"].as_i64().unwrap_or_default();
    assert!(ended(&seen) > 0, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_stretch_of_the_job_is_refused_by_its_name() {
    let team = World::shared().await.team("stretches").await;
    let job = team.job(&team.dataset(10).await, json!({"range_size": 5})).await;
    for (query, field) in [
        ("?buckets=0", "buckets"),
        ("?buckets=2001", "buckets"),
        ("?buckets=many", "buckets"),
        ("?from=2", "from"),
        ("?from=-1", "from"),
        ("?to=3", "to"),
        ("?from=1&to=1", "to"),
    ] {
        let problem = team.manager.get(&job.path(&format!("/coverage{query}"))).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    let stranger = World::shared().await.team("elsewhere").await;
    stranger.manager.get(&job.path("/coverage")).await.refused(404, "not-found");
}

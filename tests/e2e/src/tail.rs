//! The end of the work: "no work" is only answered if there is none, and the answer says why.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::{Job, Lease};
use swath_harness::{Service, Team, User, World, until};

async fn team_with(count: usize, wishes: Value) -> (Team, Job) {
    let team = World::shared().await.team("tail").await;
    let dataset = team.dataset(count).await;
    let job = team.job(&dataset, wishes).await;
    (team, job)
}

async fn people(team: &Team, count: usize) -> Vec<User> {
    futures::future::join_all((0..count).map(|_| team.annotator("anna"))).await
}

fn kinds(problem: &Value) -> String {
    assert!(problem["blockers"].as_array().is_some_and(|blockers| !blockers.is_empty()), "{problem}");
    problem["blockers"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_to_ask_never_waits_for_the_cut() {
    let (team, job) = team_with(1000, json!({"range_size": 10})).await;
    team.annotator("anna").await.ask(&job).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_cut_as_far_ahead_as_is_set_and_no_further() {
    // The default of `work.cut_ahead`: one half is cut at once and the other gradually, except for a rest that is not
    // worth a transaction.
    const AHEAD: u64 = 5_000;
    const REST: u64 = 100;
    let (team, job) = team_with(6_000, json!({"range_size": 1})).await;
    let cut = until("the cut to be far enough ahead", Duration::from_secs(60), || async {
        team.look(&job).await["counts"]["pending"].as_u64().filter(|pending| *pending > AHEAD - REST)
    });
    let cut = cut.await.unwrap();
    assert!(cut <= AHEAD, "{cut}");
    let cuts = team.log(&job).await.into_iter().filter(|entry| entry["action"] == "cut");
    let ends: Vec<_> =
        cuts.map(|entry| (entry["detail"]["from"].as_u64(), entry["detail"]["to"].as_u64())).collect();
    assert!(ends.is_sorted() && ends.last().is_some_and(|(_, to)| *to == Some(cut)), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_ranges_are_found_whichever_gateway_is_asked() {
    const RANGES: usize = 12;
    let world = World::shared().await;
    let gateways: Vec<String> = world.with_role("gateway").map(Service::url).collect();
    let (team, job) = team_with(RANGES, json!({"range_size": 1})).await;
    let people = people(&team, RANGES + 1).await;

    let asks = people[..RANGES].iter().enumerate().map(|(turn, user)| {
        let (user, job) = (user.at(&gateways[turn % gateways.len()]), job.clone());
        async move { Lease::of_work(user.ask(&job).await.created()).assignment() }
    });
    let mut taken = futures::future::join_all(asks).await;
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), RANGES);

    let latecomer = &people[RANGES];
    for gateway in &gateways {
        latecomer.at(gateway).ask(&job).await.refused(404, "no-work");
    }
    let first = people[0].at(&gateways[0]);
    let held = Lease::of_work(first.ask(&job).await.ok());
    first.release(&held).await.no_content();
    let elsewhere = latecomer.at(&gateways[gateways.len() - 1]);
    assert_eq!(Lease::of_work(elsewhere.ask(&job).await.created()).assignment(), held.assignment());
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_others_hold_is_a_reason() {
    let (team, job) = team_with(3, json!({})).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    anna.lease(&job).await;

    let answer = bob.ask(&job).await;
    assert!(answer.retry_after().is_some(), "no Retry-After: {answer:?}");
    let problem = answer.refused(404, "no-work");
    assert!(kinds(&problem).contains("held"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_gives_no_work_and_takes_what_is_held() {
    let (team, job) = team_with(10, json!({})).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let lease = anna.lease(&job).await;
    team.manager.post(&job.path("/pause"), json!({})).await.is(200);
    team.becomes(&job, "paused", Duration::from_secs(5)).await;

    // A grant within a second after the pause is allowed, so the test waits for the refusal.
    let refused = until("the pause to be heard", Duration::from_secs(10), || async {
        let answer = bob.ask(&job).await;
        if answer.status() == 201 {
            bob.release(&Lease::of_work(answer.json())).await.no_content();
        }
        (answer.status() == 404).then_some(answer)
    });
    let problem = refused.await.unwrap().refused(404, "no-work");
    assert!(kinds(&problem).contains("paused"), "{problem}");

    anna.finish(&lease).await;
    team.manager.post(&job.path("/resume"), json!({})).await.is(200);
    bob.lease(&job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_just_resumed_gives_work_wherever_one_asks() {
    let world = World::shared().await;
    let (team, job) = team_with(4, json!({"range_size": 1})).await;
    let gateways: Vec<String> = world.with_role("gateway").map(Service::url).collect();
    let people = people(&team, gateways.len()).await;
    team.manager.post(&job.path("/pause"), json!({})).await.is(200);
    for (user, gateway) in people.iter().zip(&gateways) {
        let problem = user.at(gateway).ask(&job).await.refused(404, "no-work");
        assert!(kinds(&problem).contains("paused"), "{problem}");
    }
    team.manager.post(&job.path("/resume"), json!({})).await.is(200);
    for (user, gateway) in people.iter().zip(&gateways) {
        user.at(gateway).ask(&job).await.created();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_job_says_that_nothing_is_pending() {
    let (team, job) = team_with(3, json!({"review": {"rule": "none"}})).await;
    let anna = team.annotator("anna").await;
    anna.work(&job).await;
    team.becomes(&job, "done", Duration::from_secs(30)).await;
    let problem = anna.ask(&job).await.refused(404, "no-work");
    kinds(&problem);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_for_others_says_so() {
    let team = World::shared().await.team("tail").await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let dataset = team.dataset(3).await;
    let job = team.job(&dataset, json!({"annotators": [anna.id]})).await;

    let problem = bob.ask(&job).await.refused(404, "no-work");
    assert!(kinds(&problem).contains("member"), "{problem}");
    anna.lease(&job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urgent_jobs_come_first() {
    let team = World::shared().await.team("tail").await;
    let dataset = team.dataset(5).await;
    team.job(&dataset, json!({"title": "some day", "priority": "low"})).await;
    team.job(&dataset, json!({"title": "now", "priority": "release_blocker"})).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);

    // A gateway may use a list of open jobs that is a second old.
    let urgent = until("the urgent job to be known", Duration::from_secs(10), || async {
        let lease = Lease::of_work(anna.post("/v1/leases", json!({"team": team.id})).await.created());
        if lease.body["job"]["title"] == "now" {
            return Some(());
        }
        anna.release(&lease).await.no_content();
        None
    });
    urgent.await.unwrap();
    let next = bob.post("/v1/leases", json!({})).await.created();
    assert_eq!(next["job"]["title"], "some day");
}

//! Traces and logs: one trace covers a range through all processes, and log lines have the same ids.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::collector::{Collector, Span, is_whole};
use swath_harness::{Deployment, Settings, World, until};

/// How long spans may take to arrive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(30);

/// A world that traces every range and sends its spans at once.
async fn traced() -> (Collector, World) {
    let collector = Collector::start().await.unwrap();
    let settings = Settings::default()
        .with("SWATH__TRACES__ENDPOINT", collector.endpoint())
        .with("SWATH__TRACES__SHARE", "1")
        .with("SWATH__LOG__FORMAT", "json")
        .with("SWATH__LOG__LEVEL", "info,swath_runtime=debug")
        .with("OTEL_BSP_SCHEDULE_DELAY", "100");
    (collector, World::start(settings).await.unwrap())
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// Waits until a trace is complete and has this many spans of each name.
async fn trace_with(collector: &Collector, trace: &str, wanted: &[(&str, usize)]) -> Vec<Span> {
    let complete = || async {
        let spans = collector.trace(trace);
        let has = |(name, count): &(&str, usize)| named(&spans, name).len() >= *count;
        (wanted.iter().all(has) && is_whole(&spans)).then_some(spans)
    };
    let found = until("the trace to be whole", ARRIVAL_TIMEOUT, complete).await;
    found.unwrap_or_else(|error| panic!("{error}: {:#?}", collector.trace(trace)))
}

/// A trace has the id of the range's first assignment.
fn trace_of(assignment: &str) -> String {
    assignment.replace('-', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_follows_a_range_from_its_cut_to_the_end_of_its_rework() {
    let (collector, world) = traced().await;
    let team = world.team("traced").await;
    let dataset = team.dataset(5).await;
    let job = team.job(&dataset, json!({"range_size": 5})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let lease = anna.work(&job).await;
    let review = rosa.review(&job).await;
    rosa.verdict(&review, 2, "reject").await.ok();
    let path = review.path("/submit");
    rosa.post(&path, json!({"decision_id": "d", "rest": "accept"})).await.ok();
    anna.work(&job).await;
    rosa.reject(&job, &[]).await;

    let wanted = [
        ("cut", 1),
        ("hint", 2),
        ("candidate", 1),
        ("lease", 2),
        ("confirm", 6),
        ("submit", 2),
        ("review", 2),
        ("verdict", 1),
        ("decide", 2),
        ("rework", 1),
    ];
    let spans = trace_with(&collector, &trace_of(&lease.assignment()), &wanted).await;
    let only = |name: &str| named(&spans, name)[0].id.clone();
    assert_eq!(
        named(&spans, "rework")[0].parent,
        named(&spans, "review").iter().find(|s| s.id == named(&spans, "verdict")[0].parent).unwrap().id
    );
    assert!(named(&spans, "lease").iter().any(|span| span.parent == only("cut")), "{spans:#?}");
    assert!(named(&spans, "lease").iter().any(|span| span.parent == only("rework")), "{spans:#?}");
    // Spans of work that came over the broker are children of the sender's span.
    let hints: HashSet<_> = named(&spans, "hint").into_iter().map(|span| &span.id).collect();
    assert!(named(&spans, "candidate").iter().all(|span| hints.contains(&span.parent)), "{spans:#?}");
    let services: HashSet<_> = spans.iter().map(|span| span.service.as_str()).collect();
    let expected = match world.deployment() {
        Deployment::Embedded => HashSet::from(["swath"]),
        Deployment::Distributed(_) => HashSet::from(["swath-coordinator", "swath-gateway", "swath-review"]),
    };
    assert_eq!(services, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rework_of_a_second_opinion_stands_in_the_same_trace() {
    let (collector, world) = traced().await;
    let team = world.team("traced").await;
    let dataset = team.dataset(2).await;
    let job = team.job(&dataset, json!({"slots": 2, "reserve_seconds": 1})).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let rosa = team.reviewer("rosa").await;
    let first = anna.work(&job).await;
    let second = bob.work(&job).await;
    assert_eq!((first.slot(), second.slot()), (0, 1));
    rosa.reject(&job, &[]).await;
    rosa.reject(&job, &[1]).await;
    // The review service sends a hint of the rework, and the coordinator does so once the reservation has ended: by
    // number, without a slot.
    let wanted = [("cut", 1), ("lease", 2), ("review", 2), ("rework", 1), ("hint", 3)];
    trace_with(&collector, &trace_of(&first.assignment()), &wanted).await;
    bob.work(&job).await;
    trace_with(&collector, &trace_of(&first.assignment()), &[("lease", 3)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_takes_its_trace_over_the_broker() {
    let (collector, world) = traced().await;
    let team = world.team("traced").await;
    let dataset = team.dataset(2).await;
    let job = team.job(&dataset, json!({"review": {"rule": "none"}})).await;
    let lease = team.annotator("anna").await.work(&job).await;
    let wanted = [("completion", 2), ("waive", 1)];
    let spans = trace_with(&collector, &trace_of(&lease.assignment()), &wanted).await;
    let reply = named(&spans, "completion");
    assert!(reply.iter().any(|span| reply.iter().any(|other| other.id == span.parent)), "{spans:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_with_its_senders_trace_and_every_line_of_it_says_so() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let (collector, world) = traced().await;
    let team = world.team("traced").await;
    let dataset = team.dataset(2).await;
    let job = team.job(&dataset, json!({})).await;
    let anna = team.annotator("anna").await;
    let ask = anna.request(Method::POST, "/v1/leases").json(&json!({"job": job.id}));
    let reply = ask.header("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01")).send().await.created();

    let arrived = until("the request's span", ARRIVAL_TIMEOUT, || async { collector.trace(TRACE).pop() });
    let request = arrived.await.unwrap();
    assert_eq!((request.name.as_str(), request.parent.as_str()), ("POST /v1/leases", "00f067aa0ba902b7"));
    let range = trace_of(reply["assignment"]["id"].as_str().unwrap());
    let spans = trace_with(&collector, &range, &[("lease", 1)]).await;
    assert_eq!(named(&spans, "lease")[0].links, [TRACE]);

    let lines = world.with_role("gateway").flat_map(|service| lines(&service.log())).collect::<Vec<_>>();
    let is_of_both =
        |line: &&Value| line["fields"]["trace_id"] == range.as_str() && line["span"]["trace_id"] == TRACE;
    let line = lines.iter().find(is_of_both);
    let line = line.unwrap_or_else(|| panic!("no line of {range} in {lines:#?}"));
    assert_eq!(line["span"]["span_id"], request.id.as_str());
    assert_eq!(line["fields"]["span_id"], named(&spans, "lease")[0].id.as_str());
}

fn lines(log: &str) -> Vec<Value> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_is_nobodys_trouble() {
    let settings = Settings::default()
        .with("SWATH__TRACES__ENDPOINT", "http://127.0.0.1:9")
        .with("SWATH__TRACES__SHARE", "1");
    let mut world = World::start(settings).await.unwrap();
    let team = world.team("traced").await;
    let dataset = team.dataset(5).await;
    let job = team.job(&dataset, json!({"review": {"rule": "none"}})).await;
    team.annotator("anna").await.work(&job).await;
    team.becomes(&job, "done", ARRIVAL_TIMEOUT).await;
    for service in world.services_mut() {
        assert!(service.terminate().await.unwrap().success(), "{}", service.log());
    }
}

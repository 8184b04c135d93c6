//! The whole picture at once: the distributed shape under load, scraped by a real Prometheus, and a gateway that dies.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use swath_harness::collector::{Collector, is_whole};
use swath_harness::{Service, Settings, World, until};

use crate::boards;
use crate::people::put_to_work;
use crate::prometheus::{Prometheus, Targets, scaled};

const DEADLINE: Duration = Duration::from_secs(120);
/// The most series that one process may have.
const SERIES: usize = 2_000;
/// Who works at what.
const WORDS: &str = "--annotators 6 --reviewers 3 --items 100000 --range-size 2 --review 50 --think 0.02";
/// The alert that a dead gateway must raise.
const DOWN: &str = r#"ALERTS{alertname="SwathServiceDown", alertstate="firing"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn under_load_every_panel_shows_something_and_a_dead_gateway_raises_its_alert() {
    let collector = Collector::start().await.unwrap();
    let mut world = World::start(traced(&collector)).await.unwrap();
    let prometheus = Prometheus::start(&targets(world.services())).await.unwrap();
    let _load = put_to_work(&world, WORDS);
    make_an_urgent_job(&world).await;

    for query in boards::queries() {
        let expression = with_everything(&scaled(&query.expression));
        let shown = until(&query.place, DEADLINE, || async {
            prometheus.ask(&expression).await.unwrap().into_iter().next()
        });
        shown.await.unwrap_or_else(|error| panic!("{error}: {expression}"));
    }

    // Killed, it is missed; started again, it is not missed any more.
    assert!(prometheus.ask(DOWN).await.unwrap().is_empty());
    let dead = world.services().iter().position(|service| service.name().starts_with("gateway")).unwrap();
    world.services_mut()[dead].kill();
    let instance = address(&world.services()[dead]);
    let raised =
        until("the alert", DEADLINE, || async { prometheus.ask(DOWN).await.unwrap().into_iter().next() });
    assert_eq!(raised.await.unwrap()["metric"]["instance"], instance.as_str());
    world.services_mut()[dead].start().await.unwrap();
    let silent = || async { prometheus.ask(DOWN).await.unwrap().is_empty().then_some(()) };
    until("the end of the alert", DEADLINE, silent).await.unwrap();

    // The books are checked while people work, and balance.
    let checked = "min(swath_conservation_checked_timestamp_seconds)";
    let first = until("the books", DEADLINE, || prometheus.number(checked)).await.unwrap();
    let again = || async { prometheus.number(checked).await.filter(|at| *at > first) };
    until("the books once more", DEADLINE, again).await.unwrap();
    assert_eq!(prometheus.number("max(max_over_time(swath_conservation_violations[1h]))").await, Some(0.0));

    few_series(&world).await;
    let whole =
        || async { collector.traces_with("rework").into_iter().find(|trace| is_told(&collector, trace)) };
    until("a trace from its cut to its rework", DEADLINE, whole).await.unwrap();
}

/// A tenth of the ranges is followed: all of them would be more than the queue of spans holds when thousands are cut.
fn traced(collector: &Collector) -> Settings {
    Settings::default()
        .with("SWATH__TRACES__ENDPOINT", collector.endpoint())
        .with("SWATH__TRACES__SHARE", "0.1")
        .with("OTEL_BSP_SCHEDULE_DELAY", "100")
}

/// Whether a trace tells of a range from its cut over the broker to the end of its rework.
fn is_told(collector: &Collector, trace: &str) -> bool {
    const STEPS: [&str; 8] = ["cut", "hint", "candidate", "lease", "submit", "review", "decide", "rework"];
    let spans = collector.trace(trace);
    let services = spans.iter().map(|span| span.service.as_str()).collect::<HashSet<_>>();
    let has = |name: &str| spans.iter().any(|span| span.name == name);
    is_whole(&spans) && STEPS.into_iter().all(has) && services.len() == 3
}

async fn few_series(world: &World) {
    for service in world.services() {
        let text = reqwest::get(service.metrics_url()).await.unwrap().text().await.unwrap();
        let series = text.lines().filter(|line| !line.starts_with('#')).count();
        assert!((1..SERIES).contains(&series), "{}: {series} series", service.name());
    }
}

fn address(service: &Service) -> String {
    service.metrics_url().replace("http://", "").replace("/metrics", "")
}

/// The processes by service, as `prometheus.yml` names them.
fn targets(services: &[Service]) -> Targets {
    let of = |role: &str| {
        let its = services.iter().filter(|service| service.name().starts_with(role));
        (format!("swath-{role}"), its.map(address).collect())
    };
    ["coordinator", "gateway", "review", "metrics"].map(of).into()
}

/// What Grafana puts in where everything is chosen.
fn with_everything(expression: &str) -> String {
    ["$instance", "$team", "$job_id"]
        .iter()
        .fold(expression.to_owned(), |text, name| text.replace(name, ".*"))
}

/// A job that is due, so that what is shown of due dates has something to show.
async fn make_an_urgent_job(world: &World) {
    let team = world.team("deliveries").await;
    let dataset = team.dataset(20).await;
    let due = json!({"priority": "release_blocker", "due_date": "2099-01-01T00:00:00Z"});
    team.job(&dataset, due).await;
}

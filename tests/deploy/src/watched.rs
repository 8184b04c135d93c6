//! Everything together: the distributed deployment under load, scraped by a real Prometheus, and a gateway that dies.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use swath_harness::collector::{Collector, is_whole};
use swath_harness::{Service, Settings, World, until};

use crate::boards;
use crate::load::start_load;
use crate::prometheus::{Prometheus, Targets, scaled};

const TIMEOUT: Duration = Duration::from_secs(120);
/// The most series of one process.
const SERIES_MAX: usize = 2_000;
/// The options of the load.
const LOAD_ARGUMENTS: &str =
    "--annotators 6 --reviewers 3 --items 100000 --range-size 2 --review 50 --think 0.02";
/// The alert that a dead gateway must fire.
const DOWN: &str = r#"ALERTS{alertname="SwathServiceDown", alertstate="firing"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn under_load_every_panel_shows_something_and_a_dead_gateway_raises_its_alert() {
    let collector = Collector::start().await.unwrap();
    let mut world = World::start(traced(&collector)).await.unwrap();
    let prometheus = Prometheus::start(&targets(world.services())).await.unwrap();
    let _load = start_load(&world, LOAD_ARGUMENTS);
    make_an_urgent_job(&world).await;

    for query in boards::queries() {
        let expression = with_everything(&scaled(&query.expression));
        let shown = until(&query.place, TIMEOUT, || async {
            prometheus.ask(&expression).await.unwrap().into_iter().next()
        });
        shown.await.unwrap_or_else(|error| panic!("{error}: {expression}"));
    }

    // The alert fires after the kill, and ends after the restart.
    assert!(prometheus.ask(DOWN).await.unwrap().is_empty());
    let dead = world.services().iter().position(|service| service.name().starts_with("gateway")).unwrap();
    world.services_mut()[dead].kill();
    let instance = address(&world.services()[dead]);
    let raised =
        until("the alert", TIMEOUT, || async { prometheus.ask(DOWN).await.unwrap().into_iter().next() });
    assert_eq!(raised.await.unwrap()["metric"]["instance"], instance.as_str());
    world.services_mut()[dead].start().await.unwrap();
    let silent = || async { prometheus.ask(DOWN).await.unwrap().is_empty().then_some(()) };
    until("the end of the alert", TIMEOUT, silent).await.unwrap();

    // The conservation check passes while users work.
    let checked = "min(swath_conservation_checked_timestamp_seconds)";
    let first = until("the books", TIMEOUT, || prometheus.number(checked)).await.unwrap();
    let again = || async { prometheus.number(checked).await.filter(|at| *at > first) };
    until("the books once more", TIMEOUT, again).await.unwrap();
    assert_eq!(prometheus.number("max(max_over_time(swath_conservation_violations[1h]))").await, Some(0.0));

    few_series(&world).await;
    let whole =
        || async { collector.traces_with("rework").into_iter().find(|trace| is_complete(&collector, trace)) };
    until("a trace from its cut to its rework", TIMEOUT, whole).await.unwrap();
}

/// Traces a tenth of the ranges. All of them would overflow the queue of spans when thousands are cut.
fn traced(collector: &Collector) -> Settings {
    Settings::default()
        .with("SWATH__TRACES__ENDPOINT", collector.endpoint())
        .with("SWATH__TRACES__SHARE", "0.1")
        .with("OTEL_BSP_SCHEDULE_DELAY", "100")
}

/// True if a trace covers a range from its cut over the broker to the end of its rework.
fn is_complete(collector: &Collector, trace: &str) -> bool {
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
        assert!((1..SERIES_MAX).contains(&series), "{}: {series} series", service.name());
    }
}

fn address(service: &Service) -> String {
    service.metrics_url().replace("http://", "").replace("/metrics", "")
}

/// The scrape targets by service, as in `prometheus.yml`.
fn targets(services: &[Service]) -> Targets {
    let of = |role: &str| {
        let its = services.iter().filter(|service| service.name().starts_with(role));
        (format!("swath-{role}"), its.map(address).collect())
    };
    ["coordinator", "gateway", "review", "metrics"].map(of).into()
}

/// An expression with the values that Grafana inserts if everything is selected.
fn with_everything(expression: &str) -> String {
    ["$instance", "$team", "$job_id"]
        .iter()
        .fold(expression.to_owned(), |text, name| text.replace(name, ".*"))
}

/// Creates a job with a due date, so that the panels about due dates show data.
async fn make_an_urgent_job(world: &World) {
    let team = world.team("deliveries").await;
    let dataset = team.dataset(20).await;
    let due = json!({"priority": "release_blocker", "due_date": "2099-01-01T00:00:00Z"});
    team.job(&dataset, due).await;
}

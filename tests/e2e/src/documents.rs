//! What every service publishes about itself: its API, its documents, its health and its metrics.

use std::collections::BTreeSet;
use std::time::Duration;

use swath_harness::{Service, User, World, until};

/// Routes that must be in the OpenAPI document.
#[rustfmt::skip]
const ROUTES: [(&str, &str); 49] = [
    ("get", "/v1/me"), ("post", "/v1/teams"), ("post", "/v1/users"),
    ("put", "/v1/teams/{}/members/{}"), ("delete", "/v1/teams/{}/members/{}"),
    ("get", "/v1/teams/{}/media"), ("put", "/v1/teams/{}/media"),
    ("post", "/v1/tokens"), ("delete", "/v1/tokens/{}"),
    ("post", "/v1/datasets"), ("get", "/v1/datasets"), ("get", "/v1/datasets/{}"), ("post", "/v1/datasets/{}/items"),
    ("post", "/v1/jobs"), ("get", "/v1/jobs"), ("get", "/v1/jobs/{}"), ("patch", "/v1/jobs/{}"),
    ("post", "/v1/jobs/{}/pause"), ("post", "/v1/jobs/{}/resume"), ("post", "/v1/jobs/{}/cancel"),
    ("get", "/v1/jobs/{}/assignments"), ("get", "/v1/assignments/{}"),
    ("post", "/v1/assignments/{}/reassign"), ("post", "/v1/assignments/{}/reopen"), ("post", "/v1/assignments/{}/cancel"),
    ("get", "/v1/assignments/{}/log"), ("get", "/v1/jobs/{}/log"), ("get", "/v1/jobs/{}/export"),
    ("post", "/v1/leases"), ("get", "/v1/leases"), ("get", "/v1/leases/{}"), ("post", "/v1/leases/{}/renew"),
    ("get", "/v1/leases/{}/items"), ("put", "/v1/leases/{}/items/{}"), ("post", "/v1/leases/{}/submit"), ("delete", "/v1/leases/{}"),
    ("get", "/v1/leases/{}/items/{}/media"), ("get", "/v1/media/{}"),
    ("post", "/v1/reviews"), ("get", "/v1/reviews"), ("get", "/v1/reviews/{}/items"), ("get", "/v1/reviews/{}"), ("delete", "/v1/reviews/{}"), ("post", "/v1/reviews/{}/renew"),
    ("get", "/v1/reviews/{}/items/{}/media"), ("put", "/v1/reviews/{}/items/{}"), ("post", "/v1/reviews/{}/submit"),
    ("get", "/healthz"), ("get", "/readyz"),
];
/// The most series of one process. More would burden the monitoring.
const SERIES_MAX: usize = 2000;

async fn everybody() -> (User, Vec<String>) {
    let world = World::shared().await;
    (world.stranger(None), world.services().iter().map(Service::url).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_describes_every_route() {
    let anyone = World::shared().await.stranger(None);
    let document = anyone.get("/openapi.json").await.ok();
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")),
        "{}",
        document["openapi"]
    );
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, verbs)| {
            let verbs = verbs.as_object().into_iter().flatten().map(|(verb, _)| verb.clone());
            verbs.map(|verb| (verb, nameless(path))).collect::<Vec<_>>()
        })
        .collect();
    let missing: Vec<_> = ROUTES
        .iter()
        .filter(|(verb, path)| !described.contains(&((*verb).to_owned(), (*path).to_owned())))
        .filter(|(_, path)| path.starts_with("/v1/"))
        .collect();
    assert!(missing.is_empty(), "{missing:?} not in /openapi.json");
}

/// A path with placeholders instead of the names of its parameters.
fn nameless(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_need_no_other_host() {
    let anyone = World::shared().await.stranger(None);
    let mut answer = anyone.get("/docs").await;
    for _ in 0..3 {
        if answer.status() / 100 == 3 {
            let next = answer.header("location").to_owned();
            let next = if next.starts_with('/') { next } else { format!("/docs/{next}") };
            answer = anyone.get(&next).await;
        }
    }
    let page = answer.is(200).text();
    assert!(page.contains("<html"), "{page}");
    for loaded in ["src=\"http", "href=\"http", "src='http", "src=\"//", "href=\"//", "@import"] {
        assert!(!page.contains(loaded), "/docs loads from elsewhere: {loaded}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_is_alive_and_ready() {
    let (anyone, urls) = everybody().await;
    for url in urls {
        assert_eq!(anyone.get(&format!("{url}/healthz")).await.status(), 200, "{url}");
        // A process is ready and degraded until the broker and Redis have answered for the first time.
        let whole = until("every dependency", Duration::from_secs(20), || async {
            let ready = anyone.get(&format!("{url}/readyz")).await.ok();
            (ready["status"] == "ready").then_some(ready)
        });
        let reply = whole.await.unwrap();
        for dependency in ["store", "bus", "locks"] {
            assert_eq!(reply["dependencies"][dependency], "up", "{url}: {reply}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_can_be_scraped() {
    let world = World::shared().await;
    let anyone = world.stranger(None);
    for service in world.services() {
        let url = service.metrics_url();
        let answer = anyone.get(&url).await.is(200);
        assert!(
            answer.header("content-type").starts_with("text/plain; version=0.0.4"),
            "{}",
            answer.header("content-type")
        );
        let text = answer.text();
        let series: Vec<&str> =
            text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        assert!((1..SERIES_MAX).contains(&series.len()), "{url}: {} series", series.len());
        for line in series {
            let value = line.rsplit(' ').next().unwrap_or_default();
            assert!(value.parse::<f64>().is_ok(), "{url}: {line}");
            let fits = ["swath_", "process_"].iter().any(|prefix| line.starts_with(prefix));
            assert!(fits, "{url}: a stranger among the metrics: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_metrics_tell_is_told_on_a_port_of_its_own_alone() {
    let (anyone, urls) = everybody().await;
    for url in urls {
        assert_eq!(anyone.get(&format!("{url}/metrics")).await.status(), 404, "{url}");
    }
    for service in World::shared().await.services() {
        let elsewhere = service.metrics_url().replace("/metrics", "/v1/me");
        assert_eq!(anyone.get(&elsewhere).await.status(), 404, "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_token_asks_for_none() {
    let anyone = World::shared().await.stranger(None);
    for path in ["/openapi.json", "/healthz", "/readyz"] {
        assert_eq!(anyone.get(path).await.status(), 200, "{path}");
    }
}

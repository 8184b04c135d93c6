//! An unavailable database: it is waited for at the start, and causes a 503 later.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::process::{Environment, migrate};
use swath_harness::proxy::{Line, Proxy};
use swath_harness::servers::{Addresses, Database};
use swath_harness::{Answer, Service, User, ids, ports, until};
use tempfile::TempDir;

const ADMIN_TOKEN: &str = "an-administrator-for-the-tests-only";
const TIMEOUT: Duration = Duration::from_secs(30);

/// A process with all roles whose store is at `store`.
fn on(store: &str) -> (Service, Environment, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("SWATH__STORE__URL", store), ("SWATH__ADMIN__TOKEN", ADMIN_TOKEN)];
    let mut environment: Environment = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    environment.insert("SWATH__SERVER__SECRET".into(), format!("secret-{}", ids::fresh()));
    let service = Service::new("swath", None, folder.path(), &environment).unwrap();
    (service, environment, folder)
}

async fn answers(service: &Service, path: &str, status: u16) -> Answer {
    let admin = User::new(&service.url(), "admin", ADMIN_TOKEN);
    let what = format!("{path} to answer {status}");
    let answer = until(&what, TIMEOUT, || async {
        let request = admin.request(reqwest::Method::GET, path);
        request.send_or_unreachable().await.ok().filter(|answer| answer.status() == status)
    });
    answer.await.unwrap_or_else(|error| panic!("{error}:\n{}", service.log()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_at_the_start_is_waited_for() {
    let nobody = ports::local(ports::free().unwrap());
    let (mut service, _, _folder) = on(&format!("postgres://postgres@{nobody}/swath"));
    service.launch().unwrap();

    answers(&service, "/readyz", 503).await;
    answers(&service, "/healthz", 200).await;
    let logged = until("a line in the log", TIMEOUT, || {
        std::future::ready(service.log().contains("waiting for the database").then_some(()))
    });
    logged.await.unwrap();
    let status = service.terminate().await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", service.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_schema_is_waited_for() {
    let servers = Addresses::from_environment().unwrap();
    let database = Database::create(&servers.postgres).await.unwrap();
    let (mut service, environment, _folder) = on(database.url());
    service.launch().unwrap();

    let waiting = answers(&service, "/readyz", 503).await.json();
    assert!(waiting.to_string().contains("migrate"), "{waiting}");
    migrate(&environment).await.unwrap();
    answers(&service, "/readyz", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_is_a_503_until_it_is_back() {
    let servers = Addresses::from_environment().unwrap();
    let database = Database::create(&servers.postgres).await.unwrap();
    let (wire, url) = Proxy::before(database.url()).await.unwrap();
    let (mut service, environment, _folder) = on(&url);
    migrate(&environment).await.unwrap();
    service.start().await.unwrap();
    let admin = User::new(&service.url(), "admin", ADMIN_TOKEN);
    admin.post("/v1/teams", team()).await.created();

    wire.cut();
    let away = admin.post("/v1/teams", team()).await;
    assert!(away.retry_after().is_some(), "no Retry-After: {away:?}");
    away.refused(503, "unavailable");
    answers(&service, "/readyz", 503).await;
    answers(&service, "/healthz", 200).await;

    wire.mend();
    answers(&service, "/readyz", 200).await;
    answers(&service, "/v1/me", 200).await;
    admin.post("/v1/teams", team()).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_holds_up_no_answer_and_no_end() {
    let servers = Addresses::from_environment().unwrap();
    let database = Database::create(&servers.postgres).await.unwrap();
    let (wire, url) = Proxy::before(database.url()).await.unwrap();
    let (mut service, mut environment, folder) = on(&url);
    for (key, value) in [("REQUEST_SECONDS", "2"), ("SHUTDOWN_SECONDS", "2"), ("DRAIN_SECONDS", "0")] {
        environment.insert(format!("SWATH__SERVER__{key}"), value.to_owned());
        service.set(&format!("SWATH__SERVER__{key}"), value);
    }
    migrate(&environment).await.unwrap();
    service.start().await.unwrap();
    let admin = User::new(&service.url(), "admin", ADMIN_TOKEN);
    admin.post("/v1/teams", team()).await.created();

    wire.set(Line::Stalled);
    // One token is cached and the other is not: its lookup must respect the deadline as well.
    let stranger = User::new(&service.url(), "stranger", "nobody-has-ever-seen-this-token");
    for user in [&admin, &stranger] {
        user.get("/v1/teams").await.refused(503, "unavailable");
    }
    let status = service.terminate().await.unwrap();
    assert_eq!(status.code(), Some(0), "{}", service.log());
    drop(folder);
}

fn team() -> Value {
    json!({"name": ids::named("team")})
}

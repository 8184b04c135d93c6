//! The limits of a process: rows that it cannot show, connections that never end, and a store that takes no writes.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::process::Environment;
use swath_harness::{Answer, Service, Settings, User, World, ids, until};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(60);
/// Microseconds of the year 10000, which RFC 3339 cannot write.
const YEAR_10000: i64 = 253_402_300_800_000_000;

/// Changes the database without the knowledge of the processes.
async fn change(world: &World, statement: &str) {
    let output = match world.database() {
        Some(database) => {
            let mut psql = tokio::process::Command::new("psql");
            psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database.url(), "-c", statement]);
            psql.kill_on_drop(true).output().await.unwrap()
        }
        None => return change_file(&world.services()[0].data().join("swath.db"), statement).await,
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn change_file(file: &std::path::Path, statement: &str) {
    use sqlx::{ConnectOptions, Executor};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).busy_timeout(TIMEOUT);
    let mut connection = options.connect().await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.unwrap();
}

/// True if it is an answer: the requested document, or a problem.
fn is_answer(answer: &Answer) -> bool {
    let body = answer.json();
    answer.status() < 300 || (answer.status() == 500 && body["code"] == "internal")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_cannot_be_written_is_refused_by_its_field() {
    let world = World::shared().await;
    let team = world.team("dates").await;
    let (manager, dataset) = (&team.manager, team.dataset(2).await);
    let job = team.job(&dataset, json!({})).await;
    for date in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"] {
        let new = team.job_body(&dataset, json!({"due_date": date}));
        let answers = [
            manager.post("/v1/jobs", new).await,
            manager.patch(&job.path(""), json!({"due_date": date})).await,
            manager.post("/v1/tokens", json!({"expires_at": date})).await,
        ];
        for (answer, field) in answers.into_iter().zip(["due_date", "due_date", "expires_at"]) {
            let problem = answer.is(422).json();
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }
    let last = json!({"due_date": "9999-12-31T23:59:59.999999Z"});
    assert_eq!(manager.patch(&job.path(""), last.clone()).await.ok()["due_date"], last["due_date"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_shown_stops_neither_its_team_nor_others() {
    let world = World::start(Settings::default()).await.unwrap();
    let (poisoned, other) = (world.team("poisoned").await, world.team("other").await);
    let work = json!({"range_size": 1, "due_date": "2027-01-01T00:00:00Z"});
    let mut jobs = Vec::new();
    for team in [&poisoned, &other] {
        jobs.push(team.job(&team.dataset(40).await, work.clone()).await);
    }
    let (anna, otto) = (poisoned.annotator("anna").await, other.annotator("otto").await);
    for poison in [format!("due = {YEAR_10000}"), format!("due = {}", i64::MAX), "spec = '{'".to_owned()] {
        change(&world, &format!("UPDATE jobs SET {poison} WHERE title <> '' AND id = (SELECT id FROM jobs ORDER BY id LIMIT 1)")).await;
        for _ in 0..4 {
            for answer in [
                poisoned.manager.get("/v1/jobs").await,
                anna.get("/v1/jobs").await,
                anna.post("/v1/leases", json!({})).await,
                anna.get("/v1/leases").await,
            ] {
                assert!(is_answer(&answer), "{poison}: {answer:?}");
            }
            let lease = otto.lease(&jobs[1]).await;
            otto.finish(&lease).await;
            other.manager.get("/v1/jobs").await.is(200);
        }
    }
    for service in world.services() {
        let metrics = world.stranger(None).get(&service.metrics_url()).await.is(200).text().to_owned();
        assert!(metrics.contains("swath_panics_total 0"), "{}", service.name());
    }
}

/// A process that may open only `count` files, with its administrator.
fn with_descriptors(count: u32) -> (Service, User, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("few");
    let binary = swath_harness::process::binary().unwrap();
    let script = format!("#!/bin/sh\nulimit -SHn {count}\nexec {} \"$@\"\n", binary.display());
    std::fs::write(&program, script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let token = format!("admin-{}", ids::fresh());
    let environment: Environment = [("SWATH__ADMIN__TOKEN".to_owned(), token.clone())].into();
    let mut service = Service::new("swath", None, folder.path(), &environment).unwrap();
    service.runs(Some(&program));
    let admin = User::new(&service.url(), "admin", &token);
    (service, admin, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn more_silent_connections_than_there_are_descriptors_leave_others_served() {
    let (mut service, admin, _folder) = with_descriptors(1_024);
    service.start().await.unwrap();
    let team = swath_harness::Team::found(&admin, "served").await;
    let job = team.job(&team.dataset(40).await, json!({"range_size": 1})).await;
    let anna = team.annotator("anna").await;
    let address = service.url().replace("http://", "");
    let mut silent = Vec::new();
    for _ in 0..1_100 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        // The server may have closed the connection already.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHo").await;
        silent.push(stream);
    }
    for _ in 0..10 {
        admin.get("/healthz").await.is(200);
        let lease = anna.lease(&job).await;
        anna.finish(&lease).await;
    }
    assert!(service.log().contains("too many connections"), "{}", service.log());
    service.terminate().await.unwrap();
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_store_takes_no_writes_is_not_ready() {
    let world = World::start(Settings::default()).await.unwrap();
    let service = &world.services()[0];
    let ready = async |status: u16| -> Value {
        let anyone = world.stranger(None);
        let what = format!("/readyz to answer {status}");
        let said = until(&what, TIMEOUT, || async {
            let answer = anyone.get(&format!("{}/readyz", service.url())).await;
            (answer.status() == status).then(|| answer.json().clone())
        });
        said.await.unwrap_or_else(|error| panic!("{error}: {}", service.log()))
    };
    assert_eq!(ready(200).await["dependencies"]["store"], "up");
    // Stands for every failing write, such as a full disk or a read-only server.
    let (spoil, mend) = match world.database() {
        Some(_) => (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END';
             CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON duties EXECUTE FUNCTION full_disk()",
            "DROP TRIGGER full_disk ON duties",
        ),
        None => (
            "CREATE TRIGGER full_disk BEFORE INSERT ON duties BEGIN SELECT RAISE(FAIL, 'full'); END",
            "DROP TRIGGER full_disk",
        ),
    };
    change(&world, spoil).await;
    let said = ready(503).await;
    assert_eq!(said["status"], "unavailable", "{said}");
    assert_eq!(said["dependencies"]["store"], "takes no writes", "{said}");
    world.stranger(None).get(&format!("{}/healthz", service.url())).await.is(200);
    change(&world, mend).await;
    ready(200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_say_what_they_are_and_are_not_kept_or_framed() {
    let world = World::shared().await;
    let team = world.team("headers").await;
    let manager = &team.manager;
    let token = manager.post("/v1/tokens", json!({})).await.is(201);
    let answers =
        [token, manager.get("/v1/me").await, manager.get("/v1/nothing").await, manager.get("/v1/jobs").await];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for path in ["/docs/", "/docs/index.html", "/docs/swagger-ui.css"] {
        let page = manager.get(path).await.is(200);
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
            "{path}: {policy}"
        );
    }
    for path in ["/openapi.json", "/healthz", "/readyz"] {
        assert_eq!(manager.get(path).await.header("x-content-type-options"), "nosniff", "{path}");
    }
}

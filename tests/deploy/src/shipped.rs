//! The installation as shipped: nginx in front of services with minimal rights, each with users of its own on
//! PostgreSQL, RabbitMQ and Redis.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use swath_harness::children::Running;
use swath_harness::client::User;
use swath_harness::process::{Environment, migrate};
use swath_harness::servers::{Database, Servers};
use swath_harness::{Service, Team, ids, nginx, until};
use tempfile::TempDir;

use crate::{at, browsing, consistency, read, streaming};

const START_TIMEOUT: Duration = Duration::from_secs(30);
const PASSWORD: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
/// The processes and their roles.
const PROCESSES: [(&str, &str); 5] = [
    ("coordinator", "coordinator"),
    ("gateway-1", "gateway"),
    ("gateway-2", "gateway"),
    ("review", "review"),
    ("metrics", "metrics"),
];

/// A running installation.
struct Installation {
    services: Vec<Service>,
    _nginx: Running,
    origin: String,
    token: String,
    database: String,
    servers: Servers,
    folder: TempDir,
}

impl Installation {
    async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("swath-shipped-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("media")).unwrap();
        let servers = Servers::start().await.unwrap();
        let database = database(&servers).await;
        users_of_rabbit(&servers, folder.path()).await;
        user_of_redis(&servers).await;
        let token = format!("admin-{}", ids::fresh());
        let mut services = Vec::new();
        for (name, role) in PROCESSES {
            let mut environment = surroundings(&servers, &database, &token, role);
            let media = folder.path().join("media").display().to_string();
            environment.insert("SWATH__MEDIA__ROOTS".to_owned(), media.clone());
            environment.insert("SWATH__MEDIA__SHARED".to_owned(), media);
            let mut service = Service::new(name, Some(role), folder.path(), &environment).unwrap();
            service.start().await.unwrap();
            services.push(service);
        }
        let (nginx, origin) = nginx::start(folder.path(), &services).await.unwrap();
        Self { services, _nginx: nginx, origin, token, database, servers, folder }
    }
}

/// A database with the shipped roles, migrated by its owner.
async fn database(servers: &Servers) -> String {
    let made = Database::create(&servers.postgres.url()).await.unwrap();
    let roles = || async {
        let mut psql = tokio::process::Command::new("psql");
        psql.args(["-XAtq", "-d", made.url(), "-f"]).arg(at("deploy/postgres/roles.sql"));
        psql.env("SWATH_OWNER_PASSWORD", PASSWORD).env("SWATH_APP_PASSWORD", PASSWORD).kill_on_drop(true);
        let output = psql.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    roles().await;
    let owner = made.url().replace("postgres@", "swath_owner@");
    migrate(&[("SWATH__STORE__URL".to_owned(), owner)].into()).await.unwrap();
    roles().await;
    made.url().replace("postgres@", "swath_app@")
}

async fn users_of_rabbit(servers: &Servers, folder: &Path) {
    let mut script = tokio::process::Command::new("bash");
    script.arg(at("deploy/rabbitmq/set-passwords.sh")).kill_on_drop(true);
    for service in ["COORDINATOR", "GATEWAY", "REVIEW", "METRICS"] {
        script.env(format!("RABBITMQ_{service}_PASSWORD"), PASSWORD);
    }
    let output = script.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = folder.join("definitions.json");
    std::fs::write(&file, output.stdout).unwrap();
    servers.rabbit.ctl(&["import_definitions", &file.display().to_string()]).await.unwrap();
}

async fn user_of_redis(servers: &Servers) {
    let mut hash = tokio::process::Command::new("sh");
    hash.args(["-c", "printf %s \"$0\" | sha256sum | cut -d ' ' -f 1 | tr -d '\\n'", PASSWORD])
        .kill_on_drop(true);
    let hash = String::from_utf8(hash.output().await.unwrap().stdout).unwrap();
    let users = read("deploy/redis/users.acl");
    let users = users.replace("WATCH_SHA256", &hash).replace("PASSWORD_SHA256", &hash);
    let users = users.lines().filter_map(|line| line.strip_prefix("user "));
    for user in users.filter(|user| !user.starts_with("default ")) {
        assert_eq!(servers.redis.command(&format!("ACL SETUSER {user}")).await.unwrap(), "+OK");
    }
    let may =
        async |command: &str| servers.redis.command(&format!("ACL DRYRUN watch {command}")).await.unwrap();
    assert_eq!((may("INFO").await, may("PING").await), ("+OK".to_owned(), "+OK".to_owned()));
    for command in ["GET swath:lock:1", "SET swath:lock:1 mine", "CONFIG GET requirepass", "FLUSHALL"] {
        assert!(may(command).await.starts_with('$'), "who watches may {command}");
    }
    assert_eq!(servers.redis.command("ACL SETUSER default off").await.unwrap(), "+OK");
}

fn surroundings(servers: &Servers, database: &str, token: &str, role: &str) -> Environment {
    let amqp = servers.rabbit.url();
    let amqp = amqp.replace("guest:guest", &format!("swath-{role}:{PASSWORD}")).replace("/%2f", "/swath");
    let settings = [
        ("SWATH__STORE__URL", database.to_owned()),
        ("SWATH__BUS__URL", amqp),
        ("SWATH__LOCKS__URL", servers.redis.url().replace("redis://", &format!("redis://swath:{PASSWORD}@"))),
        ("SWATH__SERVER__SECRET", "the-secret-of-a-test-0123456789abcdef".to_owned()),
        ("SWATH__ADMIN__TOKEN", token.to_owned()),
        ("SWATH__LOG__FORMAT", "json".to_owned()),
    ];
    settings.map(|(key, value)| (key.to_owned(), value)).into()
}

/// A service with the broker user of another one keeps working without what it may not do, and logs that.
async fn misplaced_users_show(installation: &Installation, anna: &User) {
    for (role, user, refused) in [
        ("coordinator", "gateway", "consuming swath.coordinate is refused"),
        ("gateway", "metrics", "is refused"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (servers, database) = (&installation.servers, &installation.database);
        let mut environment = surroundings(servers, database, &installation.token, role);
        let others = surroundings(servers, database, &installation.token, user);
        environment.insert("SWATH__BUS__URL".to_owned(), others["SWATH__BUS__URL"].clone());
        let mut service = Service::new("misplaced", Some(role), folder.path(), &environment).unwrap();
        service.start().await.unwrap();
        let anna = anna.at(&service.url());
        let told = until("the refusal to show", START_TIMEOUT, || async {
            // A gateway subscribes to a team's hints once a member asks for work.
            let _ = anna.post("/v1/leases", json!({})).await;
            let ready = reqwest::get(format!("{}/readyz", service.url())).await.unwrap();
            assert_eq!(ready.status(), 200);
            let ready = ready.text().await.unwrap();
            (ready.contains("degraded") && ready.contains(refused)).then_some(ready)
        });
        told.await.unwrap_or_else(|error| panic!("{role}: {error}\n{}", service.log()));
        let metrics = reqwest::get(service.metrics_url()).await.unwrap().text().await.unwrap();
        assert!(metrics.contains("swath_bus_up 0"), "{role}");
    }
}

/// Failing requests of one team, caused by a row that cannot be decoded, do not make a gateway unavailable for
/// others.
async fn failures_of_one_team_leave_others_served(installation: &Installation) {
    let admin = User::new(&installation.origin, "admin", &installation.token);
    let (spoiled, other) = (Team::found(&admin, "spoiled").await, Team::found(&admin, "other").await);
    let (paul, otto) = (spoiled.annotator("paul").await, other.annotator("otto").await);
    let broken = spoiled.job(&spoiled.dataset(4).await, json!({"range_size": 2})).await;
    let job = other.job(&other.dataset(40).await, json!({"range_size": 1})).await;
    let statement = format!("UPDATE jobs SET spec = '{{' WHERE id = '{}'", broken.id);
    let mut psql = tokio::process::Command::new("psql");
    psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", &installation.database, "-c", &statement]);
    let output = psql.kill_on_drop(true).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let failed = until("the row to be read", START_TIMEOUT, || async {
        (paul.post("/v1/leases", json!({})).await.status() == 500).then_some(())
    });
    failed.await.unwrap();
    for _ in 0..20 {
        let failed = paul.post("/v1/leases", json!({})).await;
        assert_eq!((failed.status(), failed.code().as_str()), (500, "internal"));
        let answer = otto.post("/v1/leases", json!({"job": job.id})).await;
        assert!(matches!(answer.status(), 200 | 201), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_and_with_the_least_rights_a_dataset_becomes_accepted_annotations() {
    let installation = Installation::start().await;
    let admin = User::new(&installation.origin, "admin", &installation.token);
    let team = Team::found(&admin, "shipped").await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let job = team.job(&team.dataset(6).await, json!({"range_size": 3})).await;
    anna.work(&job).await;
    anna.work(&job).await;
    rosa.reject(&job, &[1]).await;
    rosa.reject(&job, &[]).await;
    assert_eq!(anna.work(&job).await.items(), [1]);
    rosa.reject(&job, &[]).await;
    team.becomes(&job, "done", START_TIMEOUT).await;
    // Submissions that the review rule accepts by itself; the review service hears of them over the broker.
    let unreviewed =
        team.job(&team.dataset(2).await, json!({"range_size": 2, "review": {"rule": "none"}})).await;
    anna.work(&unreviewed).await;
    team.becomes(&unreviewed, "done", START_TIMEOUT).await;

    for service in &installation.services {
        let is_ready = || async {
            let ready = reqwest::get(format!("{}/readyz", service.url())).await.unwrap();
            ready.text().await.unwrap().contains(r#""status":"ready""#).then_some(())
        };
        until(&format!("{} to be ready", service.name()), START_TIMEOUT, is_ready).await.unwrap();
        let log = service.log();
        assert!(!log.contains("ACCESS_REFUSED") && !log.contains("NOPERM"), "{}: {log}", service.name());
        assert!(!log.contains("permission denied"), "{}: {log}", service.name());
    }

    browsing::a_picture_is_labelled_and_accepted(&admin, &installation.origin, installation.folder.path())
        .await;

    streaming::events_come_at_once(&admin).await;

    failures_of_one_team_leave_others_served(&installation).await;

    misplaced_users_show(&installation, &anna).await;

    // Routes for operators are hidden.
    for hidden in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(admin.get(hidden).await.status(), 404, "{hidden}");
    }
    for shown in ["/openapi.json", "/docs/"] {
        assert_eq!(admin.get(shown).await.status(), 200, "{shown}");
    }

    consistency::is_append_only_for(&installation.database).await;

    // An orderly stop logs no errors.
    let mut installation = installation;
    for service in &mut installation.services {
        service.terminate().await.unwrap();
        let log = service.log();
        let errors = log.lines().filter(|line| line.contains(r#""level":"ERROR""#));
        // Except for the row that was made unreadable above.
        let errors: Vec<_> = errors.filter(|line| !line.contains("a row does not decode")).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", service.name());
    }
}

//! What survives SIGKILL, an orderly stop, a second process on the same data, and missing servers.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use swath_harness::client::{Job, Lease, annotation};
use swath_harness::process::swath;
use swath_harness::{Deployment, Service, Settings, Team, User, World, until};

/// The process that serves annotators: the only one, or the first gateway.
fn gateway(world: &mut World) -> &mut Service {
    let services = world.services_mut();
    let place = services.iter().position(|service| service.name() == "gateway-1").unwrap_or(0);
    &mut services[place]
}

async fn scene(world: &World, count: usize) -> (Team, Job, User, Lease) {
    let team = world.team("durability").await;
    let dataset = team.dataset(count).await;
    let job = team.job(&dataset, json!({"range_size": count})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    (team, job, anna, lease)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_survives_kill_minus_nine() {
    const ITEMS: u64 = 60;
    let mut world = World::start(Settings::default()).await.unwrap();
    let (team, job, anna, lease) = scene(&world, 60).await;
    let anna = anna.at(&gateway(&mut world).url());

    // The kill comes while items are being saved. The acknowledged ones must be stored afterwards.
    let confirms = (0..ITEMS).map(|index| {
        let (anna, lease) = (anna.clone(), lease.clone());
        tokio::spawn(async move {
            let request = anna.request(reqwest::Method::PUT, &lease.item(index)).json(&annotation(index));
            request.send_or_unreachable().await.is_ok_and(|answer| answer.status() == 200)
        })
    });
    let confirms: Vec<_> = confirms.collect();
    let mut confirmed: Vec<u64> = Vec::new();
    for (index, confirm) in (0..).zip(confirms) {
        if index == ITEMS / 4 {
            gateway(&mut world).kill();
        }
        if confirm.await.unwrap() {
            confirmed.push(index);
        }
    }
    gateway(&mut world).start().await.unwrap();

    let standing = anna.get(&lease.path("")).await.ok();
    for index in &confirmed {
        let found = &standing["assignment"]["items"][*index as usize]["annotation"]["figures"];
        assert_eq!(found, &annotation(*index)["figures"], "item {index} was confirmed and is gone");
    }
    assert!(!confirmed.is_empty());
    anna.finish(&lease).await;
    assert_eq!(team.look(&job).await["progress"]["completed"], ITEMS);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_ends_orderly_and_leases_outlive_it() {
    let mut world = World::start(Settings::default()).await.unwrap();
    let (_team, _job, anna, lease) = scene(&world, 5).await;
    anna.confirm(&lease, 0, annotation(0)).await.ok();
    for service in world.services_mut() {
        let status = service.terminate().await.unwrap();
        assert_eq!(status.code(), Some(0), "{} ended with {status}:\n{}", service.name(), service.log());
    }
    for service in world.services_mut() {
        service.start().await.unwrap();
    }
    let standing = anna.get(&lease.path("")).await.ok();
    assert_eq!(standing["assignment"]["items"][0]["annotation"]["figures"], annotation(0)["figures"]);
    anna.finish(&lease).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_says_that_it_ends_before_it_does() {
    let settings = Settings::default().with("SWATH__SERVER__DRAIN_SECONDS", "600");
    let world = World::start(settings).await.unwrap();
    let soon = Duration::from_secs(30);
    for service in world.services() {
        service.signal(Signal::SIGTERM);
        let ready = format!("{}/readyz", service.url());
        let stopping = until("readiness to be false", soon, || async {
            let answer = world.stranger(None).get(&ready).await;
            (answer.status() == 503).then(|| answer.json())
        });
        assert_eq!(stopping.await.unwrap()["status"], "stopping");
        world.stranger(None).get(&format!("{}/healthz", service.url())).await.ok();
    }
    world.admin().get("/v1/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_folder_has_one_process() {
    let world = World::start_as(Deployment::Embedded, Settings::default()).await.unwrap();
    let first = &world.services()[0];
    let mut second = first.twin().unwrap();
    second.launch().unwrap();
    let status = second.ended().await.unwrap();
    assert_ne!(status.code(), Some(0), "{}", second.log());
    world.admin().get("/v1/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_broker_and_redis_the_work_goes_on() {
    let settings = match Deployment::from_environment().unwrap() {
        // Bus and locks in memory cannot fail, so the embedded deployment only shows that nothing is degraded.
        Deployment::Embedded => Settings::default(),
        Deployment::Distributed(_) => {
            let nobody = swath_harness::ports::local(swath_harness::ports::free().unwrap());
            Settings::default()
                .with("SWATH__BUS__URL", format!("amqp://guest:guest@{nobody}/%2f"))
                .with("SWATH__LOCKS__URL", format!("redis://{nobody}"))
        }
    };
    let world = World::start(settings).await.unwrap();
    let (team, job, anna, lease) = scene(&world, 3).await;
    anna.finish(&lease).await;
    team.reviewer("rosa").await.reject(&job, &[1]).await;
    assert_eq!(anna.work(&job).await.items(), [1]);

    for service in world.services() {
        let ready = world.stranger(None).get(&format!("{}/readyz", service.url())).await.ok();
        let expected = if world.deployment().is_embedded() { "ready" } else { "degraded" };
        assert_eq!(ready["status"], expected, "{}: {ready}", service.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsafe_settings_are_refused_at_start() {
    let world = World::start_as(Deployment::Embedded, Settings::default()).await.unwrap();
    let refusals: [(&str, &str, &[&str]); 4] = [
        ("SWATH__SERVER__SECRET", "secret", &["up"]),
        ("SWATH__ADMIN__TOKEN", "short", &["up"]),
        ("SWATH__SERVER__COLOUR", "red", &["up"]),
        ("SWATH__STORE__URL", "mysql://localhost/swath", &["up"]),
    ];
    for (key, value, arguments) in refusals {
        let mut service = world.services()[0].elsewhere(key).unwrap();
        service.set(key, value);
        service.launch().unwrap();
        let status = service.ended().await.unwrap();
        assert_ne!(status.code(), Some(0), "{arguments:?} with {key}={value}:\n{}", service.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_in_several_processes_is_refused() {
    let world = World::start_as(Deployment::Embedded, Settings::default()).await.unwrap();
    let mut service = world.services()[0].elsewhere("some-roles").unwrap();
    service.only("gateway,review");
    service.launch().unwrap();
    let status = service.ended().await.unwrap();
    assert_ne!(status.code(), Some(0), "{}", service.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_not_shown() {
    let secret = "a-secret-that-nobody-should-ever-read";
    let settings = Settings::default().with("SWATH__SERVER__SECRET", secret);
    let world = World::start_as(Deployment::Embedded, settings.clone()).await.unwrap();
    let output = swath(&["config"], &settings.environment).unwrap().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("[server]") && !shown.contains(secret), "{shown}");
    assert!(!world.services()[0].log().contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_shows_one_administrator_token() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Service::new("first", None, folder.path(), &std::collections::BTreeMap::new()).unwrap();
    service.start().await.unwrap();
    let token = until("the token", Duration::from_secs(10), || {
        let log = service.log();
        let line = log.lines().find_map(|line| line.strip_prefix("admin token: ").map(str::to_owned));
        std::future::ready(line)
    });
    let token = token.await.unwrap();
    let me = swath_harness::http::client().get(format!("{}/v1/me", service.url())).bearer_auth(token.trim());
    let me: Value = serde_json::from_slice(&me.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert!(me.is_object() && me["code"].is_null(), "{me}");
    let link = service
        .log()
        .lines()
        .find_map(|line| line.split_once("/#sign-in=").map(|(_, code)| code.trim().to_owned()));
    let session = || {
        let request = swath_harness::http::client().post(format!("{}/v1/session", service.url()));
        request.header("content-type", "application/json").body(json!({"link": link}).to_string()).send()
    };
    let opened = session().await.unwrap();
    assert_eq!(opened.status(), 201);
    let opened: Value = serde_json::from_slice(&opened.bytes().await.unwrap()).unwrap();
    assert_eq!(opened["user"]["admin"], true, "{opened}");
    assert_eq!(session().await.unwrap().status(), 401, "the link was good once");

    service.terminate().await.unwrap();
    service.start().await.unwrap();
    until("the second start", Duration::from_secs(10), || {
        std::future::ready((service.log().matches("serving at ").count() == 2).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(service.log().matches("admin token: ").count(), 1);
    assert_eq!(service.log().matches("#sign-in=").count(), 1);
}

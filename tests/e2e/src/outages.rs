//! A broker and a Redis that fail later: the work goes on, and every process reports that it is degraded.

use std::time::Duration;

use serde_json::json;
use swath_harness::proxy::Proxy;
use swath_harness::{Deployment, Settings, World, until};

const TIMEOUT: Duration = Duration::from_secs(60);

/// Proxies to the broker and Redis; none for the embedded deployment, which has them in memory.
async fn wires() -> (Settings, Vec<Proxy>) {
    let settings = Settings::default();
    let Deployment::Distributed(servers) = Deployment::from_environment().unwrap() else {
        return (settings, Vec::new());
    };
    let (bus, amqp) = Proxy::before(&servers.amqp).await.unwrap();
    let (locks, redis) = Proxy::before(&servers.redis).await.unwrap();
    (settings.with("SWATH__BUS__URL", amqp).with("SWATH__LOCKS__URL", redis), vec![bus, locks])
}

/// Waits until every process reports this status.
async fn all_are(world: &World, status: &str) {
    for service in world.services() {
        let path = format!("{}/readyz", service.url());
        let what = format!("{} to be {status}", service.name());
        let reply = until(&what, TIMEOUT, || async {
            let answer = world.stranger(None).get(&path).await.ok();
            (answer["status"] == status).then_some(())
        });
        reply.await.unwrap_or_else(|error| panic!("{error}:\n{}", service.log()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_broker_and_redis_from_now_on_the_work_goes_on() {
    let (settings, wires) = wires().await;
    let world = World::start(settings).await.unwrap();
    let team = world.team("outages").await;
    let dataset = team.dataset(6).await;
    let job = team.job(&dataset, json!({"range_size": 3})).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let lease = anna.lease(&job).await;
    all_are(&world, "ready").await;

    wires.iter().for_each(Proxy::cut);
    anna.finish(&lease).await;
    rosa.reject(&job, &[1]).await;
    assert_eq!(anna.work(&job).await.items(), [1]);
    all_are(&world, if wires.is_empty() { "ready" } else { "degraded" }).await;

    wires.iter().for_each(Proxy::mend);
    all_are(&world, "ready").await;
    anna.work(&job).await;
    rosa.reject(&job, &[]).await;
    rosa.reject(&job, &[]).await;
    team.becomes(&job, "done", TIMEOUT).await;
    assert_eq!(team.look(&job).await["progress"]["accepted"], 6);
}

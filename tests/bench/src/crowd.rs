//! Many users who do little: the cost of their renewals, and the memory for their leases.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use swath_client::{Attempt, Connection, Method};
use swath_load::{Plan, Scene};
use tokio::time::{Instant, sleep, sleep_until};

use crate::cost::{Cost, resident};
use crate::effort::Effort;
use crate::loops::{plan, servers};
use crate::swath::Installation;
use crate::table::{Row, Table, Target};

/// How often each user renews.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(30);
/// Concurrent calls while the leases are granted, and connections over which they are renewed.
const CONNECTIONS: usize = 16;
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The cost of renewals of many annotators, compared with an idle installation.
pub async fn renewals(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let people = if effort.times > 1 { 10_000 } else { 2_000 };
    let servers = servers(effort).await?;
    let installation = Installation::cutting(Some(&servers), 2 * people as u64).await?;
    let plan = installation.placed(&Plan { items: 4 * people as u64, ..plan(people) });
    sleep(effort.warm_up).await;
    let memory = resident("gateway");
    let scene = Scene::set(&installation.admin()?, &plan).await?;
    let asking = scene.annotators.iter().map(|person| async {
        let lease: Value = person.client.post("/v1/leases", &json!({"job": scene.job})).await?;
        anyhow::Ok(lease["lease_id"].as_str().unwrap_or_default().to_owned())
    });
    let leases: Vec<String> = stream::iter(asking).buffered(CONNECTIONS).try_collect().await?;
    sleep(effort.warm_up).await;
    let idle = share(effort.window, async {
        sleep(effort.window).await;
        anyhow::Ok(())
    })
    .await?;
    let busy = share(RENEWAL_INTERVAL, renew_all(&scene, &leases)).await?;
    let memory_with_leases = resident("gateway");
    drop(installation);
    servers.stop().await;
    let scale = 10_000.0 / people as f64;
    let row = Row::of("renewals of 10,000 annotators every 30 s", "% core", &[(busy - idle) * 100.0 * scale]);
    let note = format!("{people} people; idle {:.1} %", idle * 100.0);
    table.take(row.wanted(Target::AtMost(5.0)).noting(note));
    table.take(Row::of("gateway: memory when idle", "MB", &[memory]).wanted(Target::AtMost(30.0)));
    let row = Row::of(format!("gateway: memory with {people} live leases"), "MB", &[memory_with_leases]);
    table.take(row.wanted(Target::AtMost(150.0)));
    Ok(())
}

/// The share of one core that everything but the load uses while `done` runs for `long`.
pub async fn share(long: Duration, done: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<f64> {
    let before = Cost::now();
    done.await?;
    Ok(Cost::now().since(&before).server() / long.as_secs_f64())
}

/// Every user renews once, spread evenly over one interval.
async fn renew_all(scene: &Scene, leases: &[String]) -> anyhow::Result<()> {
    let began = Instant::now();
    let people = leases.len();
    let connections = (0..CONNECTIONS).map(|first| async move {
        // As behind an ingress, which shares its connections among all clients.
        let mut connection = Connection::of(&scene.annotators[first % people].client);
        for number in (first..people).step_by(CONNECTIONS) {
            #[expect(clippy::cast_precision_loss, reason = "a moment needs no more digits")]
            sleep_until(began + RENEWAL_INTERVAL.mul_f64(number as f64 / people as f64)).await;
            let path = format!("/v1/leases/{}/renew", leases[number]);
            let attempt = Attempt { method: Method::POST, path: &path, key: None, body: None };
            connection.switch_to(&scene.annotators[number].client);
            connection.attempt::<IgnoredAny>(&attempt, REQUEST_TIMEOUT).await?;
        }
        anyhow::Ok(())
    });
    futures::future::try_join_all(connections).await?;
    sleep_until(began + RENEWAL_INTERVAL).await;
    Ok(())
}

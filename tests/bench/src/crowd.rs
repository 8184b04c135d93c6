//! Many people who do little: their signs of life, and the memory that their leases take.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use swath_client::{Attempt, Connection, Method};
use swath_load::{Plan, Scene};
use tokio::time::{Instant, sleep, sleep_until};

use crate::Effort;
use crate::cost::{Cost, resident};
use crate::loops::{plan, servers};
use crate::swath::Installation;
use crate::table::{Row, Table, Target};

/// How often each person renews.
const EVERY: Duration = Duration::from_secs(30);
/// Calls at once while the leases are taken, and connections over which they are renewed.
const AT_ONCE: usize = 16;
const DEADLINE: Duration = Duration::from_secs(10);

/// Renewals of so many annotators, and what that costs over an idle installation.
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
    let leases: Vec<String> = stream::iter(asking).buffered(AT_ONCE).try_collect().await?;
    sleep(effort.warm_up).await;
    let idle = share(effort.window, async {
        sleep(effort.window).await;
        anyhow::Ok(())
    })
    .await?;
    let busy = share(EVERY, renew_all(&scene, &leases)).await?;
    let held = resident("gateway");
    drop(installation);
    servers.stop().await;
    let scale = 10_000.0 / people as f64;
    let row = Row::of("renewals of 10,000 annotators every 30 s", "% core", &[(busy - idle) * 100.0 * scale]);
    let note = format!("{people} people; idle {:.1} %", idle * 100.0);
    table.take(row.wanted(Target::AtMost(5.0)).noting(note));
    table.take(Row::of("gateway: memory when idle", "MB", &[memory]).wanted(Target::AtMost(30.0)));
    let row = Row::of(format!("gateway: memory with {people} live leases"), "MB", &[held]);
    table.take(row.wanted(Target::AtMost(150.0)));
    Ok(())
}

/// Which share of one core everything but the load uses while something is done that takes `long`.
pub async fn share(long: Duration, done: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<f64> {
    let before = Cost::now();
    done.await?;
    Ok(Cost::now().since(&before).server() / long.as_secs_f64())
}

/// Everybody renews once, evenly over the time between two renewals of one person.
async fn renew_all(scene: &Scene, leases: &[String]) -> anyhow::Result<()> {
    let began = Instant::now();
    let people = leases.len();
    let lanes = (0..AT_ONCE).map(|lane| async move {
        // As behind an ingress, which keeps its connections for whoever comes.
        let mut connection = Connection::of(&scene.annotators[lane % people].client);
        for number in (lane..people).step_by(AT_ONCE) {
            #[expect(clippy::cast_precision_loss, reason = "a moment needs no more digits")]
            sleep_until(began + EVERY.mul_f64(number as f64 / people as f64)).await;
            let path = format!("/v1/leases/{}/renew", leases[number]);
            let attempt = Attempt { method: Method::POST, path: &path, key: None, body: None };
            connection.serve(&scene.annotators[number].client);
            connection.attempt::<IgnoredAny>(&attempt, DEADLINE).await?;
        }
        anyhow::Ok(())
    });
    futures::future::try_join_all(lanes).await?;
    sleep_until(began + EVERY).await;
    Ok(())
}

//! Streams of events that are open while little happens: what they take of a gateway's memory and of a core.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use swath_load::Scene;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Effort;
use crate::cost::resident;
use crate::crowd::share;
use crate::loops::{plan, servers};
use crate::swath::Installation;
use crate::table::{Row, Table, Target};

/// Streams that are opened at the same time.
const AT_ONCE: usize = 16;
/// Signs of life come every 15 seconds, so that each stream has some.
const WINDOW: Duration = Duration::from_secs(45);

/// One stream of each of so many annotators, open at one gateway.
pub async fn measure(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let people = if effort.times > 1 { 5_000 } else { 1_000 };
    let servers = servers(effort).await?;
    let installation = Installation::cutting(Some(&servers), 100).await?;
    let scene = Scene::set(&installation.admin()?, &installation.placed(&plan(people))).await?;
    let gateway = installation.address("gateway")?;
    sleep(effort.warm_up).await;
    let before = resident("gateway");
    let idle = share(WINDOW, async {
        sleep(WINDOW).await;
        anyhow::Ok(())
    })
    .await?;
    let opening = scene.annotators.iter().map(|person| {
        let client = person.client.at(&gateway);
        async move { client?.download("/v1/events", &[]).await }
    });
    let streams: Vec<_> = stream::iter(opening).buffered(AT_ONCE).try_collect().await?;
    let mut reading = JoinSet::new();
    for pieces in streams {
        reading.spawn(async move {
            let mut pieces = std::pin::pin!(pieces);
            while let Some(Ok(_)) = pieces.next().await {}
        });
    }
    sleep(effort.warm_up).await;
    let open = share(WINDOW, async {
        sleep(WINDOW).await;
        anyhow::Ok(())
    })
    .await?;
    let held = resident("gateway");
    let ended = people - reading.len();
    anyhow::ensure!(ended == 0, "{ended} streams have ended");
    drop(reading);
    drop(installation);
    servers.stop().await;
    let scale = 5_000.0 / people as f64;
    let row = Row::of("gateway: memory of 5,000 streams", "MB", &[(held - before) * scale]);
    table.take(
        row.wanted(Target::AtMost(100.0))
            .noting(format!("{people} streams, from {before:.0} to {held:.0} MB")),
    );
    let row = Row::of("5,000 streams on which nothing happens", "% core", &[(open - idle) * 100.0 * scale]);
    table.take(
        row.wanted(Target::AtMost(5.0)).noting(format!("{people} streams; idle {:.1} %", idle * 100.0)),
    );
    Ok(())
}

//! Ten minutes at saturation: the last two must be as fast as the first two, and nothing may accumulate.

use std::time::Duration;

use anyhow::Context;
use swath_api::jobs::JobView;
use swath_load::{Run, Scene, verify, work};
use tokio::time::{Instant, sleep};

use crate::cost::resident;
use crate::effort::Effort;
use crate::gauge::Over;
use crate::loops::{plan, servers};
use crate::swath::{Accepted, Installation};
use crate::table::{Row, Table, Target};

/// The duration of the parts that are compared, and of the whole.
const PART_DURATION: Duration = Duration::from_secs(120);
const TOTAL_DURATION: Duration = Duration::from_secs(600);
/// How many times shorter a quick run is.
const QUICK_DIVISOR: u32 = 10;

/// Runs the measurement once.
pub async fn measure(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let shorter = if effort.times > 1 { 1 } else { QUICK_DIVISOR };
    let (part, all) = (PART_DURATION / shorter, TOTAL_DURATION / shorter);
    let servers = servers(effort).await?;
    let installation = Installation::start(&servers, 1, 1).await?;
    let plan = installation.placed(&plan(64));
    let scene = Scene::set(&installation.admin()?, &plan).await?;
    let run = Run::default();
    let mut silent = |_: &JobView| {};
    let working = work(&plan, &scene, &run, &mut silent);
    let looking = async {
        let measured = look(&scene, effort.warm_up, part, all).await;
        run.over.cancel();
        measured
    };
    let (worked, measured) = tokio::join!(working, looking);
    let Measured { first, last, early, late } = measured?;
    let violations = verify(&scene, worked?.history).await?.count;
    let dead = dead_rows(&installation).await?;
    servers.stop().await;
    let row = Row::of(format!("saturated for {} s: the last fifth", all.as_secs()), "cycles/s", &[last]);
    let row = row.beside("the first fifth", last / first).wanted(Target::Share(0.9)).checked(violations);
    table.take(row.noting(format!("gateway {early:.0} MB, then {late:.0} MB; dead rows: {dead}")));
    Ok(())
}

struct Measured {
    first: f64,
    last: f64,
    early: f64,
    late: f64,
}

async fn look(scene: &Scene, warm_up: Duration, part: Duration, all: Duration) -> anyhow::Result<Measured> {
    sleep(warm_up).await;
    let began = Instant::now();
    let first = rate(scene, part).await?;
    let early = resident("gateway");
    sleep(all.saturating_sub(part).saturating_sub(began.elapsed())).await;
    let last = rate(scene, part).await?;
    Ok(Measured { first, last, early, late: resident("gateway") })
}

async fn rate(scene: &Scene, part: Duration) -> anyhow::Result<f64> {
    let (began, before) = (Instant::now(), Accepted(scene).over().await?);
    sleep(part).await;
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    Ok((Accepted(scene).over().await? - before) as f64 / began.elapsed().as_secs_f64())
}

async fn dead_rows(installation: &Installation) -> anyhow::Result<String> {
    const DEAD: &str = "SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables
                        WHERE n_dead_tup > 1000 ORDER BY n_dead_tup DESC LIMIT 4";
    let rows = installation.database().context("no database")?.read(DEAD).await?;
    let shown = |row: &Vec<String>| format!("{} {} of {}", row[0], row[1], row[2]);
    Ok(rows.iter().map(shown).collect::<Vec<_>>().join(", "))
}

//! Streams of events: their cost in memory and processor time while little happens, and their effect on users who
//! work.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use swath_browser::Browser;
use swath_client::Client;
use swath_load::{Person, Plan, Scene};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::console::run;
use crate::cost::resident;
use crate::crowd::share;
use crate::effort::Effort;
use crate::gauge::Window;
use crate::loops::{plan, servers};
use crate::swath::Installation;
use crate::table::{Row, Table, Target, median};

/// How many streams are opened at the same time.
const CONCURRENT_OPENS: usize = 16;
/// The number of users who work meanwhile.
const WORKERS: usize = 64;
/// Keep-alives come every 15 seconds, so each stream gets some within this window.
const WINDOW: Duration = Duration::from_secs(45);

/// The cost of one stream for each of many annotators, at one gateway.
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
    let reading = open(&scene.annotators, &gateway).await?;
    sleep(effort.warm_up).await;
    let open = share(WINDOW, async {
        sleep(WINDOW).await;
        anyhow::Ok(())
    })
    .await?;
    let memory_with_streams = resident("gateway");
    all_are_open(reading)?;
    drop(installation);
    servers.stop().await;
    let scale = 5_000.0 / people as f64;
    let row = Row::of("gateway: memory of 5,000 streams", "MB", &[(memory_with_streams - before) * scale]);
    table.take(
        row.wanted(Target::AtMost(100.0))
            .noting(format!("{people} streams, from {before:.0} to {memory_with_streams:.0} MB")),
    );
    let row = Row::of("5,000 streams on which nothing happens", "% core", &[(open - idle) * 100.0 * scale]);
    table.take(
        row.wanted(Target::AtMost(5.0)).noting(format!("{people} streams; idle {:.1} %", idle * 100.0)),
    );
    Ok(())
}

/// Opens a stream for each of these users and reads it.
async fn open(people: &[Person], gateway: &str) -> anyhow::Result<JoinSet<()>> {
    let opening = people.iter().map(|person| {
        let client = person.client.at(gateway);
        async move { client?.download("/v1/events", &[]).await }
    });
    let streams: Vec<_> = stream::iter(opening).buffered(CONCURRENT_OPENS).try_collect().await?;
    let mut reading = JoinSet::new();
    for pieces in streams {
        reading.spawn(async move {
            let mut pieces = std::pin::pin!(pieces);
            while let Some(Ok(_)) = pieces.next().await {}
        });
    }
    Ok(reading)
}

fn all_are_open(mut reading: JoinSet<()>) -> anyhow::Result<()> {
    let mut ended = 0;
    while reading.try_join_next().is_some() {
        ended += 1;
    }
    anyhow::ensure!(ended == 0, "{ended} streams have ended");
    Ok(())
}

/// Lease + submit of a few users, alone and while many streams of their team and a manager's board are open.
pub async fn under_load(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let people = if effort.times > 1 { 5_000 } else { 1_000 };
    let servers = servers(effort).await?;
    let (mut alone, mut beside, mut violations, mut note) = (Vec::new(), Vec::new(), 0, String::new());
    for _ in 0..effort.times {
        let installation = Installation::start(&servers, 1, 1).await?;
        let crowd = installation.placed(&Plan { items: 1, ..plan(people) });
        let crowd = Scene::set(&installation.admin()?, &crowd).await?;
        let team = crowd.look().await?.summary.team.to_string();
        let plan = Plan { team: Some(team), ..plan(WORKERS) };
        let (quiet, found) = installation.watch(&plan, effort).await?;
        let reading = open(&crowd.annotators, &installation.address("gateway")?).await?;
        let board = board(&installation, &crowd.manager).await?;
        let (busy, more) = installation.watch(&plan, effort).await?;
        all_are_open(reading)?;
        board.close().await;
        violations += found + more;
        note = format!("{}; then {}", summary(&quiet), summary(&busy));
        alone.push(quiet.server_micros);
        beside.push(busy.server_micros);
    }
    servers.stop().await;
    table.take(Row::of("lease + submit alone, the servers' time", "µs", &alone));
    let row = Row::of(format!("the same while {people} streams and a board are open"), "µs", &beside);
    let shares: Vec<f64> = beside.iter().zip(&alone).map(|(beside, alone)| beside / alone).collect();
    let row = row.beside("alone", median(&shares)).wanted(Target::ShareAtMost(1.1)).checked(violations);
    table.take(row.noting(note));
    Ok(())
}

fn summary(window: &Window) -> String {
    format!("{:.0} cycles/s, {}", window.rate, window.summary())
}

/// A browser with the manager's board.
async fn board(installation: &Installation, manager: &Client) -> anyhow::Result<Browser> {
    let origin = installation.world().origin();
    let me: Value = manager.get("/v1/me", &[]).await?;
    let link: Value = manager.post("/v1/sign-in-links", &json!({"user": me["user"]["id"]})).await?;
    let browser = Browser::open().await?;
    browser.goto(&format!("{origin}/")).await;
    run(&browser, include_str!("console/scripts/sign-in.js"), vec![link["code"].clone()]).await?;
    browser.goto(&format!("{origin}/manage")).await;
    browser.see(".job-strip .map").await;
    Ok(browser)
}

//! What must not grow with the backlog: the latency of a lease, the creation of a job, memory, and the start.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use swath_client::Client;
use swath_harness::until;
use swath_load::{Drive, Kind, Plan, Review, Scene};
use tokio::time::{Instant, sleep};

use crate::cost::resident;
use crate::effort::Effort;
use crate::gauge;
use crate::loops::{plan, servers};
use crate::swath::{Accepted, Installation};
use crate::table::{Row, Table, Target, median};

/// The ranges of a large backlog, and the jobs of a large team.
const BACKLOG_RANGES: u64 = 1_000_000;
const JOBS: usize = 1_000;
/// The items of a large job.
const LARGE_JOB_ITEMS: u64 = 100_000_000;
/// The cycles per second that the load begins during a measurement of latency, far below saturation.
const CALM_RATE: f64 = 400.0;
const PEOPLE: usize = 32;
/// The assignments of a small installation.
const FEW_ASSIGNMENTS: u64 = 10_000;
/// The number of scrapes and the pause between them, so that they cover several readings of the counters.
const SCRAPES: usize = 50;
const SCRAPE_INTERVAL: Duration = Duration::from_millis(250);
/// The number of buckets of a map, and of ranges of a small job.
const BUCKETS: usize = 1_000;
/// How long the cutting of a backlog may take.
const CUT_TIMEOUT: Duration = Duration::from_secs(300);

/// The latency of a lease with a small and a large backlog, in few and in many jobs.
pub async fn backlog(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let (mut few, mut violations) = (Vec::new(), 0);
    let calm = Plan { drive: Drive::Rate(CALM_RATE), ..plan(PEOPLE) };
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), 1_000).await?;
        let (p50, found) = lease_p50(&installation, &calm, 0, effort).await?;
        few.push(p50);
        violations += found;
    }
    table.take(Row::of("lease over 1,000 open ranges, p50", "ms", &few).checked(violations));
    let (mut many, mut violations) = (Vec::new(), 0);
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), BACKLOG_RANGES).await?;
        let (p50, found) = lease_p50(&installation, &calm, BACKLOG_RANGES - 1_000, effort).await?;
        many.push(p50);
        violations += found;
    }
    let row = Row::of("lease over 1,000,000 open ranges, p50", "ms", &many);
    let row = row.beside("1,000", median(&many) / median(&few)).checked(violations);
    table.take(row.wanted(Target::ShareAtMost(1.25)));
    servers.stop().await;
    jobs(table, effort, &calm).await
}

/// Users lease from any job of the team, so the checker, which compares a single job, is not used.
async fn jobs(table: &mut Table, effort: Effort, calm: &Plan) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let calm = Plan { any_job: true, ..calm.clone() };
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..effort.times {
        for (place, jobs) in [(0, 1), (1, JOBS)] {
            let installation = Installation::cutting(Some(&servers), 1_000).await?;
            let placed = installation.placed(&calm);
            let scene = Scene::set(&installation.admin()?, &placed).await?;
            for _ in 1..jobs {
                another_job(&scene, 1_000).await?;
            }
            pending(&scene, 500).await?;
            let (window, _) = gauge::watch(&placed, &scene, &Accepted(&scene), effort).await?;
            times[place].push(window.call(Kind::Lease).map_or(f64::NAN, |stats| stats.p50));
        }
    }
    servers.stop().await;
    let [one, many] = &times;
    table.take(Row::of("lease with 1 open job, p50", "ms", one));
    let row = Row::of("lease with 1,000 open jobs, p50", "ms", many);
    table.take(row.beside("1 job", median(many) / median(one)).wanted(Target::ShareAtMost(1.25)));
    Ok(())
}

/// The duration of a scrape of the metrics service, and of the reading of the counters behind it, with few and many
/// assignments.
pub async fn scrapes(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let mut seen = [const { Vec::new() }; 4];
    for _ in 0..effort.times {
        for (place, assignments) in [(0, FEW_ASSIGNMENTS), (1, BACKLOG_RANGES)] {
            let mut installation = Installation::cutting(Some(&servers), assignments).await?;
            let plan = installation.placed(&Plan { items: assignments, ..plan(1) });
            pending(&Scene::set(&installation.admin()?, &plan).await?, assignments).await?;
            // Only the metrics service is needed.
            for service in installation.services().iter_mut().filter(|service| service.name() != "metrics") {
                service.kill();
            }
            let (scrape, reading) = scrape(&installation.metrics_address("metrics")?).await?;
            seen[place].push(scrape);
            seen[2 + place].push(reading);
        }
    }
    servers.stop().await;
    let [few, many, read_few, read_many] = &seen;
    for (what, few, many) in [("a scrape", few, many), ("reading the counters", read_few, read_many)] {
        table.take(Row::of(format!("{what} with 10,000 assignments"), "ms", few));
        let row = Row::of(format!("{what} with 1,000,000 assignments"), "ms", many);
        table.take(row.beside("10,000", median(many) / median(few)).wanted(Target::ShareAtMost(1.25)));
    }
    Ok(())
}

/// The medians of many scrapes and of their readings of the counters, in milliseconds.
async fn scrape(address: &str) -> anyhow::Result<(f64, f64)> {
    let client = Client::new(address)?;
    let (mut took, mut readings) = (Vec::new(), Vec::new());
    for _ in 0..SCRAPES {
        let began = Instant::now();
        let text = client.text(address).await?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
        let reading = text.lines().find_map(|line| line.strip_prefix("swath_counters_read_seconds "));
        readings.push(reading.context("no reading")?.parse::<f64>()? * 1_000.0);
        sleep(SCRAPE_INTERVAL).await;
    }
    Ok((median(&took), median(&readings)))
}

async fn lease_p50(
    installation: &Installation,
    plan: &Plan,
    cut: u64,
    effort: Effort,
) -> anyhow::Result<(f64, u64)> {
    let plan = installation.placed(plan);
    let scene = Scene::set(&installation.admin()?, &plan).await?;
    pending(&scene, cut).await?;
    let (window, remembered) = gauge::watch(&plan, &scene, &Accepted(&scene), effort).await?;
    let found = swath_load::verify(&scene, remembered).await?.count;
    Ok((window.call(Kind::Lease).map_or(f64::NAN, |stats| stats.p50), found))
}

/// Waits until `wanted` ranges are pending. Returns how long that took.
async fn pending(scene: &Scene, wanted: u64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    until("the ranges to be cut", CUT_TIMEOUT, || async { open(scene).await.filter(|open| *open >= wanted) })
        .await?;
    Ok(began.elapsed())
}

async fn open(scene: &Scene) -> Option<u64> {
    u64::try_from(scene.look().await.ok()?.summary.counts?.pending).ok()
}

/// Creates another job over the scene's dataset. Returns how long the server took.
async fn another_job(scene: &Scene, limit: u64) -> anyhow::Result<(Duration, String)> {
    let like = scene.look().await?.summary;
    let body = json!({"team": like.team, "dataset": like.dataset, "title": "another",
        "classes": [{"name": "thing", "shape": "rectangle"}], "range_size": 1, "review": {"rule": "none"},
        "selection": {"limit": limit}});
    let began = Instant::now();
    let made: Value = scene.manager.post("/v1/jobs", &body).await?;
    Ok((began.elapsed(), made["id"].as_str().context("a job without an id")?.to_owned()))
}

/// A job over a hundred million items: its creation, its first lease, and its cutting.
pub async fn large_job(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let [mut made, mut leased, mut cut, mut grown] = [const { Vec::new() }; 4];
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), BACKLOG_RANGES).await?;
        let plan = installation.placed(&Plan { items: LARGE_JOB_ITEMS, review: Review::None, ..plan(1) });
        let scene =
            Scene::set(&installation.admin()?, &Plan { items: LARGE_JOB_ITEMS, ..plan.clone() }).await?;
        // The ranges of the first job are cut first, so that nothing else runs.
        let before = resident("coordinator");
        let (from, began) = (open(&scene).await.unwrap_or(0), Instant::now());
        pending(&scene, BACKLOG_RANGES - 1_000).await?;
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
        cut.push((BACKLOG_RANGES - 1_000 - from) as f64 / began.elapsed().as_secs_f64());
        grown.push(resident("coordinator") - before);
        let (took, job) = another_job(&scene, LARGE_JOB_ITEMS).await?;
        made.push(took.as_secs_f64() * 1_000.0);
        leased.push(first_lease(&scene.annotators[0].client, &job).await?);
    }
    servers.stop().await;
    let row = Row::of("a job over 100 million items, made", "ms", &made);
    table.take(row.wanted(Target::AtMost(100.0)));
    table.take(Row::of("its first lease", "ms", &leased).wanted(Target::AtMost(1_000.0)));
    table.take(Row::of("ranges cut", "ranges/s", &cut).wanted(Target::AtLeast(100_000.0)));
    table.take(Row::of("the coordinator's memory, grown by a million ranges", "MB", &grown));
    Ok(())
}

async fn first_lease(client: &Client, job: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    client.post::<Value>("/v1/leases", &json!({"job": job})).await?;
    Ok(began.elapsed().as_secs_f64() * 1_000.0)
}

/// The start of an embedded installation with a million assignments, and its memory when idle.
pub async fn start(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let mut installation = Installation::cutting(None, BACKLOG_RANGES).await?;
    let scene = Scene::set(&installation.admin()?, &Plan { items: BACKLOG_RANGES, ..plan(1) }).await?;
    pending(&scene, BACKLOG_RANGES).await?;
    let (mut starts, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..effort.times {
        let process = &mut installation.services()[0];
        process.terminate().await?;
        let began = Instant::now();
        process.start().await?;
        starts.push(began.elapsed().as_secs_f64() * 1_000.0);
        sleep(effort.warm_up).await;
        idle.push(resident("swath"));
    }
    let row = Row::of("embedded: ready with a million assignments", "ms", &starts);
    table.take(row.wanted(Target::AtMost(500.0)));
    table.take(Row::of("embedded: memory when idle", "MB", &idle).wanted(Target::AtMost(50.0)));
    Ok(())
}

/// The coverage maps of jobs of several sizes, read in equally many buckets. In the two jobs that are cut, every
/// range has events.
pub async fn maps(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let mut took = [const { Vec::new() }; 3];
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), BACKLOG_RANGES).await?;
        let admin = installation.admin()?;
        let large =
            Scene::set(&admin, &installation.placed(&Plan { items: LARGE_JOB_ITEMS, ..plan(1) })).await?;
        first_lease(&large.annotators[0].client, &large.job.to_string()).await?;
        let many =
            Scene::set(&admin, &installation.placed(&Plan { items: BACKLOG_RANGES, ..plan(1) })).await?;
        pending(&many, BACKLOG_RANGES).await?;
        let (_, few) = another_job(&many, BUCKETS as u64).await?;
        until("the small job to be cut", CUT_TIMEOUT, || async {
            let job: Value = many.manager.get(&format!("/v1/jobs/{few}"), &[]).await.ok()?;
            (job["counts"]["pending"] == BUCKETS).then_some(())
        })
        .await?;
        // A cancelled job changes its coverage range by range.
        for job in [&few, &many.job.to_string()] {
            many.manager.post::<Value>(&format!("/v1/jobs/{job}/cancel"), &json!({})).await?;
        }
        let client = &many.manager;
        for (place, (client, job, called_off)) in [
            (client, few, BUCKETS as u64),
            (client, many.job.to_string(), BACKLOG_RANGES),
            (&large.manager, large.job.to_string(), 0),
        ]
        .into_iter()
        .enumerate()
        {
            until("the map to be counted", CUT_TIMEOUT, || async {
                let map = map(client, &job).await.ok()?;
                (sum(&map, "cancelled") == called_off).then_some(())
            })
            .await?;
            counted(&installation).await?;
            took[place].push(map_ms(client, &job).await?);
        }
    }
    servers.stop().await;
    let [few, many, large] = &took;
    table.take(Row::of("the map of a job of 1,000 ranges", "ms", few));
    let row = Row::of("the map of a job of 1,000,000 ranges", "ms", many);
    table.take(row.beside("1,000", median(many) / median(few)).wanted(Target::ShareAtMost(2.0)));
    let row = Row::of("the map of a job over 100 million items", "ms", large);
    table.take(row.beside("1,000", median(large) / median(few)).wanted(Target::ShareAtMost(2.0)));
    Ok(())
}

/// Waits until all events are counted, because reads add what is not counted yet.
async fn counted(installation: &Installation) -> anyhow::Result<()> {
    let metrics = installation.metrics_address("metrics")?;
    let client = Client::new(&metrics)?;
    until("all events to be counted", CUT_TIMEOUT, || async {
        let text = client.text(&metrics).await.ok()?;
        text.lines().find(|line| *line == "swath_oldest_uncounted_event_seconds 0").map(drop)
    })
    .await
}

async fn map(client: &Client, job: &str) -> anyhow::Result<Value> {
    Ok(client.get(&format!("/v1/jobs/{job}/coverage"), &[("buckets", BUCKETS.to_string())]).await?)
}

fn sum(map: &Value, state: &str) -> u64 {
    let stretches = map["buckets"].as_array().into_iter().flatten();
    stretches.filter_map(|stretch| stretch[state].as_u64()).sum()
}

/// The median time of many reads of a map, in milliseconds.
async fn map_ms(client: &Client, job: &str) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for _ in 0..SCRAPES {
        let began = Instant::now();
        map(client, job).await?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(median(&took))
}

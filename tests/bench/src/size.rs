//! What must not grow with the backlog: the latency of a lease, the making of a job, memory, and the start.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use swath_client::Client;
use swath_harness::until;
use swath_load::{Drive, Kind, Plan, Review, Scene};
use tokio::time::{Instant, sleep};

use crate::Effort;
use crate::cost::resident;
use crate::gauge;
use crate::loops::{plan, servers};
use crate::swath::{Accepted, Installation};
use crate::table::{Row, Table, Target, median};

/// Ranges of a large backlog, and jobs of a large team.
const BACKLOG: u64 = 1_000_000;
const JOBS: usize = 1_000;
/// Items of a large job.
const LARGE: u64 = 100_000_000;
/// Cycles that people begin a second while the backlog is looked at: far from what can be done at most.
const CALM: f64 = 400.0;
const PEOPLE: usize = 32;
/// Assignments of a small installation that is scraped.
const FEW: u64 = 10_000;
/// Scrapes looked at, a little apart, so that they tell of several readings.
const SCRAPES: usize = 50;
const BETWEEN: Duration = Duration::from_millis(250);
/// Stretches of a map, and ranges of a small job.
const STRETCHES: usize = 1_000;
/// How long the cutting of a backlog may take.
const CUTTING: Duration = Duration::from_secs(300);

/// The latency of a lease over small and large backlogs, in few and in many jobs.
pub async fn backlog(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let (mut few, mut violations) = (Vec::new(), 0);
    let calm = Plan { drive: Drive::Rate(CALM), ..plan(PEOPLE) };
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), 1_000).await?;
        let (p50, found) = lease_p50(&installation, &calm, 0, effort).await?;
        few.push(p50);
        violations += found;
    }
    table.take(Row::of("lease over 1,000 open ranges, p50", "ms", &few).checked(violations));
    let (mut many, mut violations) = (Vec::new(), 0);
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), BACKLOG).await?;
        let (p50, found) = lease_p50(&installation, &calm, BACKLOG - 1_000, effort).await?;
        many.push(p50);
        violations += found;
    }
    let row = Row::of("lease over 1,000,000 open ranges, p50", "ms", &many);
    let row = row.beside("1,000", median(&many) / median(&few)).checked(violations);
    table.take(row.wanted(Target::ShareAtMost(1.25)));
    servers.stop().await;
    jobs(table, effort, &calm).await
}

/// People take from any job of the team here, so that the checker, which knows one job, has nothing to compare.
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

/// A scrape of the metrics service, and the reading of the counters behind it, over few and over many assignments.
pub async fn scrapes(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let mut seen = [const { Vec::new() }; 4];
    for _ in 0..effort.times {
        for (place, assignments) in [(0, FEW), (1, BACKLOG)] {
            let mut installation = Installation::cutting(Some(&servers), assignments).await?;
            let plan = installation.placed(&Plan { items: assignments, ..plan(1) });
            pending(&Scene::set(&installation.admin()?, &plan).await?, assignments).await?;
            // Only what reads for scrapes is left.
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

/// The medians of many scrapes and of the readings that they tell of, in milliseconds.
async fn scrape(address: &str) -> anyhow::Result<(f64, f64)> {
    let client = Client::new(address)?;
    let (mut took, mut readings) = (Vec::new(), Vec::new());
    for _ in 0..SCRAPES {
        let began = Instant::now();
        let text = client.text(address).await?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
        let reading = text.lines().find_map(|line| line.strip_prefix("swath_counters_read_seconds "));
        readings.push(reading.context("no reading")?.parse::<f64>()? * 1_000.0);
        sleep(BETWEEN).await;
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

/// Waits until so many ranges are open; how long that took.
async fn pending(scene: &Scene, wanted: u64) -> anyhow::Result<Duration> {
    let began = Instant::now();
    until("the ranges to be cut", CUTTING, || async { open(scene).await.filter(|open| *open >= wanted) })
        .await?;
    Ok(began.elapsed())
}

async fn open(scene: &Scene) -> Option<u64> {
    scene.look().await.ok()?["counts"]["pending"].as_u64()
}

/// Makes another job over the dataset of the scene's, and says how long the server took.
async fn another_job(scene: &Scene, limit: u64) -> anyhow::Result<(Duration, String)> {
    let like = scene.look().await?;
    let body = json!({"team": like["team"], "dataset": like["dataset"], "title": "another",
        "classes": [{"name": "thing", "shape": "rectangle"}], "range_size": 1, "review": {"rule": "none"},
        "selection": {"limit": limit}});
    let began = Instant::now();
    let made: Value = scene.manager.post("/v1/jobs", &body).await?;
    Ok((began.elapsed(), made["id"].as_str().context("a job without an id")?.to_owned()))
}

/// A job over a hundred million items: made, leased from, and cut.
pub async fn large_job(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let [mut made, mut leased, mut cut, mut grown] = [const { Vec::new() }; 4];
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), BACKLOG).await?;
        let plan = installation.placed(&Plan { items: LARGE, review: Review::None, ..plan(1) });
        let scene = Scene::set(&installation.admin()?, &Plan { items: LARGE, ..plan.clone() }).await?;
        // The first job's million ranges first, so that nothing else is under way.
        let before = resident("coordinator");
        let (from, began) = (open(&scene).await.unwrap_or(0), Instant::now());
        pending(&scene, BACKLOG - 1_000).await?;
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
        cut.push((BACKLOG - 1_000 - from) as f64 / began.elapsed().as_secs_f64());
        grown.push(resident("coordinator") - before);
        let (took, job) = another_job(&scene, LARGE).await?;
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

/// The start of an embedded installation that has a million assignments, and what it needs when nobody asks.
pub async fn start(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let mut installation = Installation::cutting(None, BACKLOG).await?;
    let scene = Scene::set(&installation.admin()?, &Plan { items: BACKLOG, ..plan(1) }).await?;
    pending(&scene, BACKLOG).await?;
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

/// The coverage map of jobs of several sizes, each read in as many stretches; in the two that were cut no range is empty.
pub async fn maps(table: &mut Table, effort: Effort) -> anyhow::Result<()> {
    let servers = servers(effort).await?;
    let mut took = [const { Vec::new() }; 3];
    for _ in 0..effort.times {
        let installation = Installation::cutting(Some(&servers), BACKLOG).await?;
        let admin = installation.admin()?;
        let large = Scene::set(&admin, &installation.placed(&Plan { items: LARGE, ..plan(1) })).await?;
        first_lease(&large.annotators[0].client, &large.job.to_string()).await?;
        let many = Scene::set(&admin, &installation.placed(&Plan { items: BACKLOG, ..plan(1) })).await?;
        pending(&many, BACKLOG).await?;
        let (_, few) = another_job(&many, STRETCHES as u64).await?;
        until("the small job to be cut", CUTTING, || async {
            let job: Value = many.manager.get(&format!("/v1/jobs/{few}"), &[]).await.ok()?;
            (job["counts"]["pending"] == STRETCHES).then_some(())
        })
        .await?;
        // What is called off in bulk counts in the map, range by range.
        for job in [&few, &many.job.to_string()] {
            many.manager.post::<Value>(&format!("/v1/jobs/{job}/cancel"), &json!({})).await?;
        }
        let client = &many.manager;
        for (place, (client, job, called_off)) in [
            (client, few, STRETCHES as u64),
            (client, many.job.to_string(), BACKLOG),
            (&large.manager, large.job.to_string(), 0),
        ]
        .into_iter()
        .enumerate()
        {
            until("the map to be counted", CUTTING, || async {
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

/// Waits until no event is left to be counted: readers would add it.
async fn counted(installation: &Installation) -> anyhow::Result<()> {
    let metrics = installation.metrics_address("metrics")?;
    let client = Client::new(&metrics)?;
    until("all events to be counted", CUTTING, || async {
        let text = client.text(&metrics).await.ok()?;
        text.lines().find(|line| *line == "swath_oldest_uncounted_event_seconds 0").map(drop)
    })
    .await
}

async fn map(client: &Client, job: &str) -> anyhow::Result<Value> {
    Ok(client.get(&format!("/v1/jobs/{job}/coverage"), &[("buckets", STRETCHES.to_string())]).await?)
}

fn sum(map: &Value, state: &str) -> u64 {
    let stretches = map["buckets"].as_array().into_iter().flatten();
    stretches.filter_map(|stretch| stretch[state].as_u64()).sum()
}

/// The median of many reads of a map, in milliseconds.
async fn map_ms(client: &Client, job: &str) -> anyhow::Result<f64> {
    let mut took = Vec::new();
    for _ in 0..SCRAPES {
        let began = Instant::now();
        map(client, job).await?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(median(&took))
}

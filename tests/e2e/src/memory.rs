//! The largest requests that users may send, to services with 512 MiB of memory each: none of them ends.
//!
//! Each process gets a memory cgroup of its own, of version 2 or 1. Where none can be made, the peak of its resident
//! memory is compared with the same bound.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use futures::future::join_all;
use serde_json::{Value, json};
use swath_harness::client::{Job, Lease, boxed};
use swath_harness::{Service, Settings, Team, User, World, ids};

/// The memory that the chart gives each service.
const MEMORY_BYTES_MAX: u64 = 512 << 20;
/// How many clients read the same at once.
const READERS: usize = 4;
/// How many pages each of them reads; the others are alike.
const PAGES: usize = 3;
/// How many items are saved again in the rework, as large as before.
const SAVED_AGAIN: usize = 8;
/// The size of a default range.
const ITEMS: usize = 50;
/// The number of the largest possible jobs in one team. More would take long to create and show nothing new.
const JOBS: usize = 100;

/// A process with bounded memory.
struct Bounded<'a> {
    service: &'a Service,
    process: u32,
    group: Option<PathBuf>,
}

impl<'a> Bounded<'a> {
    fn new(service: &'a Service) -> Self {
        let process = service.process_id().expect("the service runs");
        Self { service, process, group: group(process).ok() }
    }

    /// The process is alive and stayed below the bound.
    fn check(&self) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process)).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
        let kilobytes = kilobytes.unwrap_or_else(|| panic!("{} has ended", self.service.name()));
        eprintln!(
            "{}: at most {} MiB, bounded by a cgroup: {}",
            self.service.name(),
            kilobytes >> 10,
            self.group.is_some()
        );
        assert!(kilobytes << 10 < MEMORY_BYTES_MAX, "{}: {kilobytes} kB", self.service.name());
    }
}

impl Drop for Bounded<'_> {
    fn drop(&mut self) {
        if let Some(group) = &self.group {
            // A group that contains a process cannot be removed.
            let parent = group.parent().unwrap_or(Path::new("/sys/fs/cgroup"));
            let _ = std::fs::write(parent.join("cgroup.procs"), self.process.to_string());
            let _ = std::fs::remove_dir(group);
        }
    }
}

/// A new memory cgroup with the process.
fn group(process: u32) -> std::io::Result<PathBuf> {
    let (root, bound) = if Path::new("/sys/fs/cgroup/memory").is_dir() {
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
    } else {
        ("/sys/fs/cgroup", "memory.max")
    };
    let group = Path::new(root).join(ids::named("swath-test"));
    std::fs::create_dir(&group)?;
    let bounded = std::fs::write(group.join(bound), MEMORY_BYTES_MAX.to_string())
        .and_then(|()| std::fs::write(group.join("cgroup.procs"), process.to_string()));
    if let Err(error) = bounded {
        let _ = std::fs::remove_dir(&group);
        return Err(error);
    }
    Ok(group)
}

/// Almost a mebibyte of points, which take the most memory when they are parsed.
fn annotation() -> Value {
    let points: Vec<_> = (0..20_000).map(|n| json!([1.0 + f64::from(n % 2), 1.0])).collect();
    let figure = json!({"class": "thing", "shape": "polyline", "geometry": {"points": points}});
    json!({"figures": vec![figure; 5], "tags": []})
}

async fn save(user: &User, lease: &Lease, count: usize, annotation: &Value) {
    let saves =
        lease.items().into_iter().take(count).map(|index| user.confirm(lease, index, annotation.clone()));
    let mut saves = futures::stream::iter(saves).buffer_unordered(4);
    while let Some(answer) = saves.next().await {
        answer.ok();
    }
}

/// Several browsers request the document and all its items at once.
async fn read_at_once(user: &User, lease: &Lease) {
    join_all((0..READERS).map(|_| async {
        assert_eq!(user.get(&lease.path("")).await.ok()["annotations_left_out"], true);
        let mut after = String::new();
        for _ in 0..PAGES {
            let page = user.get(&lease.path(&format!("/items?limit=1000{after}"))).await.is(200);
            // The page's content is tested elsewhere, and takes long to parse.
            let end = String::from_utf8_lossy(&page.bytes()[page.bytes().len().saturating_sub(40)..]);
            let Some((_, next)) = end.split_once("\"next\":\"") else { break };
            after = format!("&after={}", next.trim_end_matches("\"}"));
        }
    }))
    .await;
}

async fn export_at_once(team: &Team, job: &Job) {
    let exports = ["format=jsonl", "format=coco&lossy=true", "format=supervisely&lossy=true", "items=all"];
    join_all(exports.map(|what| async move {
        team.manager.get(&job.path(&format!("/export?{what}"))).await.is(200);
    }))
    .await;
}

/// Fifty annotations of a mebibyte each in one lease: read, reviewed, redone and exported.
async fn work_of_the_largest_kind(team: &Team) {
    let item =
        |index| json!({"uri": format!("https://pictures.example/{index}.png"), "width": 9, "height": 9});
    let items: Vec<_> = (0..ITEMS).map(item).collect();
    let dataset = team.dataset_from(json!({"items": items})).await;
    let wishes = json!({"classes": [{"name": "thing", "shape": "any"}], "range_size": ITEMS});
    let job = team.job(&dataset, wishes).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let annotation = annotation();
    let lease = anna.lease(&job).await;
    save(&anna, &lease, ITEMS, &annotation).await;
    read_at_once(&anna, &lease).await;
    anna.submit(&lease).await.ok();
    let review = rosa.review(&job).await;
    let (reason, comment) = ("\u{1F600}".repeat(1_000), "\u{1F600}".repeat(1_000));
    let reject = json!({"verdict": "reject", "reason": reason, "comment": comment});
    for index in lease.items().into_iter().skip(1) {
        rosa.put(&review.item(index), reject.clone()).await.ok();
    }
    read_at_once(&rosa, &review).await;
    rosa.decide(&review).await.ok();
    let rework = anna.lease(&job).await;
    read_at_once(&anna, &rework).await;
    save(&anna, &rework, ITEMS, &boxed(1.0)).await;
    save(&anna, &rework, SAVED_AGAIN, &annotation).await;
    read_at_once(&anna, &rework).await;
    anna.submit(&rework).await.ok();
    let review = rosa.review(&job).await;
    rosa.decide(&review).await.ok();
    export_at_once(team, &job).await;
}

/// Many of the largest possible jobs: listed by all members at once, and worked on.
async fn jobs_of_the_largest_kind(team: &Team) {
    let dataset = team.dataset(5).await;
    let values: Vec<_> = (0..600).map(|value| format!("{value:0>100}")).collect();
    let wishes = json!({"tags": [{"name": "tag", "values": values}]});
    let body = team.job_body(&dataset, wishes);
    let made = (0..JOBS).map(|_| team.manager.post("/v1/jobs", body.clone()));
    let mut made = futures::stream::iter(made).buffer_unordered(8);
    while let Some(answer) = made.next().await {
        answer.is(201);
    }
    let anna = team.annotator("anna").await;
    let everybody = [&team.manager, &anna, &team.reviewer("rosa").await];
    join_all(everybody.iter().cycle().take(3 * READERS).map(|user| async {
        let page = user.get("/v1/jobs?limit=1000").await.is(200);
        assert!(page.bytes().len() < 4 << 20, "{}", page.bytes().len());
    }))
    .await;
    for _ in 0..3 {
        let answer = anna.post("/v1/leases", json!({})).await;
        assert!(matches!(answer.status(), 200 | 201), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_survives_the_most_that_people_may_send() {
    let world = World::start(Settings { gateways: 1, reviews: 1, ..Settings::default() }).await.unwrap();
    let bounded: Vec<_> = world.services().iter().map(Bounded::new).collect();
    let (first, second) = (world.team("annotations").await, world.team("jobs").await);
    tokio::join!(work_of_the_largest_kind(&first), jobs_of_the_largest_kind(&second));
    bounded.iter().for_each(Bounded::check);
}

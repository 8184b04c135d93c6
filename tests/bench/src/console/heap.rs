//! The page's memory after many items.

use serde_json::json;
use swath_browser::Browser;

use super::scene::{Scene, run};
use crate::effort::Effort;
use crate::table::{Row, Table, Target};

const RANGE_SIZE: usize = 20;
/// After how many items the heap is measured.
const FEW_ITEMS: usize = 100;
const MANY_ITEMS: usize = 1_000;

pub async fn measure(table: &mut Table, effort: Effort, scene: &Scene<'_>) -> anyhow::Result<()> {
    let many = if effort.times > 1 { MANY_ITEMS } else { MANY_ITEMS / 4 };
    let job = scene.job(many + RANGE_SIZE, RANGE_SIZE).await;
    let user = scene.team.annotator("Hedi").await;
    user.lease(&job).await;
    let browser = scene.signed_in(&user).await?;
    browser.goto(&scene.url("/work")).await;
    let script = include_str!("scripts/heap.js");
    run(&browser, script, vec![json!(FEW_ITEMS)]).await?;
    let (few, nodes_few) = heap(&browser).await?;
    run(&browser, script, vec![json!(many - FEW_ITEMS)]).await?;
    let (much, nodes_many) = heap(&browser).await?;
    browser.close().await;
    let row = Row::of(format!("console: heap after {many} items"), "MB", &[much]);
    let row = row.beside("that after 100", much / few).wanted(Target::ShareAtMost(1.2));
    table.take(
        row.noting(format!("after {FEW_ITEMS} items {few:.2} MB; nodes {nodes_few}, then {nodes_many}")),
    );
    Ok(())
}

/// The heap in megabytes after a garbage collection, and the number of DOM nodes.
async fn heap(browser: &Browser) -> anyhow::Result<(f64, u64)> {
    for _ in 0..3 {
        browser.devtools("HeapProfiler.collectGarbage", json!({})).await?;
    }
    let usage = browser.devtools("Runtime.getHeapUsage", json!({})).await?;
    let counters = browser.devtools("Memory.getDOMCounters", json!({})).await?;
    let bytes = usage["usedSize"].as_f64().unwrap_or(f64::NAN);
    Ok((bytes / 1_000_000.0, counters["nodes"].as_u64().unwrap_or_default()))
}

//! What the page holds in memory after many items.

use serde_json::json;
use swath_browser::Browser;

use super::scene::{Scene, run};
use crate::Effort;
use crate::table::{Row, Table, Target};

const RANGE: usize = 20;
/// Items after which the heap is looked at.
const FEW: usize = 100;
const MANY: usize = 1_000;

pub async fn measure(table: &mut Table, effort: Effort, scene: &Scene<'_>) -> anyhow::Result<()> {
    let many = if effort.times > 1 { MANY } else { MANY / 4 };
    let job = scene.job(many + RANGE, RANGE).await;
    let person = scene.team.annotator("Hedi").await;
    person.lease(&job).await;
    let browser = scene.signed_in(&person).await?;
    browser.goto(&scene.url("/work")).await;
    let script = include_str!("scripts/heap.js");
    run(&browser, script, vec![json!(FEW)]).await?;
    let (few, nodes_few) = heap(&browser).await?;
    run(&browser, script, vec![json!(many - FEW)]).await?;
    let (much, nodes_many) = heap(&browser).await?;
    browser.close().await;
    let row = Row::of(format!("console: heap after {many} items"), "MB", &[much]);
    let row = row.beside("that after 100", much / few).wanted(Target::ShareAtMost(1.2));
    table.take(row.noting(format!("after {FEW} items {few:.2} MB; nodes {nodes_few}, then {nodes_many}")));
    Ok(())
}

/// Megabytes in use once what nobody needs is collected, and nodes of the document.
async fn heap(browser: &Browser) -> anyhow::Result<(f64, u64)> {
    for _ in 0..3 {
        browser.devtools("HeapProfiler.collectGarbage", json!({})).await?;
    }
    let usage = browser.devtools("Runtime.getHeapUsage", json!({})).await?;
    let counters = browser.devtools("Memory.getDOMCounters", json!({})).await?;
    let bytes = usage["usedSize"].as_f64().unwrap_or(f64::NAN);
    Ok((bytes / 1_000_000.0, counters["nodes"].as_u64().unwrap_or_default()))
}

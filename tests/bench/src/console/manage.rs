//! The manager's pages with much data: a board of 500 jobs, and a job of a million ranges. They must scroll without a
//! pause.

use serde_json::json;
use swath_browser::Browser;

use super::scene::{Scene, numbers};
use crate::effort::Effort;
use crate::table::{Row, Table, Target};

/// The number of jobs on the board, which is all that it reads.
const JOBS: usize = 500;
/// The number of ranges of the large job, of one item each.
const RANGES: usize = 1_000_000;
/// The longest allowed time between frames, in milliseconds.
const FRAME_MAX_MS: f64 = 100.0;

pub async fn measure(table: &mut Table, effort: Effort, scene: &Scene<'_>) -> anyhow::Result<()> {
    let large = scene.large_job(RANGES).await;
    for _ in 1..JOBS {
        scene.job(20, 5).await;
    }
    // Some finished work, so that the progress strips show something.
    let author = scene.team.annotator("Arno").await;
    author.lease(&large).await;
    let browser = scene.signed_in(&scene.team.manager).await?;
    let job = format!("/manage?job={}", large.id);
    let pages = [
        (format!("a board of {JOBS} jobs"), "/manage"),
        ("a job of 1,000,000 ranges".to_owned(), job.as_str()),
    ];
    for (name, path) in pages {
        let mut longest = Vec::new();
        let mut note = String::new();
        for _ in 0..effort.times {
            let [most, frames, rows] = look(&browser, &scene.url(path)).await?;
            longest.push(most);
            note = format!("{frames} frames, {rows} rows");
        }
        let row = Row::of(format!("console: {name}, longest time between frames"), "ms", &longest);
        table.take(row.wanted(Target::EachAtMost(FRAME_MAX_MS)).noting(note));
    }
    browser.close().await;
    Ok(())
}

async fn look(browser: &Browser, url: &str) -> anyhow::Result<[f64; 3]> {
    browser.goto(url).await;
    let values = numbers(browser, include_str!("scripts/manage.js"), vec![json!(null)]).await?;
    values.try_into().map_err(|values| anyhow::anyhow!("{values:?} are not the figures"))
}

//! The first paint of each page after the server's answer, in a browser with an empty cache.

use serde_json::json;
use swath_browser::Browser;

use super::scene::{Scene, numbers};
use crate::effort::Effort;
use crate::table::{Row, Table, Target, median};

/// How often each page is opened in each repetition.
const VISITS: usize = 3;

pub async fn measure(table: &mut Table, effort: Effort, scene: &Scene<'_>) -> anyhow::Result<()> {
    let visits = VISITS * effort.times;
    let browser = Browser::open().await?;
    visit(table, scene, &browser, ("sign-in", "/"), visits).await?;
    let user = scene.team.member("Paula", &["annotator", "reviewer", "manager"]).await;
    let author = scene.team.annotator("Arno").await;
    let job = scene.job(40, 20).await;
    author.work(&job).await;
    user.lease(&job).await;
    user.review(&job).await;
    scene.sign_in(&browser, &user).await?;
    for page in [("work", "/work"), ("my list", "/mine"), ("review", "/reviews"), ("manage", "/manage")] {
        visit(table, scene, &browser, page, visits).await?;
    }
    browser.close().await;
    Ok(())
}

async fn visit(
    table: &mut Table,
    scene: &Scene<'_>,
    browser: &Browser,
    (name, path): (&str, &str),
    visits: usize,
) -> anyhow::Result<()> {
    let (mut first, mut largest) = (Vec::new(), Vec::new());
    for _ in 0..visits {
        browser.devtools("Network.clearBrowserCache", json!({})).await?;
        browser.goto(&scene.url(path)).await;
        let times = numbers(browser, include_str!("scripts/paint.js"), Vec::new()).await?;
        first.push(times[0]);
        largest.push(times[1]);
    }
    let row = Row::of(format!("console: first paint of {name} after the answer"), "ms", &first);
    let note = format!("its largest part after {:.0} ms", median(&largest));
    table.take(row.wanted(Target::EachAtMost(300.0)).noting(note));
    Ok(())
}

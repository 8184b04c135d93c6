//! The sizes of the built files before compression.

use swath_browser::Browser;

use super::scene::{Scene, numbers};
use crate::table::{Row, Table, Target};

pub async fn measure(table: &mut Table, scene: &Scene<'_>) -> anyhow::Result<()> {
    let browser = Browser::open().await?;
    browser.goto(&scene.url("/")).await;
    let values = numbers(&browser, include_str!("scripts/sizes.js"), Vec::new()).await?;
    browser.close().await;
    let [others, managing, picture, files] = values[..] else {
        anyhow::bail!("{values:?} are not the sizes")
    };
    let row =
        Row::of("console: scripts and styles but the picture's and the manager's", "KB", &[others / 1_000.0]);
    table.take(row.wanted(Target::AtMost(120.0)).noting(format!("{files} files, all languages")));
    let row = Row::of("console: scripts of the manager's pages", "KB", &[managing / 1_000.0]);
    table.take(row.wanted(Target::AtMost(120.0)));
    let row = Row::of("console: scripts of the picture", "KB", &[picture / 1_000.0]);
    table.take(row.wanted(Target::AtMost(400.0)));
    Ok(())
}

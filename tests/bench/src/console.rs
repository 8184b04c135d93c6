//! The console in headless Chromium. Times are measured inside the pages, so that the driver's latency does not
//! count.

mod figures;
mod heap;
mod manage;
mod next;
mod paint;
mod pictures;
mod scene;
mod sizes;

use crate::effort::Effort;
use crate::swath::Installation;
use crate::table::Table;

use scene::Scene;
pub use scene::run;

/// The names of the console's measurements.
pub const PARTS: [&str; 6] =
    ["console sizes", "console paint", "console next", "console figures", "console heap", "console manage"];

/// Runs the wanted measurements on an embedded installation.
pub async fn measure(table: &mut Table, effort: Effort, wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    let installation = Installation::embedded().await?;
    let scene = Scene::set(installation.world()).await?;
    if wanted("console sizes") {
        sizes::measure(table, &scene).await?;
    }
    if wanted("console paint") {
        paint::measure(table, effort, &scene).await?;
    }
    if wanted("console next") {
        next::measure(table, effort, &scene).await?;
    }
    if wanted("console figures") {
        figures::measure(table, &scene).await?;
    }
    if wanted("console heap") {
        heap::measure(table, effort, &scene).await?;
    }
    if wanted("console manage") {
        manage::measure(table, effort, &scene).await?;
    }
    Ok(())
}

//! The console in headless Chromium, measured within its pages, so that the way of the driver's commands does not count.

mod figures;
mod heap;
mod manage;
mod next;
mod paint;
mod pictures;
mod scene;
mod sizes;

use crate::Effort;
use crate::swath::Installation;
use crate::table::Table;

use scene::Scene;
pub use scene::run;

/// The names of its measurements.
pub const PARTS: [&str; 6] =
    ["console sizes", "console paint", "console next", "console figures", "console heap", "console manage"];

/// Measures on an installation in one process what is wanted of it.
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

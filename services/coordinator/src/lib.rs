//! The coordinator: people, datasets, jobs and their exports; and the loops that cut, hint and sweep.
//!
//! Any number of coordinators serve the API side by side; each loop is the duty of one of them at a time, and two at
//! once would cost time and never correctness. Every loop is a noun with `tick`, which tests call by hand.

mod attempt;
mod coverage;
mod cutter;
mod duty;
mod faults;
mod file_sweeper;
mod freed;
mod hinter;
mod importer;
mod leaps;
mod markdown;
mod measurer;
mod routes;
mod selection;
mod stored_items;
mod sweeper;
mod thumbnails;

use std::sync::Arc;

use swath_runtime::panics::keep_running;
use swath_runtime::{Context, Route};

pub use coverage::{Coverage, CoverageMetrics};
pub use cutter::Cutter;
pub use file_sweeper::FileSweeper;
pub use hinter::Hinter;
pub use measurer::Measurer;
pub use stored_items::StoredItems;
pub use swath_formats::export::StoredItem;
pub use sweeper::Sweeper;

/// One coordinator.
pub struct Coordinator {
    context: Context,
    coverage: CoverageMetrics,
}

impl Coordinator {
    /// A coordinator over the process' parts; its loops begin with [`Coordinator::run`].
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let coverage = CoverageMetrics::new(&context.registry)?;
        Ok(Arc::new(Self { context, coverage }))
    }

    /// The table of routes.
    pub fn routes(&self) -> Vec<Route> {
        routes::table()
    }

    /// Cuts, hints and sweeps until shutdown.
    pub async fn run(self: Arc<Self>) {
        let (context, shutdown) = (&self.context, &self.context.shutdown);
        tokio::join!(
            keep_running("cutter", shutdown, || Cutter::new(context.clone()).run()),
            keep_running("hinter", shutdown, || Hinter::new(context.clone()).run()),
            keep_running("sweeper", shutdown, || Sweeper::new(context.clone()).run()),
            keep_running("coverage", shutdown, || {
                Coverage::new(context.clone(), self.coverage.clone()).run()
            }),
            keep_running("file sweeper", shutdown, || FileSweeper::new(context.clone()).run()),
            keep_running("measurer", shutdown, || measure(context.clone())),
        );
    }
}

/// Measures where there is something to be measured, and otherwise waits for the end.
async fn measure(context: Context) {
    match Measurer::new(context.clone()) {
        Some(measurer) => measurer.run().await,
        None => context.shutdown.cancelled().await,
    }
}

/// The table of routes, for the document.
pub fn routes() -> Vec<Route> {
    routes::table()
}

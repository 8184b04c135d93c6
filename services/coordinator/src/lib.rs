//! The coordinator: users, datasets, jobs and their exports; and the loops that cut, hint and sweep.
//!
//! Any number of coordinators serve the API side by side. The loops are in `background`, each of which runs in one
//! coordinator at a time.
//!
//! ```no_run
//! use swath_coordinator::Coordinator;
//! use swath_runtime::{Context, Route};
//!
//! /// Starts the loops of a coordinator, and returns the routes to serve.
//! fn start(context: Context) -> prometheus::Result<Vec<Route>> {
//!     let coordinator = Coordinator::new(context)?;
//!     let routes = coordinator.routes();
//!     tokio::spawn(coordinator.run());
//!     Ok(routes)
//! }
//! ```

mod attempt;
mod background;
mod faults;
mod freed_work;
mod importer;
mod markdown;
mod routes;
mod selection;
mod stored_items;
mod thumbnails;

use std::sync::Arc;

use swath_runtime::{Context, Route};

pub use background::{Coverage, CoverageMetrics, Cutter, FileSweeper, Hinter, Measurer, Sweeper};
pub use stored_items::StoredItems;
pub use swath_formats::export::StoredItem;

/// One coordinator.
pub struct Coordinator {
    context: Context,
    coverage: CoverageMetrics,
}

impl Coordinator {
    /// A coordinator of this process. Its loops begin with [`Coordinator::run`].
    ///
    /// # Errors
    /// When its metrics are registered already.
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
        background::run(&self.context, &self.coverage).await;
    }
}

/// The table of routes, for the document.
pub fn routes() -> Vec<Route> {
    routes::table()
}

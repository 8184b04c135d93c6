//! The review service: applies the review rule to what is handed in, hands submissions to reviewers who did not write
//! them, and decides; exactly what is rejected becomes a rework.
//!
//! A completion notice wakes it, a sweep finds what no notice told of, and both call the same function.

mod consumer;
mod metrics;
mod reasons;
mod routes;
mod rules;
mod work;

use std::sync::Arc;

use swath_bus::{Message, Notices};
use swath_domain::Stage;
use swath_leasing::Desk;
use swath_runtime::panics::keep_running;
use swath_runtime::{Context, Route};

use crate::consumer::Consumer;
use crate::metrics::Metrics;

/// One review service.
pub struct Review {
    context: Context,
    desk: Desk,
    notices: Notices,
    metrics: Metrics,
}

impl Review {
    /// A review service over the process' parts; its background work begins with [`Review::run`].
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let metrics = Metrics::new(&context.registry)?;
        let (desk, notices) = (Desk::new(context.clone(), Stage::Review), Notices::new(context.bus.clone()));
        Ok(Arc::new(Self { desk, notices, metrics, context }))
    }

    /// The table of routes.
    pub fn routes(self: &Arc<Self>) -> Vec<Route> {
        routes::table().into_iter().map(|route| route.sharing(self.clone())).collect()
    }

    /// The review service's way of handing out submissions.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Applies the review rule to what a notice tells of.
    pub async fn hear(&self, message: Message) -> swath_store::Result<()> {
        let Message::Completed { assignments } = message else { return Ok(()) };
        self.consumer().waive(assignments).await
    }

    /// Hints reworks that wait to be, and applies the review rule to what no notice told of in time; what
    /// [`Review::run`] does again and again.
    pub async fn tick(&self) -> swath_store::Result<()> {
        self.notices.tick().await;
        self.consumer().tick(self.context.now()).await
    }

    fn consumer(&self) -> Consumer {
        Consumer::new(self.context.clone(), self.metrics.waived.clone())
    }

    /// Consumes completions, sweeps and hints until shutdown.
    pub async fn run(self: Arc<Self>) {
        let shutdown = &self.context.shutdown;
        tokio::join!(
            keep_running("review rule", shutdown, || self.consumer().run()),
            keep_running("notices", shutdown, || self.notices.run(shutdown)),
        );
    }
}

/// The table of routes, for the document.
pub fn routes() -> Vec<Route> {
    routes::table()
}

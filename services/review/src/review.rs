//! One review service: the state that its requests share.

use std::sync::Arc;

use swath_bus::{Message, Notices};
use swath_domain::Stage;
use swath_leasing::LeaseService;
use swath_runtime::Context;
use swath_runtime::panics::keep_running;

use crate::consumer::Consumer;
use crate::metrics::Metrics;

/// One review service.
pub struct Review {
    pub(crate) context: Context,
    pub(crate) leases: Arc<LeaseService>,
    pub(crate) notices: Notices,
    pub(crate) metrics: Metrics,
}

impl Review {
    /// A review service of this process. Its background work begins with [`Review::run`].
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let metrics = Metrics::new(&context.registry)?;
        let leases = Arc::new(LeaseService::new(context.clone(), Stage::Review));
        let notices = Notices::new(context.bus.clone());
        Ok(Arc::new(Self { leases, notices, metrics, context }))
    }

    /// The lease service for reviews.
    pub fn leases(&self) -> &LeaseService {
        &self.leases
    }

    /// Applies the review rule to the submissions that a message names.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn hear(&self, message: Message) -> swath_store::Result<()> {
        let Message::Completed { assignments } = message else { return Ok(()) };
        self.consumer().waive(assignments).await
    }

    /// Publishes the waiting hints about reworks, and applies the review rule to submissions whose message did not arrive in
    /// time, as [`Review::run`] does periodically.
    ///
    /// # Errors
    /// When the database cannot be read or written.
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

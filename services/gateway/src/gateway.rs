//! One gateway: the state that its requests share.

use std::sync::Arc;

use swath_bus::{Envelope, Notices};
use swath_domain::Stage;
use swath_leasing::{LeaseService, ShownLeases};
use swath_runtime::Context;
use swath_runtime::panics::keep_running;

use crate::candidates::Candidates;
use crate::events::Events;
use crate::metrics::Metrics;

/// One gateway.
pub struct Gateway {
    pub(crate) context: Context,
    pub(crate) leases: Arc<LeaseService>,
    pub(crate) candidates: Candidates,
    pub(crate) notices: Notices,
    pub(crate) metrics: Metrics,
    pub(crate) shown_leases: ShownLeases,
    pub(crate) events: Events,
}

impl Gateway {
    /// A gateway of this process. Its background work begins with [`Gateway::run`].
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let metrics = Metrics::new(&context.registry)?;
        Ok(Arc::new(Self {
            leases: Arc::new(LeaseService::new(context.clone(), Stage::Annotate)),
            candidates: Candidates::new(context.clone()),
            notices: Notices::new(context.bus.clone()),
            metrics,
            shown_leases: ShownLeases::default(),
            events: Events::new(context.clone(), &context.registry)?,
            context,
        }))
    }

    /// The gateway's lease service.
    pub fn leases(&self) -> &LeaseService {
        &self.leases
    }

    /// Adds the hinted assignments to the candidate pool.
    pub async fn hear(&self, message: impl Into<Envelope>) {
        self.candidates.hear(message).await;
    }

    /// Publishes the waiting notices about submissions, as [`Gateway::run`] does whenever there are some.
    pub async fn tick(&self) {
        self.notices.tick().await;
    }

    /// Publishes notices about submissions, and sends events, until shutdown.
    pub async fn run(self: Arc<Self>) {
        let shutdown = &self.context.shutdown;
        tokio::join!(
            keep_running("notices", shutdown, || self.notices.run(shutdown)),
            keep_running("events", shutdown, || self.events.run()),
        );
    }
}

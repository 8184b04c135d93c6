//! The gateway: leases to annotators, their work saved item by item, handed in or given back, and the pictures.
//!
//! Any number of gateways serve side by side; none holds anything that another needs. Hints from the bus are advice
//! about which assignments to try first. A lease outlives the gateway that granted it.

mod candidates;
mod events;
mod metrics;
mod routes;
mod work;

use std::sync::Arc;

use swath_bus::{Envelope, Notices};
use swath_domain::Stage;
use swath_leasing::{Desk, Showing};
use swath_runtime::panics::keep_running;
use swath_runtime::{Context, Route};

use crate::candidates::Candidates;
use crate::events::Events;
use crate::metrics::Metrics;

pub use crate::work::{Handed, Work};

/// One gateway.
pub struct Gateway {
    context: Context,
    desk: Desk,
    candidates: Candidates,
    notices: Notices,
    metrics: Metrics,
    showing: Showing,
    events: Events,
}

impl Gateway {
    /// A gateway over the process' parts; its background work begins with [`Gateway::run`].
    pub fn new(context: Context) -> prometheus::Result<Arc<Self>> {
        let metrics = Metrics::new(&context.registry)?;
        Ok(Arc::new(Self {
            desk: Desk::new(context.clone(), Stage::Annotate),
            candidates: Candidates::new(context.clone()),
            notices: Notices::new(context.bus.clone()),
            metrics,
            showing: Showing::default(),
            events: Events::new(context.clone(), &context.registry)?,
            context,
        }))
    }

    /// The table of routes.
    pub fn routes(self: &Arc<Self>) -> Vec<Route> {
        routes::table().into_iter().map(|route| route.sharing(self.clone())).collect()
    }

    /// The gateway's way of handing out work: who holds what, and until when.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Takes a hint to heart.
    pub async fn hear(&self, message: impl Into<Envelope>) {
        self.candidates.hear(message).await;
    }

    /// Publishes the completions that wait to be told; what [`Gateway::run`] does whenever some do.
    pub async fn tick(&self) {
        self.notices.tick().await;
    }

    /// Publishes completions and sends events until shutdown.
    pub async fn run(self: Arc<Self>) {
        let shutdown = &self.context.shutdown;
        tokio::join!(
            keep_running("notices", shutdown, || self.notices.run(shutdown)),
            keep_running("events", shutdown, || self.events.run()),
        );
    }
}

/// The table of routes, for the document.
pub fn routes() -> Vec<Route> {
    routes::table()
}

//! The gateway: grants leases to annotators, saves their work item by item, takes submissions and released work, and serves
//! pictures and streams of events.
//!
//! Any number of gateways serve side by side. None has state that another needs. Hints from the bus are advice about which
//! assignments to try first. A lease outlives the gateway that granted it.
//!
//! ```no_run
//! use swath_gateway::Gateway;
//! use swath_runtime::{Context, Route};
//!
//! /// Starts the background work of a gateway, and returns the routes to serve.
//! fn start(context: Context) -> prometheus::Result<Vec<Route>> {
//!     let gateway = Gateway::new(context)?;
//!     let routes = gateway.routes();
//!     tokio::spawn(gateway.run());
//!     Ok(routes)
//! }
//! ```

mod candidates;
mod events;
mod gateway;
mod metrics;
mod routes;
mod work;

use std::sync::Arc;

use swath_runtime::Route;

pub use gateway::Gateway;
pub use work::{Submitted, Work};

impl Gateway {
    /// The table of routes.
    pub fn routes(self: &Arc<Self>) -> Vec<Route> {
        let share = |route: Route| route.sharing(self.leases.clone()).sharing(self.clone());
        routes::table().into_iter().map(share).collect()
    }
}

/// The table of routes, for the document.
pub fn routes() -> Vec<Route> {
    routes::table()
}

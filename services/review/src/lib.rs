//! The review service: applies the review rule to submissions, grants submissions to reviewers who are not their authors,
//! and takes decisions. Exactly the rejected items become a rework.
//!
//! The review rule is applied when a message names a submission. A sweep finds submissions whose message was lost and calls
//! the same function.
//!
//! ```no_run
//! use swath_review::Review;
//! use swath_runtime::{Context, Route};
//!
//! /// Starts the background work of a review service, and returns the routes to serve.
//! fn start(context: Context) -> prometheus::Result<Vec<Route>> {
//!     let review = Review::new(context)?;
//!     let routes = review.routes();
//!     tokio::spawn(review.run());
//!     Ok(routes)
//! }
//! ```

mod consumer;
mod metrics;
mod reasons;
mod review;
mod routes;
mod rules;
mod work;

use std::sync::Arc;

use swath_runtime::Route;

pub use review::Review;

impl Review {
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

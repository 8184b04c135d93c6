//! The HTTP side of `swath-leasing`: the handlers that leases and reviews share, and the responses for its values.
//!
//! Handlers get the service as an extension, so that gateways and the review service can use the same ones:
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::http::Method;
//! use swath_api::leases::LeaseDocument;
//! use swath_leasing::LeaseService;
//! use swath_runtime::{Access, Route};
//!
//! fn shown(leases: Arc<LeaseService>) -> Route {
//!     let path = "/v1/leases/{lease_id}";
//!     Route::new(Method::GET, path, Access::ANNOTATOR, "The current state of a lease.", swath_leasing_http::show)
//!         .gives::<LeaseDocument>(200)
//!         .sharing(leases)
//! }
//! ```

mod answers;
mod handlers;

pub use answers::{ask, given, json, outcome, redirect};
pub use handlers::{items, list, media, picture, release, renew, show};

//! The HTTP side of `swath-leasing`: the handlers that leases and reviews have in common, and how its values are answered.
//!
//! Handlers take the service as an extension, so that they do not differ between gateways and the review service:
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
//!     Route::new(Method::GET, path, Access::ANNOTATOR, "A lease as it stands.", swath_leasing_http::show)
//!         .gives::<LeaseDocument>(200)
//!         .sharing(leases)
//! }
//! ```

mod answers;
mod handlers;

pub use answers::{ask, given, json, outcome, redirect};
pub use handlers::{items, list, media, picture, release, renew, show};

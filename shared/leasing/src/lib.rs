//! What gateways and the review service have in common: which job serves a user next, why there is no work, and a lease as
//! a document with its items and their media URLs.
//!
//! A user is told that there is no work only after a plain read has found nothing for them. Nothing depends on the state
//! that is kept here: all caches are at most a second old, or hold what never changes. The crate answers values; what they
//! are on HTTP stands in `swath-leasing-http`.
//!
//! ```no_run
//! use swath_api::leases::LeaseRequest;
//! use swath_leasing::{Answer, Ask, LeaseService};
//! use swath_runtime::{Caller, Result};
//!
//! async fn work_for(leases: &LeaseService, caller: Caller) -> Result<Option<i64>> {
//!     let ask = Ask { caller, request: LeaseRequest::default(), key: None };
//!     // Without candidates every job is searched in the database.
//!     match leases.ask(ask, |_job| Vec::new()).await? {
//!         Answer::Lease(outcome) => Ok(Some(outcome.lease.expires_in)),
//!         Answer::NoWork(_) => Ok(None),
//!     }
//! }
//! ```

mod admission;
mod budgeted;
mod cuts;
mod document;
mod granting;
mod holder;
mod item_meta;
mod labels;
mod lease_context;
mod media;
mod missing_pictures;
mod no_work;
mod open_jobs;
mod other_opinions;
mod picture_reports;
mod service;
mod verdicts;

pub use budgeted::Budgeted;
pub use granting::{Answer, Ask, Outcome};
pub use lease_context::LeaseContext;
pub use media::{ShownLease, ShownLeases};
pub use missing_pictures::MissingPictures;
pub use no_work::{Blocker, NoWork};
pub use open_jobs::OpenJobs;
pub use other_opinions::OpinionsPage;
pub use service::LeaseService;

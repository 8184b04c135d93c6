//! What gateways and the review service share: the choice of the next work for a user, the reasons why there is none,
//! and leases as documents with their items and media URLs.
//!
//! The answer "no work" is given only after a read without locks has found nothing for the user. Correctness does not
//! depend on the caches here: their entries are at most two seconds old, or never change. The crate returns values;
//! `swath-leasing-http` turns them into HTTP responses.
//!
//! ```no_run
//! use swath_api::leases::LeaseRequest;
//! use swath_leasing::{Answer, Ask, LeaseService};
//! use swath_runtime::{Caller, Result};
//!
//! async fn work_for(leases: &LeaseService, caller: Caller) -> Result<Option<i64>> {
//!     let ask = Ask { caller, request: LeaseRequest::default(), key: None };
//!     // Without candidates the database is searched for every job.
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

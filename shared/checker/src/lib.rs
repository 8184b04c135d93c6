//! Compares what every client saw with what the server says about a job, and trusts neither.
//!
//! Clients keep a history ([`Event`]): each call with its ids and its answer, or that no answer came. When no call is in
//! progress any more, the server's side is read: assignments, decision log, stored annotations and the export. The
//! [`Checker`] replays the log by rules of its own ([`Trail`]) and compares the two, invariant by invariant (I1 to I9 of
//! `docs/architecture.md`): nothing that was acknowledged may be missing, nothing may be stored that no client sent, and
//! nothing that was refused may have had an effect.
//!
//! All inputs are sorted by assignment and read one assignment at a time ([`streams`]), so that memory holds one
//! assignment and a few bytes for each lease, however long the run was.
//!
//! ```
//! use swath_checker::{Checker, JobFacts};
//! use swath_domain::job::JobStatus;
//! use swath_domain::progress::ItemStates;
//!
//! // Five items, nothing cut and nothing done: all of them are pending.
//! let progress = ItemStates { pending: 5, ..ItemStates::default() };
//! let job = JobFacts { status: JobStatus::Active, items: 5, slots: 1, progress, selection: None };
//! assert_eq!(Checker::new(job.clone()).finish().count, 0);
//!
//! // The job counts an accepted item that no assignment has.
//! let progress = ItemStates { pending: 4, accepted: 1, ..ItemStates::default() };
//! let findings = Checker::new(JobFacts { progress, ..job }).finish();
//! assert_eq!(findings.violations[0].invariant, "I9");
//! ```

mod case;
mod checker;
mod content;
mod findings;
mod grants;
mod history;
mod replay;
mod reviews;
mod server;
pub mod sort;
pub mod streams;
mod work;

pub use case::Case;
pub use checker::Checker;
pub use content::Content;
pub use findings::{Findings, Violation};
pub use history::{Action, Answer, Call, Event, Outcome};
pub use replay::Trail;
pub use server::{Exported, JobFacts, LogLine, Row, Stored};

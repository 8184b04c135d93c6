//! A judge who believes nobody: what every client saw, against what the server says has become of a job.
//!
//! Clients keep a history ([`Event`]): each call with its ids and what came back, or that nothing did. When the job
//! is at rest, the server's side is read: assignments, decision log, stored annotations and the export. The
//! [`Checker`] plays the log by rules of its own ([`Trail`]) and compares the two, invariant by invariant (DESIGN §4):
//! nothing that was acknowledged may be missing, nothing may stand that nobody did, nothing that was refused may
//! have had an effect.
//!
//! Everything comes sorted by assignment, one assignment at a time ([`streams`]), so that memory holds one
//! assignment and a few bytes for each lease, however long the run was.

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

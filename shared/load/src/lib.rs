//! Simulated users who work on an installation through its public API: they annotate, make mistakes, correct them,
//! release or abandon work, review, and repeat unanswered calls as the API's documents say. All calls are recorded in
//! a history, which the checker then compares with what the server returns.
//!
//! A [`Plan`] says how many users there are and how they behave; its [`Task`] says what they do with an item. [`run`]
//! plays a plan on a server.
//!
//! ```
//! use swath_load::{Drive, Plan, Review};
//!
//! let plan = Plan { annotators: 50, review: Review::Sample(20), drive: Drive::Saturate, ..Plan::default() };
//! assert_eq!(plan.reviewers, 2);
//! ```

mod annotator;
mod dice;
mod history;
mod leased;
mod meter;
mod pace;
mod person;
mod plan;
mod reply;
mod report;
mod reviewer;
mod run;
mod scene;
mod task;
mod verify;
mod work;
mod worker;

pub use dice::Dice;
pub use history::{Recorder, SortedHistory};
pub use meter::{CallStats, Kind, Meter};
pub use person::Person;
pub use plan::{Drive, Habits, Plan, Review};
pub use report::{Report, ServerCost};
pub use run::Run;
pub use scene::{Scene, join};
pub use task::{Boxes, Seen, Task};
pub use verify::verify;
pub use work::{Work, run, work};

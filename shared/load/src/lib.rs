//! Simulated users at work on any installation, over its public API: they annotate, err, correct themselves, give back, walk
//! away and review, repeat calls without an answer as the API's documents say, and keep a history of all calls. Afterwards the
//! checker compares the history with what the server tells.
//!
//! A [`Plan`] says how many users there are and how they behave; its [`Task`] says what they do with an item.
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
pub use history::{Recorder, Remembered};
pub use meter::{CallStats, Kind, Meter};
pub use person::Person;
pub use plan::{Drive, Habits, Plan, Review};
pub use report::{Report, ServerCost};
pub use run::Run;
pub use scene::{Scene, join};
pub use task::{Boxes, Seen, Task};
pub use verify::verify;
pub use work::{Work, run, work};

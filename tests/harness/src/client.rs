//! The client with which a test speaks: people ask, Swath answers, the test says what it expects to hear.

mod answer;
mod person;
mod team;
mod work;

pub use answer::Answer;
pub use person::{Person, Request};
pub use team::{Dataset, Job, Team};
pub use work::{Lease, annotation, boxed};

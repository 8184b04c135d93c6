//! The HTTP client of the tests. It acts for users and checks the answers.

mod answer;
mod person;
mod team;
mod work;

pub use answer::Answer;
pub use person::{Person, Request};
pub use team::{Dataset, Job, Team};
pub use work::{Lease, annotation, boxed};

//! The HTTP client of the tests. It acts for users and checks the answers.

mod answer;
mod team;
mod user;
mod work;

pub use answer::Answer;
pub use team::{Dataset, Job, Team};
pub use user::{Request, User};
pub use work::{Lease, annotation, boxed};

//! Short locks on assignments, so that gateways collide here and not in the database.
//!
//! A lock is advice. Whether a write is valid is decided by the row in the store and by nothing else; locks that
//! grant everything, refuse everything or forget everything cost time and never correctness. Hence:
//!
//! - [`Locks::acquire`] answers within its budget, `Unknown` where it could not find out; the caller goes on to the
//!   store as if it were granted.
//! - [`Locks::keep`] and [`Locks::free`] are not awaited and may be dropped; every lock ends by itself.
//! - After a few failures in a row a breaker opens, and callers do not wait for a Redis that is away.
//!
//! A lock's value is the lease that holds it: nobody renews or frees what is not theirs.

mod breaker;
mod health;
mod locks;
mod memory;
mod moody;
mod redis;
mod stats;

#[cfg(test)]
mod conformance;

pub use health::Health;
pub use locks::{BadUrl, Locks, Options, Unsafe};
pub use moody::{Mood, Temper};
pub use stats::Stats;

/// What became of one member of an [`Locks::acquire`] batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// The lock is this lease's, newly or still.
    Granted,
    /// Another lease holds it: try the next candidate.
    Refused,
    /// No answer in time. The lock may have been taken; the store decides.
    Unknown,
}

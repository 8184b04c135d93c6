//! Short locks on assignments, so that gateways collide here and not in the database.
//!
//! A lock is advisory. Only the row in the database decides whether a write is valid. If the locks grant everything,
//! refuse everything or forget everything, work gets slower but stays correct. Hence:
//!
//! - [`Locks::acquire`] answers within its budget. It answers `Unknown` where it could not find out, and the caller
//!   then asks the store as if the lock were granted.
//! - [`Locks::keep`] and [`Locks::free`] are fire and forget and may be dropped, because every lock expires by itself.
//! - After a few failures in a row a circuit breaker opens, and callers do not wait for an unreachable Redis.
//!
//! The value of a lock is the lease that holds it, so that a lease only renews or frees its own locks.
//!
//! ```
//! use std::time::Duration;
//!
//! use swath_domain::ids::{AssignmentId, LeaseId};
//! use swath_locks::{Acquired, Locks};
//! use uuid::Uuid;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let locks = Locks::memory();
//! let assignment = AssignmentId(Uuid::from_u128(1));
//! let (ours, theirs) = (LeaseId(Uuid::from_u128(2)), LeaseId(Uuid::from_u128(3)));
//! let ttl = Duration::from_secs(10);
//! assert_eq!(locks.acquire(&[(assignment, ours)], ttl).await, [Acquired::Granted]);
//! assert_eq!(locks.acquire(&[(assignment, theirs)], ttl).await, [Acquired::Refused]);
//!
//! locks.free(vec![(assignment, ours)]);
//! locks.settle().await;
//! assert_eq!(locks.acquire(&[(assignment, theirs)], ttl).await, [Acquired::Granted]);
//! # }
//! ```

mod breaker;
mod error;
mod fault_injection;
mod health;
mod locks;
mod memory;
mod options;
mod redis;
mod stats;

#[cfg(test)]
mod conformance;

pub use error::{BadUrl, EvictingServer};
pub use fault_injection::{FaultInjectingLocks, LockFault};
pub use health::Health;
pub use locks::Locks;
pub use options::Options;
pub use stats::Stats;

/// The result for one member of an [`Locks::acquire`] batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// This lease has the lock, newly or already.
    Granted,
    /// Another lease has the lock: try the next candidate.
    Refused,
    /// No answer in time. The lock may have been taken; the store decides.
    Unknown,
}

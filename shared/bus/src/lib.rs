//! Messages between services. They are advisory: all state that counts is in the database.
//!
//! A message only makes a service act early; a periodic sweep finds the same work without it. The bus therefore
//! promises little, and keeps these promises whatever the broker does:
//!
//! - [`Bus::publish`] answers within its deadline: `Confirmed` if the message is safely queued, `Unknown` in every
//!   other case. `Unknown` needs no retry, because the sweep finds the work.
//! - A published message reaches one of the queue's competing subscribers, perhaps twice, in any order. It is
//!   acknowledged when it enters a subscription's local buffer. If a [`Subscription`] is dropped, its buffered messages
//!   are lost, and all others go to another subscriber.
//! - A full queue drops its oldest message, and every message expires, because old hints are worth least.
//! - A broker that cannot be reached does not fail the start. Lost connections are retried until the bus is closed.
//!
//! The bus does not promise order, exactly-once delivery, or that a message survives the limits of a queue.
//!
//! ```
//! use swath_bus::{Bus, Message, Published, Queue};
//! use swath_domain::ids::JobId;
//! use uuid::Uuid;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let bus = Bus::memory();
//! let wake = Message::Wake { job: JobId(Uuid::from_u128(1)) };
//! assert_eq!(bus.publish(Queue::Coordinate, wake.clone()).await, Published::Confirmed);
//!
//! let mut subscription = bus.subscribe(Queue::Coordinate);
//! assert_eq!(subscription.recv().await, Some(wake));
//! # }
//! ```

use std::fmt;

mod bus;
mod error;
mod health;
mod memory;
mod message;
mod notices;
mod options;
mod queue;
mod rabbit;
mod stats;

#[cfg(test)]
mod conformance;

pub use bus::{Bus, Subscription};
pub use error::BadUrl;
pub use health::Health;
pub use message::{Envelope, Message, Undecodable};
pub use notices::Notices;
pub use options::Options;
pub use queue::Queue;
pub use stats::Stats;

/// The result of a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Published {
    /// The message is in the queue (with RabbitMQ: on a majority of the queue's replicas).
    Confirmed,
    /// The message may be in the queue or not: the deadline passed, the broker refused it or is unreachable, the buffer
    /// is full, or the bus is closed.
    Unknown,
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirmed => "confirmed",
            Self::Unknown => "unknown",
        })
    }
}

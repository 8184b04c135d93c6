//! Messages between services: at least once, never the truth.
//!
//! A message wakes; a periodic sweep repairs. So the bus promises little, and keeps that whatever the
//! broker does:
//!
//! - [`Bus::publish`] answers within its deadline, `Confirmed` when the message is safely queued and `Unknown`
//!   in every other case. `Unknown` needs no retry: the sweep finds what was not heard of.
//! - A published message reaches one of the queue's competing subscribers, perhaps twice, in any order. It is
//!   acknowledged when it enters a subscription's local buffer, so what a dropped [`Subscription`] had
//!   buffered is lost and what it had not goes to another.
//! - A full queue drops its oldest message, and every message ages out: old hints are the worthless ones.
//! - Nothing here fails a start or ends by itself: connections are built again for ever.
//!
//! It does not promise order, exactly-once delivery, or that a message outlives a broker's bounds.

use std::fmt;

mod bus;
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
pub use health::Health;
pub use message::{Envelope, Message, Undecodable};
pub use notices::Notices;
pub use options::Options;
pub use queue::Queue;
pub use rabbit::BadUrl;
pub use stats::Stats;

/// What is known of a published message when its deadline has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Published {
    /// The queue holds it (with RabbitMQ: a majority of the queue's replicas).
    Confirmed,
    /// It may have been queued or not: deadline, refusal, full buffer, no broker, or a closed bus.
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

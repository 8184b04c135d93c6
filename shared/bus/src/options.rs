//! The bounds of a bus.

use std::num::NonZeroU32;
use std::time::Duration;

/// Names and bounds; the same in every process of an installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// What exchange and queue names start with; keeps two installations on one broker apart.
    pub prefix: String,
    /// How long a publish waits for its confirm before it answers `Unknown`.
    pub publish_deadline: Duration,
    /// How long connecting, declaring, acknowledging and closing may each take.
    pub network_deadline: Duration,
    /// Publishes that may wait for the broker, and again as many that may wait for their confirms.
    pub publish_buffer: usize,
    /// Messages that the broker sends ahead of a subscription's acknowledgements.
    pub prefetch: u16,
    /// Messages that a subscription holds for its reader; these are acknowledged already.
    pub receive_buffer: usize,
    /// Messages that a queue holds before the oldest gives way.
    pub queue_length: u32,
    /// How long a message may wait in its queue.
    pub message_ttl: Duration,
    /// How long a queue without subscribers stands.
    pub queue_ttl: Duration,
    /// How often a message is delivered before it counts as poison and goes to the dead letters.
    pub delivery_limit: u32,
    /// Queues per stage when teams are too many for one each (above some 1,000).
    pub shards: Option<NonZeroU32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "swath".to_owned(),
            publish_deadline: Duration::from_secs(2),
            network_deadline: Duration::from_secs(5),
            publish_buffer: 1024,
            prefetch: 512,
            receive_buffer: 64,
            queue_length: 10_000,
            message_ttl: Duration::from_secs(600),
            queue_ttl: Duration::from_secs(7 * 24 * 3600),
            delivery_limit: 20,
            shards: None,
        }
    }
}

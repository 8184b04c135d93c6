//! Settings of a bus.

use std::num::NonZeroU32;
use std::time::Duration;

/// The names and limits of a bus. They must be the same in every process of an installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// Starts the names of all exchanges and queues, so that two installations can share a broker.
    pub prefix: String,
    /// How long a publish waits for its confirm before it answers `Unknown`.
    pub publish_deadline: Duration,
    /// The time limit for each connect, declaration, acknowledgement and close.
    pub network_deadline: Duration,
    /// How many publishes may wait for the broker, and how many more for their confirms.
    pub publish_buffer: usize,
    /// How many messages the broker sends to a subscription before they are acknowledged.
    pub prefetch: u16,
    /// How many messages a subscription buffers for its reader. They are already acknowledged.
    pub receive_buffer: usize,
    /// How many messages a queue holds before it drops the oldest.
    pub queue_length: u32,
    /// How long a message may wait in its queue.
    pub message_ttl: Duration,
    /// How long a queue without subscribers exists.
    pub queue_ttl: Duration,
    /// How often a message is delivered before it is moved to the dead letters.
    pub delivery_limit: u32,
    /// The number of queues per stage, for installations with too many teams for a queue each (above about 1,000).
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

//! Settings of locks on Redis.

use std::time::Duration;

/// The settings of locks on Redis. `prefix` must be the same in every process of an installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// Starts every key, so that two installations can share a server.
    pub prefix: String,
    /// The longest time that one call of acquire may take.
    pub budget: Duration,
    /// How many batches of keeps and frees may wait before further ones are dropped.
    pub queue: usize,
    /// How many failures in a row open the breaker.
    pub breaker_threshold: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "swath".to_owned(),
            budget: Duration::from_millis(50),
            queue: 1024,
            breaker_threshold: 5,
        }
    }
}

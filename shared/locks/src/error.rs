//! Why a Redis server is refused at start.

/// The URL is not a Redis URL. The message leaves out the URL, which may contain a password.
#[derive(Debug, thiserror::Error)]
#[error("not a Redis URL: {0}")]
pub struct BadUrl(pub(crate) &'static str);

/// The server evicts locks before they expire, so Swath must not start with it.
#[derive(Debug, thiserror::Error)]
#[error(
    "Redis evicts keys when its memory is full (maxmemory {maxmemory} bytes, maxmemory-policy {policy}): \
     set maxmemory-policy noeviction, or maxmemory 0"
)]
pub struct EvictingServer {
    /// The server's memory limit, in bytes.
    pub maxmemory: u64,
    /// The server's eviction policy at that limit.
    pub policy: String,
}

//! Waits for a condition instead of a fixed time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Calls `condition` repeatedly until it returns a value, or fails at the deadline.
///
/// # Errors
/// At the deadline; the error names `what` was waited for.
pub async fn until<T, F, Fut>(what: &str, deadline: Duration, mut condition: F) -> anyhow::Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let end = Instant::now() + deadline;
    loop {
        if let Some(value) = condition().await {
            return Ok(value);
        }
        anyhow::ensure!(Instant::now() < end, "waited {} s for {what}", deadline.as_secs());
        sleep(POLL_INTERVAL).await;
    }
}

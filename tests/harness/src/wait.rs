//! Waiting for a condition, never for a time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

const POLL: Duration = Duration::from_millis(25);

/// Asks `condition` again and again until it gives a value, or fails once `deadline` has passed.
///
/// # Errors
/// Names `what` was waited for when the deadline passes first.
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
        anyhow::ensure!(Instant::now() < end, "waited {}s in vain for {what}", deadline.as_secs());
        sleep(POLL).await;
    }
}

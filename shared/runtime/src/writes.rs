//! Whether the database accepts writes. Readiness checks write a row from time to time to find out.

use std::time::Duration;

use swath_domain::Time;
use swath_store::Store;
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

/// How long a readiness check waits for its write.
const PROBE_TIMEOUT: Duration = Duration::from_millis(750);
/// The shortest time between two probes.
const PROBE_INTERVAL: Duration = Duration::from_secs(5);
/// The shortest time to the next probe after one that failed.
const PROBE_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How long all probes may time out before the database counts as refusing writes.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// The result of the last probe.
#[derive(Default)]
pub struct Writes(Mutex<Probed>);

#[derive(Default)]
struct Probed {
    /// When the last probe began.
    tried: Option<Instant>,
    /// When the last successful probe began, or the first probe if none has succeeded.
    written: Option<Instant>,
    failure: Option<String>,
}

impl Writes {
    /// Why the database refuses writes, or `None` if it accepts them. Probes at most once per interval.
    pub(crate) async fn failure(&self, store: &Store, instance: Uuid, now: Time) -> Option<String> {
        let mut probed = self.0.lock().await;
        let interval = if probed.failure.is_some() { PROBE_RETRY_INTERVAL } else { PROBE_INTERVAL };
        if probed.tried.is_none_or(|tried| tried.elapsed() >= interval) {
            let begun = Instant::now();
            let written = *probed.written.get_or_insert(begun);
            probed.tried = Some(begun);
            match tokio::time::timeout(PROBE_TIMEOUT, store.probe_write(instance, now)).await {
                Ok(Ok(())) => {
                    probed.written = Some(begun);
                    probed.failure = None;
                }
                Ok(Err(error)) => probed.failure = Some(error.to_string()),
                // A slow probe may only mean a busy database, so it counts only after a while.
                Err(_) if written.elapsed() >= WRITE_TIMEOUT => {
                    probed.failure = Some("a write takes too long".to_owned());
                }
                Err(_) => {}
            }
        }
        probed.failure.clone()
    }
}

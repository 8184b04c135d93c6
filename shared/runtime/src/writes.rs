//! Whether the store takes writes: a row is written now and then, when somebody asks whether the process is ready.

use std::time::Duration;

use swath_domain::Time;
use swath_store::Store;
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

/// How long a readiness check waits for its row to be written.
const PROBE_TIMEOUT: Duration = Duration::from_millis(750);
/// Between two rows that are written to find out whether the store takes writes, and sooner after one that failed.
const PROBE_PAUSE: Duration = Duration::from_secs(5);
const PROBE_AGAIN: Duration = Duration::from_secs(1);
/// How long no write may come to its end before the store counts as taking none.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// Whether the store takes writes, as far as is known.
#[derive(Default)]
pub struct Writes(Mutex<Probed>);

#[derive(Default)]
struct Probed {
    /// When it was last tried.
    tried: Option<Instant>,
    /// When a row was last written, or looked for in vain for the first time.
    written: Option<Instant>,
    failure: Option<String>,
}

impl Writes {
    /// Why nothing can be written, if so. However often it is asked, few rows are written.
    pub(crate) async fn failure(&self, store: &Store, instance: Uuid, now: Time) -> Option<String> {
        let mut probed = self.0.lock().await;
        let pause = if probed.failure.is_some() { PROBE_AGAIN } else { PROBE_PAUSE };
        if probed.tried.is_none_or(|tried| tried.elapsed() >= pause) {
            let begun = Instant::now();
            let written = *probed.written.get_or_insert(begun);
            probed.tried = Some(begun);
            match tokio::time::timeout(PROBE_TIMEOUT, store.probe_write(instance, now)).await {
                Ok(Ok(())) => {
                    probed.written = Some(begun);
                    probed.failure = None;
                }
                Ok(Err(error)) => probed.failure = Some(error.to_string()),
                // A busy database is slow: a process is not taken out of service for that alone.
                Err(_) if written.elapsed() >= WRITE_TIMEOUT => {
                    probed.failure = Some("a write takes too long".to_owned());
                }
                Err(_) => {}
            }
        }
        probed.failure.clone()
    }
}

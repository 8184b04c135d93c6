//! What a panic may end: a request is answered 500, a stream breaks off, a loop begins again, and the process goes on. Each
//! panic is counted and logged by the hook of `telemetry`.

use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Between the panic of a loop and its next start: one that panics at once must not fill the log.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// The output of a future, or nothing if it panicked.
pub async fn contained<F: Future>(future: F) -> Option<F::Output> {
    AssertUnwindSafe(future).catch_unwind().await.ok()
}

/// Writes a streamed answer in a task of its own. The client must not take a part for the whole: an error, or a panic, ends
/// the stream with an error, which ends the connection.
pub fn spawn_stream<F>(chunks: mpsc::Sender<io::Result<Vec<u8>>>, writing: F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    tokio::spawn(async move {
        let written = contained(writing).await;
        if let Err(error) = written.unwrap_or_else(|| Err(io::Error::other("the stream panicked"))) {
            // A client that went away does not wait for the error.
            let _ = chunks.send(Err(error)).await;
        }
    });
}

/// Runs a loop until it ends by itself. One that panics is made and started again after a pause.
pub async fn keep_running<F: Future<Output = ()>>(
    name: &'static str,
    shutdown: &CancellationToken,
    mut start: impl FnMut() -> F,
) {
    loop {
        // Making the loop may panic just as running it.
        let ended = contained(async { start().await }).await;
        if ended.is_some() || shutdown.is_cancelled() {
            return;
        }
        tracing::warn!(name, "a loop starts again after a panic");
        tokio::select! {
            () = tokio::time::sleep(RESTART_PAUSE) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_panics_starts_again_until_it_ends_by_itself() {
        let starts = Cell::new(0);
        let start = || {
            starts.set(starts.get() + 1);
            let number = starts.get();
            async move { assert_eq!(number, 3, "a planted panic") }
        };
        keep_running("test", &CancellationToken::new(), start).await;
        assert_eq!(starts.get(), 3);
    }

    #[tokio::test]
    async fn a_stream_whose_writing_panics_ends_with_an_error() {
        let (chunks, mut waiting) = mpsc::channel(1);
        let first = chunks.clone();
        spawn_stream(chunks, async move {
            first.send(Ok(vec![1])).await.unwrap();
            panic!("a planted panic")
        });
        assert!(waiting.recv().await.unwrap().is_ok());
        assert!(waiting.recv().await.unwrap().is_err());
        assert!(waiting.recv().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_panics_after_shutdown_does_not_start_again() {
        let shutdown = CancellationToken::new();
        let ended = keep_running("test", &shutdown, || {
            shutdown.cancel();
            async { panic!("a planted panic") }
        });
        ended.await;
    }
}

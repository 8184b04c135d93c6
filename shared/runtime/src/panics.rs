//! Limits the effect of a panic: a request is answered 500, a stream ends with an error, a background task is
//! restarted, and the process continues. The hook of `telemetry` counts and logs the panic.

use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The time before a task is restarted, so that one that panics at once does not fill the log.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// The output of a future. `None` if it panicked.
pub async fn contained<F: Future>(future: F) -> Option<F::Output> {
    AssertUnwindSafe(future).catch_unwind().await.ok()
}

/// Writes a streamed response in a task of its own. An error or a panic ends the stream with an error, which closes the
/// connection, so that the client does not take a part for the whole.
pub fn spawn_stream<F>(chunks: mpsc::Sender<io::Result<Vec<u8>>>, writing: F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    tokio::spawn(async move {
        let written = contained(writing).await;
        if let Err(error) = written.unwrap_or_else(|| Err(io::Error::other("the stream panicked"))) {
            // If this fails, the client has already closed the connection.
            let _ = chunks.send(Err(error)).await;
        }
    });
}

/// Runs a background task until it returns. If it panics, it is started again after a pause.
pub async fn keep_running<F: Future<Output = ()>>(
    name: &'static str,
    shutdown: &CancellationToken,
    mut start: impl FnMut() -> F,
) {
    loop {
        // `start` itself may panic, too.
        let ended = contained(async { start().await }).await;
        if ended.is_some() || shutdown.is_cancelled() {
            return;
        }
        tracing::warn!(name, "a background task starts again after a panic");
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
    async fn a_task_that_panics_starts_again_until_it_returns() {
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
    async fn a_stream_whose_writer_panics_ends_with_an_error() {
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
    async fn a_task_that_panics_after_shutdown_does_not_start_again() {
        let shutdown = CancellationToken::new();
        let ended = keep_running("test", &shutdown, || {
            shutdown.cancel();
            async { panic!("a planted panic") }
        });
        ended.await;
    }
}

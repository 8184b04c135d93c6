//! Serves one connection. An idle connection needs little memory, because its buffers are freed until bytes arrive.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::exchange::Exchange;
use super::state::{Due, Reason, Shared, State};
use super::watched::Watched;

/// The largest head of a request.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// The largest buffer of a connection in each direction.
const BUFFER_BYTES_MAX: usize = 128 << 10;

/// Serves a connection to its end.
pub(super) async fn serve(shared: Arc<Shared>, state: Arc<State>, stream: TcpStream) {
    let ended = async {
        let mut io = Watched::new(stream, state.clone());
        loop {
            if !io.has_unread() {
                readable(&shared, &state, &io).await?;
            }
            // Boxed, so that an idle connection does not need this memory.
            io = Box::pin(exchange(&shared, &state, io)).await?;
        }
    };
    let ended: Result<std::convert::Infallible, End> = tokio::select! {
        ended = ended => ended,
        () = state.eviction.notified() => Err(End::Closed(Reason::Evicted)),
        () = shared.abort.cancelled() => Err(End::Ordinary),
    };
    if let Err(End::Closed(reason)) = ended {
        shared.metrics.closed(reason.label());
    }
}

/// How a connection ended.
enum End {
    /// By the client, or by the end of the process.
    Ordinary,
    Closed(Reason),
}

/// Waits without a buffer until bytes arrive.
async fn readable(shared: &Shared, state: &State, io: &Watched) -> Result<(), End> {
    let mut check = pin!(sleep_until(Instant::now()));
    loop {
        tokio::select! {
            biased;
            readable = io.readable() => return readable.map_err(|_| End::Ordinary),
            () = shared.shutdown.cancelled() => return Err(End::Ordinary),
            () = &mut check => match state.due(&shared.timeouts) {
                Due::Close(reason) => return Err(End::Closed(reason)),
                Due::CheckAt(at) => check.as_mut().reset(at),
                Due::Park => check.as_mut().reset(state.used() + shared.timeouts.idle),
            }
        }
    }
}

/// Serves requests until the connection has been idle for a moment, then returns the socket.
async fn exchange(shared: &Arc<Shared>, state: &Arc<State>, io: Watched) -> Result<Watched, End> {
    let mut http = Builder::new();
    // `State` has the timeouts, which cover more than hyper's.
    http.header_read_timeout(None).max_buf_size(BUFFER_BYTES_MAX).max_header_size(HEAD_BYTES_MAX);
    let service = Exchange::new(shared.clone(), state.clone());
    let mut http = Box::new(http.serve_connection(TokioIo::new(io), service));
    let mut check = pin!(sleep_until(Instant::now() + shared.timeouts.shortest()));
    let (mut is_ending, mut is_parked) = (false, false);
    loop {
        tokio::select! {
            biased;
            served = poll_fn(|cx| http.poll_without_shutdown(cx)) => {
                served.map_err(|_| End::Ordinary)?;
                break;
            }
            () = shared.shutdown.cancelled(), if !is_ending => {
                is_ending = true;
                Pin::new(&mut *http).graceful_shutdown();
            }
            () = &mut check, if !is_parked => match state.due(&shared.timeouts) {
                Due::Close(reason) => return Err(End::Closed(reason)),
                Due::CheckAt(at) => check.as_mut().reset(at),
                Due::Park => {
                    is_parked = true;
                    Pin::new(&mut *http).graceful_shutdown();
                }
            }
        }
    }
    let parts = http.into_parts();
    let mut io = parts.io.into_inner();
    if is_parked && !is_ending {
        io.put_back(parts.read_buf);
        return Ok(io);
    }
    // If this fails, the client has already closed the connection.
    let _ = io.shutdown().await;
    Err(End::Ordinary)
}

//! Accepts connections until shutdown, within the limits.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bound::{Bounds, Connections};
use super::connection;
use super::state::{PARK_AFTER, Shared, Timeouts};
use crate::context::Context;

/// The time before the next attempt after accepting a connection has failed.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Serves until shutdown, then waits for requests in flight, but not beyond the deadline. Tests set `park`, the time
/// after which idle connections free their buffers.
pub(super) async fn serve(
    context: Context,
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    park: Option<Duration>,
) {
    let metrics = context.http.connections.clone();
    let connections = Connections::new(bounds, metrics.clone());
    let ending = context.clone();
    let shared = Arc::new(Shared {
        router,
        timeouts: Timeouts { park: park.unwrap_or(PARK_AFTER), ..Timeouts::of(&context.config.server) },
        metrics,
        shutdown: context.shutdown.clone(),
        abort: CancellationToken::new(),
        is_ending: Box::new(move || ending.is_ending()),
    });
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = context.shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => begin(&shared, &connections, &tasks, stream).await,
            Err(error) => recover(&connections, &error).await,
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(context.config.shutdown(), tasks.wait()).await.is_err() {
        tracing::warn!("requests were still in flight at the deadline of the shutdown");
        shared.abort.cancel();
    }
}

async fn begin(shared: &Arc<Shared>, connections: &Arc<Connections>, tasks: &TaskTracker, stream: TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let Some(slot) = connections.slot().await else { return };
    let shared = shared.clone();
    tasks.spawn(async move { connection::serve(shared, slot.state.clone(), stream).await });
}

/// Recovers from a failed accept. If the descriptors have run out in spite of the limits, closes a connection.
async fn recover(connections: &Connections, error: &io::Error) {
    let by_client =
        [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionReset];
    if by_client.contains(&error.kind()) {
        return;
    }
    tracing::warn!(%error, "no connection can be accepted");
    connections.evict_one(false);
    tokio::time::sleep(RETRY_INTERVAL).await;
}

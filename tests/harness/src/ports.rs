//! Free ports of the loopback interface.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::wait::until;

static GIVEN_OUT: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
const TRIES_MAX: usize = 100;

/// A port that is free and that this process has not given out before.
///
/// # Errors
/// When no port can be bound.
pub fn free() -> anyhow::Result<u16> {
    for _ in 0..TRIES_MAX {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        if GIVEN_OUT.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return Ok(port);
        }
    }
    anyhow::bail!("no port free that was not given out before")
}

/// The loopback address of `port`.
pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Waits until something listens on `port`.
///
/// # Errors
/// When nothing listens there at the deadline.
pub async fn open(port: u16, deadline: Duration) -> anyhow::Result<TcpStream> {
    until(&format!("port {port}"), deadline, || async { TcpStream::connect(local(port)).await.ok() }).await
}

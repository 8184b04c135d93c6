//! Redis, appending to a file like one that somebody relies on.

use std::path::PathBuf;

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{START, STOP, made};
use crate::children::{Running, leashed};
use crate::ports;
use crate::wait::until;

/// A private Redis server.
#[derive(Debug)]
pub struct Redis {
    server: Running,
    port: u16,
}

impl Redis {
    pub(super) async fn start(folder: PathBuf) -> anyhow::Result<Self> {
        let folder = made(folder)?;
        let port = ports::free()?;
        let mut command = leashed("redis-server", "TERM");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(&folder);
        command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--daemonize", "no"]);
        let server = Running::start("Redis", &mut command, &folder.join("redis.log"))?;
        until("Redis", START, || async { pong(port).await.ok() })
            .await
            .map_err(|error| anyhow::anyhow!("{error}:\n{}", server.output()))?;
        Ok(Self { server, port })
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) async fn stop(&mut self) {
        self.server.stop(Signal::SIGTERM, STOP).await;
    }
}

/// A server that is still loading its file listens already, and answers with an error instead.
async fn pong(port: u16) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(ports::local(port)).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await?;
    anyhow::ensure!(&answer == b"+PONG", "not ready");
    Ok(())
}

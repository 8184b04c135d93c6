//! Redis with an append-only file, as in production.

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::launch::{START_TIMEOUT, STOP_TIMEOUT, made};
use crate::children::{Running, bound_to_parent};
use crate::ports;
use crate::wait::until;

/// A private Redis server.
#[derive(Debug)]
pub struct Redis {
    server: Running,
    folder: PathBuf,
    port: u16,
}

impl Redis {
    pub(super) async fn start(folder: PathBuf) -> anyhow::Result<Self> {
        let folder = made(folder)?;
        let port = ports::free()?;
        let mut redis = Self { server: launch(&folder, port)?, folder, port };
        redis.answers().await?;
        Ok(redis)
    }

    /// Starts it again on the same data.
    ///
    /// # Errors
    /// When it does not answer in time; its output is part of the error.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.server = launch(&self.folder, self.port)?;
        self.answers().await
    }

    async fn answers(&mut self) -> anyhow::Result<()> {
        let pong = until("Redis", START_TIMEOUT, || async {
            self.command("PING").await.ok().filter(|reply| reply == "+PONG")
        });
        pong.await.map_err(|error| anyhow::anyhow!("{error}:\n{}", self.server.output()))?;
        Ok(())
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Freezes it, or lets it continue.
    pub fn freeze(&self, frozen: bool) {
        self.server.signal_all(if frozen { Signal::SIGSTOP } else { Signal::SIGCONT });
    }

    /// Sends a command, such as `FLUSHALL`, and returns the first line of the reply.
    ///
    /// # Errors
    /// When there is no reply.
    pub async fn command(&self, command: &str) -> anyhow::Result<String> {
        let asked = async {
            let mut stream = TcpStream::connect(ports::local(self.port)).await?;
            stream.write_all(format!("{command}\r\n").as_bytes()).await?;
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line).await?;
            anyhow::Ok(line.trim_end().to_owned())
        };
        tokio::time::timeout(STOP_TIMEOUT, asked).await?
    }

    /// The URL of the server.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) async fn stop(&mut self) {
        self.server.stop(Signal::SIGTERM, STOP_TIMEOUT).await;
    }
}

fn launch(folder: &Path, port: u16) -> anyhow::Result<Running> {
    let mut command = bound_to_parent("redis-server", "TERM");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"]).arg(folder);
    command.args(["--appendonly", "yes", "--appendfsync", "everysec", "--daemonize", "no"]);
    Running::start("Redis", &mut command, &folder.join("redis.log"))
}

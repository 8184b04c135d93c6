//! RabbitMQ with a node name, a cookie, folders and an epmd of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{START, STOP, made, output_of};
use crate::children::{Running, leashed};
use crate::wait::until;
use crate::{ids, ports};

/// A private RabbitMQ server.
#[derive(Debug)]
pub struct Rabbit {
    // In this order: a node that outlives its epmd complains for a while.
    server: Running,
    epmd: Running,
    port: u16,
}

impl Rabbit {
    pub(super) async fn start(folder: PathBuf) -> anyhow::Result<Self> {
        let folder = made(folder)?;
        let (port, epmd_port) = (ports::free()?, ports::free()?);
        let mut command = leashed("epmd", "KILL");
        command.args(["-port", &epmd_port.to_string(), "-address", "127.0.0.1"]);
        let epmd = Running::start("epmd", &mut command, &folder.join("epmd.log"))?;
        ports::open(epmd_port, START).await?;

        configure(&folder, port)?;
        let mut command = leashed(plain_script().await?, "TERM");
        surround(&mut command, &folder, epmd_port, ports::free()?);
        let server = Running::start("RabbitMQ", &mut command, &folder.join("rabbit.log"))?;
        until("RabbitMQ", START, || async { greeting(port).await.ok() })
            .await
            .map_err(|error| anyhow::anyhow!("{error}:\n{}", server.output()))?;
        Ok(Self { server, epmd, port })
    }

    /// The URL of the server's default virtual host.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    pub(super) async fn stop(&mut self) {
        self.server.stop(Signal::SIGTERM, STOP).await;
        self.epmd.kill();
    }
}

/// The wrapper on the PATH changes user and folders; the script that it wraps does not.
async fn plain_script() -> anyhow::Result<PathBuf> {
    let mut command = Command::new("dpkg");
    command.args(["-L", "rabbitmq-server"]);
    let files = output_of(command).await?;
    let mut scripts = files.lines().filter(|file| file.ends_with("/sbin/rabbitmq-server"));
    let script = scripts.find(|file| file.contains("/rabbitmq_server-"));
    script.map(PathBuf::from).ok_or_else(|| anyhow::anyhow!("no plain rabbitmq-server in its package"))
}

fn configure(folder: &Path, port: u16) -> anyhow::Result<()> {
    let lines = [
        format!("listeners.tcp.1 = 127.0.0.1:{port}"),
        "distribution.listener.interface = 127.0.0.1".to_owned(),
        // A full disk elsewhere on the machine would block every publisher here.
        "disk_free_limit.absolute = 50MB".to_owned(),
    ];
    std::fs::write(folder.join("rabbitmq.conf"), lines.join("\n") + "\n")?;
    std::fs::write(folder.join("enabled_plugins"), "[].\n")?;
    std::fs::write(folder.join("empty.conf"), "")?;
    Ok(())
}

fn surround(command: &mut Command, folder: &Path, epmd_port: u16, distribution_port: u16) {
    command
        .env("HOME", folder)
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("ERL_EPMD_PORT", epmd_port.to_string())
        .env("RABBITMQ_DIST_PORT", distribution_port.to_string())
        .env("RABBITMQ_NODENAME", format!("{}@localhost", ids::named("swath")))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        .env("RABBITMQ_CONF_ENV_FILE", folder.join("empty.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
        .env("RABBITMQ_GENERATED_CONFIG_DIR", folder.join("generated"))
        .env("RABBITMQ_LOG_BASE", folder.join("log"))
        .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
        .env("RABBITMQ_PID_FILE", folder.join("pid"));
}

/// The node listens last of all, so a broker that greets is a broker that has started.
async fn greeting(port: u16) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(ports::local(port)).await?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    let mut start = [0; 1];
    stream.read_exact(&mut start).await?;
    anyhow::ensure!(start[0] == 1, "no greeting");
    Ok(())
}

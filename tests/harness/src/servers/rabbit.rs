//! RabbitMQ with a node name, a cookie, folders and an epmd of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::launch::{START_TIMEOUT, STOP_TIMEOUT, made, output_of};
use crate::children::{Running, bound_to_parent};
use crate::wait::until;
use crate::{ids, ports};

/// A private RabbitMQ server.
#[derive(Debug)]
pub struct Rabbit {
    // Dropped before `epmd`: a node that outlives its epmd logs errors for a while.
    server: Running,
    epmd: Running,
    scripts: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    folder: PathBuf,
    port: u16,
}

impl Rabbit {
    pub(super) async fn start(folder: PathBuf) -> anyhow::Result<Self> {
        let folder = made(folder)?;
        let (port, epmd_port) = (ports::free()?, ports::free()?);
        let mut command = bound_to_parent("epmd", "KILL");
        command.args(["-port", &epmd_port.to_string(), "-address", "127.0.0.1"]);
        let epmd = Running::start("epmd", &mut command, &folder.join("epmd.log"))?;
        ports::open(epmd_port, START_TIMEOUT).await?;

        configure(&folder, port)?;
        let scripts = scripts().await?;
        let environment = surroundings(&folder, epmd_port, ports::free()?);
        let server = launch(&scripts, &environment, &folder)?;
        let mut rabbit = Self { server, epmd, scripts, environment, folder, port };
        rabbit.answers().await?;
        Ok(rabbit)
    }

    /// Starts it again on the same data.
    ///
    /// # Errors
    /// When it does not accept connections in time; its output is part of the error.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.server = launch(&self.scripts, &self.environment, &self.folder)?;
        self.answers().await
    }

    async fn answers(&mut self) -> anyhow::Result<()> {
        until("RabbitMQ", START_TIMEOUT, || async { greeting(self.port).await.ok() })
            .await
            .map_err(|error| anyhow::anyhow!("{error}:\n{}", self.server.output()))
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.server.signal_all(Signal::SIGKILL);
        self.server.kill();
    }

    /// Freezes all of its processes, or lets them continue.
    pub fn freeze(&self, frozen: bool) {
        self.server.signal_all(if frozen { Signal::SIGSTOP } else { Signal::SIGCONT });
    }

    /// Runs `rabbitmqctl` with arguments such as `close_all_connections`, and returns its output.
    ///
    /// # Errors
    /// When it fails.
    pub async fn ctl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(self.scripts.join("rabbitmqctl"));
        command.args(["-q"]).args(arguments).envs(self.environment.iter().cloned());
        output_of(command).await
    }

    /// The URL of the server's default virtual host.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    pub(super) async fn stop(&mut self) {
        self.server.stop(Signal::SIGTERM, STOP_TIMEOUT).await;
        self.epmd.kill();
    }
}

/// The folder of the original scripts. The wrappers on the PATH change the user and the folders.
async fn scripts() -> anyhow::Result<PathBuf> {
    let mut command = Command::new("dpkg");
    command.args(["-L", "rabbitmq-server"]);
    let files = output_of(command).await?;
    let mut scripts = files.lines().filter(|file| file.ends_with("/sbin/rabbitmq-server"));
    let script = scripts.find(|file| file.contains("/rabbitmq_server-")).map(Path::new);
    let folder = script.and_then(Path::parent).map(Path::to_owned);
    folder.ok_or_else(|| anyhow::anyhow!("no plain rabbitmq-server in its package"))
}

fn launch(
    scripts: &Path,
    environment: &[(&'static str, OsString)],
    folder: &Path,
) -> anyhow::Result<Running> {
    let mut command = bound_to_parent(scripts.join("rabbitmq-server"), "TERM");
    command.envs(environment.iter().cloned());
    Running::start("RabbitMQ", &mut command, &folder.join("rabbit.log"))
}

fn configure(folder: &Path, port: u16) -> anyhow::Result<()> {
    let lines = [
        format!("listeners.tcp.1 = 127.0.0.1:{port}"),
        "distribution.listener.interface = 127.0.0.1".to_owned(),
        // Otherwise a disk that is nearly full would block every publisher.
        "disk_free_limit.absolute = 50MB".to_owned(),
    ];
    std::fs::write(folder.join("rabbitmq.conf"), lines.join("\n") + "\n")?;
    std::fs::write(folder.join("enabled_plugins"), "[].\n")?;
    std::fs::write(folder.join("empty.conf"), "")?;
    Ok(())
}

fn surroundings(folder: &Path, epmd_port: u16, distribution_port: u16) -> Vec<(&'static str, OsString)> {
    let within = |name: &str| folder.join(name).into_os_string();
    vec![
        ("HOME", folder.into()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
        ("ERL_EPMD_PORT", epmd_port.to_string().into()),
        ("RABBITMQ_DIST_PORT", distribution_port.to_string().into()),
        ("RABBITMQ_NODENAME", format!("{}@localhost", ids::named("swath")).into()),
        ("RABBITMQ_CONFIG_FILE", within("rabbitmq.conf")),
        ("RABBITMQ_CONF_ENV_FILE", within("empty.conf")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", within("enabled_plugins")),
        ("RABBITMQ_GENERATED_CONFIG_DIR", within("generated")),
        ("RABBITMQ_LOG_BASE", within("log")),
        ("RABBITMQ_MNESIA_BASE", within("mnesia")),
        ("RABBITMQ_PID_FILE", within("pid")),
    ]
}

/// The node starts to listen last, so a broker that sends the AMQP greeting has started.
async fn greeting(port: u16) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(ports::local(port)).await?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    let mut start = [0; 1];
    stream.read_exact(&mut start).await?;
    anyhow::ensure!(start[0] == 1, "no greeting");
    Ok(())
}

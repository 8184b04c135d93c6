//! One process of Swath.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::Signal;

use crate::children::{Running, bound_to_parent};
use crate::{http, ports, until};

/// Environment variable that names the binary under test. Without it, the binary of the same build is used.
pub const BINARY: &str = "SWATH_TEST_BINARY";
/// How long a process may take to become ready.
pub const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a process may take to end after SIGTERM: Swath's own shutdown deadline, and some margin.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(45);

/// Settings of a process as environment variables, `SWATH__SECTION__KEY`.
pub type Environment = BTreeMap<String, String>;

/// A process of Swath that can be ended, killed and started again on the same port and data.
#[derive(Debug)]
pub struct Service {
    name: String,
    roles: Option<String>,
    environment: Environment,
    folder: PathBuf,
    port: u16,
    metrics_port: u16,
    /// A program to run instead of the one under test.
    program: Option<PathBuf>,
    running: Option<Running>,
}

impl Service {
    /// Prepares a process with the given role (without one, all roles) and its data below `folder`.
    ///
    /// # Errors
    /// When no port is free or the folder cannot be created.
    pub fn new(
        name: &str,
        roles: Option<&str>,
        folder: &Path,
        environment: &Environment,
    ) -> anyhow::Result<Self> {
        let (port, metrics_port) = (ports::free()?, ports::free()?);
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        let mut environment = environment.clone();
        environment.insert("SWATH__SERVER__LISTEN".into(), ports::local(port).to_string());
        environment.insert("SWATH__DATA__DIR".into(), folder.join("data").display().to_string());
        let (name, roles) = (name.to_owned(), roles.map(str::to_owned));
        Ok(Self { name, roles, environment, folder, port, metrics_port, program: None, running: None })
    }

    /// The URL that the process listens on.
    pub fn url(&self) -> String {
        format!("http://{}", ports::local(self.port))
    }

    /// The URL of `/metrics`. An older release serves it on its main address.
    pub fn metrics_url(&self) -> String {
        let port = if self.program.is_some() { self.port } else { self.metrics_port };
        format!("http://{}/metrics", ports::local(port))
    }

    /// The process id, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }

    /// Its name in this world, such as `gateway-1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        PathBuf::from(&self.environment["SWATH__DATA__DIR"])
    }

    /// Everything that the process has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// Another process on the same data, on a port of its own.
    ///
    /// # Errors
    /// When no port is free.
    pub fn twin(&self) -> anyhow::Result<Self> {
        let mut twin = self.elsewhere("twin")?;
        twin.set("SWATH__DATA__DIR", &self.environment["SWATH__DATA__DIR"]);
        Ok(twin)
    }

    /// Another process with the same settings, on new data.
    ///
    /// # Errors
    /// When no port is free or the folder cannot be created.
    pub fn elsewhere(&self, name: &str) -> anyhow::Result<Self> {
        Self::new(name, self.roles.as_deref(), &self.folder, &self.environment)
    }

    /// The settings of the process.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, key: &str, value: &str) {
        self.environment.insert(key.to_owned(), value.to_owned());
    }

    /// Uses another program from the next start on, or the one under test again.
    pub fn runs(&mut self, program: Option<&Path>) {
        self.program = program.map(Path::to_owned);
    }

    /// Runs only these roles from the next start on.
    pub fn only(&mut self, roles: &str) {
        self.roles = Some(roles.to_owned());
    }

    /// Starts the process without waiting for it.
    ///
    /// # Errors
    /// When the binary cannot be started.
    pub fn launch(&mut self) -> anyhow::Result<()> {
        let mut arguments = vec!["up"];
        if let Some(roles) = &self.roles {
            arguments.extend(["--roles", roles]);
        }
        let program = self.program.clone().map_or_else(binary, Ok)?;
        let mut command = called(program, &arguments, &self.environment);
        // An older release refuses to start with settings that it does not know.
        if self.program.is_none() {
            let settings = ["SWATH__SERVER__METRICS_LISTEN"];
            let address = ports::local(self.metrics_port).to_string();
            command.envs(settings.map(|key| (key, self.environment.get(key).unwrap_or(&address))));
        }
        command.current_dir(&self.folder);
        self.running = Some(Running::start(&self.name, &mut command, &self.log_file())?);
        Ok(())
    }

    /// Starts the process and waits until it reports that it is ready.
    ///
    /// # Errors
    /// When it ends instead or is not ready in time; its log is part of the error.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        self.launch()?;
        self.ready().await
    }

    /// Waits until the process reports that it is ready.
    ///
    /// # Errors
    /// As [`Service::start`].
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let (client, url) = (http::client(), format!("{}/readyz", self.url()));
        let running = self.running.as_mut();
        let running = running.ok_or_else(|| anyhow::anyhow!("{} was not started", self.name))?;
        let what = format!("{} to be ready", self.name);
        let state = until(&what, READY_TIMEOUT, || {
            let ended = running.status();
            let probe = client.get(&url).timeout(Duration::from_secs(5)).send();
            async move {
                match ended {
                    Some(status) => Some(Err(status)),
                    None => probe.await.ok().filter(|answer| answer.status().is_success()).map(|_| Ok(())),
                }
            }
        });
        match state.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(status)) => anyhow::bail!("{} ended with {status}:\n{}", self.name, self.log()),
            Err(error) => anyhow::bail!("{error}:\n{}", self.log()),
        }
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Errors
    /// When the process is not running or misses the deadline.
    pub async fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        self.ended().await
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// When the process is not running or still runs at the deadline.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        match &mut self.running {
            Some(running) => running.ended(SHUTDOWN_TIMEOUT).await,
            None => anyhow::bail!("{} was not started", self.name),
        }
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: Signal) {
        if let Some(running) = &self.running {
            running.signal(signal);
        }
    }

    /// Kills the process with SIGKILL, as a power cut would.
    pub fn kill(&mut self) {
        self.running = None;
    }
}

/// A command of the binary under test. It sees the given settings and nothing of our environment.
///
/// # Errors
/// When the binary cannot be found.
pub fn swath(arguments: &[&str], environment: &Environment) -> anyhow::Result<std::process::Command> {
    Ok(called(binary()?, arguments, environment))
}

fn called(program: PathBuf, arguments: &[&str], environment: &Environment) -> std::process::Command {
    let mut command = bound_to_parent(program, "KILL");
    let inherited = std::env::vars_os().map(|(key, _)| key);
    for key in inherited.filter(|key| key.to_string_lossy().starts_with("SWATH_")) {
        command.env_remove(key);
    }
    command.args(arguments).envs(environment);
    command
}

/// Runs `swath migrate`, which a distributed deployment needs before it starts.
///
/// # Errors
/// When it fails or hangs; its output is part of the error.
pub async fn migrate(environment: &Environment) -> anyhow::Result<()> {
    migrate_by(&binary()?, environment).await
}

/// As [`migrate`], by another program than the one under test.
///
/// # Errors
/// As [`migrate`].
pub async fn migrate_by(program: &Path, environment: &Environment) -> anyhow::Result<()> {
    let command = called(program.to_owned(), &["migrate"], environment);
    let output = tokio::process::Command::from(command).kill_on_drop(true).output();
    let output = tokio::time::timeout(READY_TIMEOUT, output).await.context("swath migrate hangs")??;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "swath migrate: {}: {said}", output.status);
    Ok(())
}

/// The binary under test. Without [`BINARY`] it is looked for one folder above the test binary.
///
/// # Errors
/// When it does not exist.
pub fn binary() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os(BINARY) {
        return Ok(given.into());
    }
    let here = std::env::current_exe()?;
    let found =
        here.ancestors().skip(1).take(2).map(|folder| folder.join("swath")).find(|path| path.is_file());
    found.ok_or_else(|| anyhow::anyhow!("no swath beside {}: run cargo build -p swath", here.display()))
}

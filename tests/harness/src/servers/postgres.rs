//! PostgreSQL with its default durability, because Swath's promises must hold on an ordinary server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};

use super::launch::{START_TIMEOUT, STOP_TIMEOUT, made, output_of};
use crate::children::{Running, bound_to_parent_with};
use crate::wait::until;
use crate::{ids, ports};

/// Enough for six processes with a pool each, and several worlds at once.
const CONNECTIONS: &str = "max_connections=400";

/// A private PostgreSQL server.
#[derive(Debug)]
pub struct Postgres {
    server: Running,
    account: Account,
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
}

impl Postgres {
    pub(super) async fn start(folder: PathBuf, settings: &[&str]) -> anyhow::Result<Self> {
        let account = Account::choose()?;
        let folder = made(folder)?;
        account.own(&folder)?;
        let programs = PathBuf::from(output_of(command("pg_config", &["--bindir"])).await?.trim());
        let mut initdb = account.command(programs.join("initdb"));
        initdb
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"])
            .arg(folder.join("data"));
        output_of(initdb).await?;
        let port = ports::free()?;
        let settings: Vec<_> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let server = launch(&account, &programs, &folder, port, &settings)?;
        let mut postgres = Self { server, account, programs, folder, port, settings };
        postgres.answers().await?;
        Ok(postgres)
    }

    /// Starts it again on the same data, however it ended.
    ///
    /// # Errors
    /// When it does not answer in time; its output is part of the error.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let what = "PostgreSQL to start again";
        // A killed server's processes keep its shared memory for a moment, and a start is refused until then.
        let again = until(what, START_TIMEOUT, || {
            let running = self.server.status().is_none();
            let again = || launch(&self.account, &self.programs, &self.folder, self.port, &self.settings);
            if !running && let Ok(server) = again() {
                self.server = server;
            }
            let probe = self.probe();
            async move { output_of(probe).await.ok() }
        });
        again.await.map_err(|error| anyhow::anyhow!("{error}:\n{}", self.server.output()))?;
        Ok(())
    }

    async fn answers(&mut self) -> anyhow::Result<()> {
        let ready = until("PostgreSQL", START_TIMEOUT, || async { output_of(self.probe()).await.ok() });
        ready.await.map_err(|error| anyhow::anyhow!("{error}:\n{}", self.server.output()))?;
        Ok(())
    }

    fn probe(&self) -> Command {
        let port = self.port.to_string();
        command(self.programs.join("pg_isready"), &["-q", "-t", "1", "-h", "127.0.0.1", "-p", &port])
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Stops it as `pg_ctl stop -m immediate` does: all backends at once, without a checkpoint.
    ///
    /// # Errors
    /// When it still runs at the deadline.
    pub async fn stop_immediately(&mut self) -> anyhow::Result<()> {
        self.server.signal(Signal::SIGQUIT);
        self.server.ended(STOP_TIMEOUT).await.map(drop)
    }

    /// Freezes all of its processes, or lets them continue.
    pub fn freeze(&self, frozen: bool) {
        self.server.signal_all(if frozen { Signal::SIGSTOP } else { Signal::SIGCONT });
    }

    /// Terminates every other connection.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn end_backends(&self) -> anyhow::Result<()> {
        const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                           WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        output_of(psql(&self.url(), TERMINATE)).await.map(drop)
    }

    /// The URL of the maintenance database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(super) async fn stop(&mut self) {
        self.server.stop(Signal::SIGINT, STOP_TIMEOUT).await;
    }
}

fn launch(
    account: &Account,
    programs: &Path,
    folder: &Path,
    port: u16,
    settings: &[String],
) -> anyhow::Result<Running> {
    let mut server = account.command(programs.join("postgres"));
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).args(["-c", CONNECTIONS]);
    server.args(["-c", "listen_addresses=127.0.0.1", "-p", &port.to_string()]);
    server.args(settings.iter().flat_map(|setting| ["-c", setting]));
    Running::start("PostgreSQL", &mut server, &folder.with_extension("log"))
}

/// A database for one world, on the server of the run.
#[derive(Clone, Debug)]
pub struct Database {
    url: String,
}

impl Database {
    /// Creates an empty database on the server of the URL `maintenance`.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn create(maintenance: &str) -> anyhow::Result<Self> {
        let name = ids::named("swath");
        let (server, _) = maintenance.rsplit_once('/').context("no database in the URL")?;
        output_of(psql(maintenance, &format!("CREATE DATABASE {name}"))).await?;
        Ok(Self { url: format!("{server}/{name}") })
    }

    /// The URL of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port of its server.
    ///
    /// # Errors
    /// When the URL has no port.
    pub fn port(&self) -> anyhow::Result<u16> {
        let (server, _) = self.url.rsplit_once('/').context("no database in the URL")?;
        Ok(server.rsplit_once(':').context("no port in the URL")?.1.parse()?)
    }

    /// Runs a statement that reads, and returns its rows as text. The server refuses writes.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn read(&self, statement: &str) -> anyhow::Result<Vec<Vec<String>>> {
        let mut psql = psql(&self.url, statement);
        psql.env("PGOPTIONS", "-c default_transaction_read_only=on");
        let text = output_of(psql).await?;
        Ok(text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect())
    }
}

fn psql(url: &str, statement: &str) -> Command {
    command("psql", &["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
}

fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The account that runs the server: our own, or `postgres` if we are root, because PostgreSQL refuses to run as
/// root.
#[derive(Debug)]
struct Account(Option<User>);

impl Account {
    fn choose() -> anyhow::Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self(None));
        }
        let user = User::from_name("postgres")?;
        anyhow::ensure!(user.is_some(), "no user `postgres`: is the package postgresql installed?");
        Ok(Self(user))
    }

    fn own(&self, folder: &Path) -> anyhow::Result<()> {
        if let Some(user) = &self.0 {
            std::os::unix::fs::chown(folder, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        Ok(())
    }

    fn command(&self, program: PathBuf) -> Command {
        let folder = program.parent().map(Path::to_owned);
        let mut command = match &self.0 {
            None => bound_to_parent_with(&[], program, "INT"),
            Some(user) => {
                let (uid, gid) = (format!("--reuid={}", user.uid), format!("--regid={}", user.gid));
                bound_to_parent_with(&[&uid, &gid, "--clear-groups"], program, "INT")
            }
        };
        // initdb complains about a working folder that its user may not enter.
        command.current_dir(folder.unwrap_or_else(|| PathBuf::from("/")));
        command
    }
}

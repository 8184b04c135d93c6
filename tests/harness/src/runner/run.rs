//! The state of one run: its options, servers and counts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use swath_harness::servers::Servers;
use tempfile::TempDir;
use tokio::process::Command;

use crate::durations::Durations;
use crate::fetch;
use crate::options::{Options, Part};
use crate::step::{self, Kind};
use crate::tally::Tally;

/// The state of one run.
pub struct Run {
    /// The command line's options.
    pub options: Options,
    part: Part,
    tally: Tally,
    durations: Durations,
    servers: Option<Servers>,
    scratch: TempDir,
    build: PathBuf,
}

impl Run {
    /// Prepares a run. Nothing is started yet.
    pub fn prepare(options: Options) -> anyhow::Result<Self> {
        let scratch = tempfile::Builder::new().prefix("swath-tests-").tempdir()?;
        let here = std::env::current_exe()?;
        let build = here.parent().map(Path::to_owned).unwrap_or_default();
        let (part, tally, durations) = (options.part, Tally::default(), Durations::default());
        Ok(Self { options, part, tally, durations, servers: None, scratch, build })
    }

    /// Names the part that the next steps belong to.
    pub fn begin(&mut self, part: Part) {
        self.part = part;
    }

    /// A folder for downloads, which is kept from run to run.
    pub fn cache(&self) -> PathBuf {
        self.build.join("swath-tests-cache")
    }

    /// The `target` folder of cargo.
    pub fn target(&self) -> PathBuf {
        self.build.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// A program of the same build, with the environment of [`Run::cargo`].
    pub fn program(&self, name: &str) -> Command {
        self.surrounded(Command::new(self.build.join(name)))
    }

    /// A program of the shipped build profile, with the Swath of that build as the binary under test.
    pub fn shipped(&self, name: &str) -> Command {
        let folder = self.build.with_file_name("dist");
        let mut command = self.surrounded(Command::new(folder.join(name)));
        command.env("SWATH_TEST_BINARY", folder.join("swath"));
        command
    }

    /// A cargo command whose tests find the servers and put their temporary files into this run's folder.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        for (key, _) in std::env::vars_os().filter(|(key, _)| is_of_our_package(key)) {
            command.env_remove(key);
        }
        self.surrounded(command)
    }

    fn surrounded(&self, mut command: Command) -> Command {
        command.env("TMPDIR", self.scratch.path());
        command.env("SWATH_TEST_BINARY", self.build.join("swath"));
        command.envs(self.servers.iter().flat_map(Servers::environment));
        command
    }

    /// Runs a step and counts it. True if it passed.
    pub async fn step(&mut self, title: &str, kind: Kind, command: Command) -> bool {
        let start = Instant::now();
        let tally = step::run(title, kind, command).await;
        self.durations.add(self.part, title, start.elapsed());
        self.tally.add(tally);
        tally.failed == 0
    }

    /// Runs a step while the servers start, because both take about as long.
    pub async fn step_and_servers(&mut self, title: &str, kind: Kind, command: Command) -> bool {
        let (cache, install, start) = (self.cache(), self.cargo(&["install"]), Instant::now());
        let servers = async {
            let (servers, store) = tokio::join!(Servers::start(), fetch::object_store(&cache, install));
            let mut servers = servers?;
            servers.add_object_store(&store?).await?;
            anyhow::Ok(servers)
        };
        let (tally, servers) = tokio::join!(step::run(title, kind, command), servers);
        self.durations.add(self.part, title, start.elapsed());
        self.tally.add(tally);
        match servers {
            Ok(servers) => self.servers = Some(servers),
            Err(error) => self.fail(&format!("the servers did not start: {error:#}")),
        }
        tally.failed == 0 && self.servers.is_some()
    }

    /// Counts a failure outside of any step.
    pub fn fail(&mut self, message: &str) {
        println!("{message}");
        self.tally.failed += 1;
    }

    /// Counts one more check: no process of Swath that the tests started has panicked.
    pub fn look_for_panics(&mut self, title: &str) {
        let logs = logs_below(self.scratch.path());
        let guilty = logs.iter().find_map(|log| {
            let text = std::fs::read_to_string(log).unwrap_or_default();
            text.lines().find(|line| line.contains("panicked at")).map(str::to_owned)
        });
        match guilty {
            Some(line) => self.fail(&format!("{title}: a process panicked: {line}")),
            None => self.tally.passed += 1,
        }
    }

    /// Stops the servers in an orderly way.
    pub async fn stop_servers(&mut self) {
        if let Some(servers) = self.servers.take() {
            servers.stop().await;
        }
    }

    /// Prints the result: the counts, then a sentence.
    pub fn report(mut self) -> ExitCode {
        if let Some(file) = self.options.json.take()
            && let Err(error) = std::fs::write(&file, format!("{}\n", self.tally.report()))
        {
            self.fail(&format!("cannot write {}: {error}", file.display()));
        }
        if self.options.keep {
            println!("data and logs are in {}", self.scratch.keep().display());
        }
        println!("{}", self.durations);
        println!("{}", self.tally);
        if self.tally.is_good() {
            println!("All tests passed.");
            return ExitCode::SUCCESS;
        }
        println!("The tests did not pass: failed and skipped must both be 0, and something must have run.");
        ExitCode::FAILURE
    }
}

/// True for variables that `cargo run` sets about our own package. Build scripts that read them would run again each
/// time, and everything that depends on them would be built again.
fn is_of_our_package(key: &OsStr) -> bool {
    let key = key.to_string_lossy();
    key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_")
}

/// The logs of all processes below a folder.
fn logs_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let logs = files.into_iter().filter(|file| file.ends_with("log"));
    logs.chain(folders.iter().flat_map(|folder| logs_below(folder))).collect()
}

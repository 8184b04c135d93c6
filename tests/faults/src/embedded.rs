//! The embedded deployment: one process on SQLite, which is killed, frozen, started twice, and has a full disk.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use nix::sys::signal::Signal;
use swath_client::Client;
use swath_harness::process::Environment;
use swath_harness::{Service, ids};
use swath_load::{Plan, Scene};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use crate::disk::Disk;
use crate::report::Row;
use crate::trial::{Must, Trial, plan};

const FAULTS: [&str; 6] = [
    "kill -9, fifty times",
    "stopped",
    "clients hang up",
    "disk full",
    "a second process",
    "SIGTERM and open streams",
];
/// How often the process is killed.
const KILLS: usize = 50;
/// How many calls succeed between two kills.
const CALLS_BETWEEN_KILLS: u64 = 40;
const FAULT_DURATION: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(60);
/// Enough for what the trials write.
const DISK_MEGABYTES: u32 = 256;
/// How many uploads are open when the process is asked to stop.
const STREAMS: usize = 3;
const DEPLOYMENT: &str = "embedded";

/// The installation, with its data on a small disk.
#[derive(Default)]
pub struct Embedded {
    installation: Option<Installation>,
}

struct Installation {
    service: Service,
    token: String,
    disk: Disk,
}

impl Embedded {
    /// The names of its faults.
    pub fn faults(&self) -> Vec<&'static str> {
        FAULTS.to_vec()
    }

    /// Starts the process.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        let disk = Disk::mount(DISK_MEGABYTES)?;
        let token = format!("admin-{}", ids::fresh());
        let environment: Environment = [
            ("SWATH__ADMIN__TOKEN", token.clone()),
            ("SWATH__SERVER__SECRET", format!("secret-{}", ids::fresh())),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        let mut service = Service::new("swath", None, disk.path(), &environment)?;
        service.start().await?;
        self.installation = Some(Installation { service, token, disk });
        Ok(())
    }

    /// The running process.
    pub fn services(&self) -> &[Service] {
        self.installation
            .as_ref()
            .map(|installation| std::slice::from_ref(&installation.service))
            .unwrap_or_default()
    }

    /// Stops the process.
    pub fn close(&mut self) {
        self.installation = None;
    }

    /// Plays a fault.
    pub async fn play(&mut self, name: &str, seed: u64) -> anyhow::Result<Row> {
        let installation = self.installation.as_mut().context("the installation is not running")?;
        match name {
            "a second process" => installation.second().await,
            "SIGTERM and open streams" => installation.streams(seed).await,
            _ => installation.under_load(name, seed).await,
        }
    }
}

impl Installation {
    fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(&self.service.url())?.with_token(&self.token)?)
    }

    async fn under_load(&mut self, name: &str, seed: u64) -> anyhow::Result<Row> {
        let mut plan = plan(seed, Must::Recover);
        if name == "clients hang up" {
            plan.hangs_up = 30.0;
        }
        let mut trial = Trial::begin(name, DEPLOYMENT, &self.client()?, plan, Must::Recover).await?;
        match name {
            "kill -9, fifty times" => self.kill_again_and_again(&trial).await?,
            "stopped" => {
                self.service.signal(Signal::SIGSTOP);
                trial.hold(FAULT_DURATION).await;
                self.service.signal(Signal::SIGCONT);
            }
            "disk full" => {
                self.disk.fill()?;
                trial.hold(FAULT_DURATION).await;
                self.disk.free();
            }
            _ => trial.hold(FAULT_DURATION).await,
        }
        trial.end().await
    }

    async fn kill_again_and_again(&mut self, trial: &Trial) -> anyhow::Result<()> {
        for _ in 0..KILLS {
            let (before, start) = (trial.operations(), Instant::now());
            while trial.operations() < before + CALLS_BETWEEN_KILLS {
                ensure!(start.elapsed() < TIMEOUT, "no call succeeds between two kills");
                sleep(Duration::from_millis(5)).await;
            }
            self.service.kill();
            self.service.start().await?;
        }
        Ok(())
    }

    /// A second process on the same folder is refused, and the first one continues.
    async fn second(&mut self) -> anyhow::Result<Row> {
        let mut second = self.service.twin()?;
        second.launch()?;
        let status = second.ended().await?;
        let mut found = Vec::new();
        if status.success() {
            found.push("a second process ran on the same folder".to_owned());
        }
        let _: serde_json::Value = self.client()?.get("/v1/me", &[]).await?;
        Ok(row("a second process", 1, Duration::ZERO, found))
    }

    /// The process is asked to stop while uploads are open that never end: it stops in time, and no acknowledged work
    /// is lost.
    async fn streams(&mut self, seed: u64) -> anyhow::Result<Row> {
        const NAME: &str = "SIGTERM and open streams";
        let trial =
            Trial::begin(NAME, DEPLOYMENT, &self.client()?, plan(seed, Must::Recover), Must::Recover).await?;
        let alone = Plan { annotators: 0, reviewers: 0, ..plan(seed, Must::Recover) };
        let manager = Scene::set(&self.client()?, &alone).await?.manager;
        let mut streams = Vec::new();
        for number in 0..STREAMS {
            streams.push(Stream::open(&manager, self.disk.path().join(format!("stream-{number}")))?);
        }
        for stream in &mut streams {
            stream.write(b"{\"uri\": \"https://pictures.example/1.png\"}\n").await?;
        }
        let status =
            timeout(TIMEOUT, self.service.terminate()).await.context("the process does not stop")??;
        drop(streams);
        self.service.start().await?;
        let mut row = trial.end().await?;
        if status.code() != Some(0) {
            row.violations += 1;
            row.found.push(format!("the process ended with {status}"));
        }
        Ok(row)
    }
}

/// An upload that has begun and does not end.
struct Stream {
    pipe: tokio::net::unix::pipe::Sender,
    _upload: AbortOnDropHandle<()>,
}

impl Stream {
    fn open(manager: &Client, path: PathBuf) -> anyhow::Result<Self> {
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU)?;
        let (manager, from) = (manager.clone(), path.clone());
        let upload = tokio::spawn(async move {
            let name = [("name", ids::named("stream"))];
            // The upload fails when the process stops, which is expected.
            let _ = manager.upload("/v1/datasets", &name, "application/x-ndjson", &from).await;
        });
        let pipe = tokio::net::unix::pipe::OpenOptions::new().read_write(true).open_sender(&path)?;
        Ok(Self { pipe, _upload: AbortOnDropHandle::new(upload) })
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.pipe.write_all(bytes).await
    }
}

fn row(name: &str, operations: u64, recovered: Duration, found: Vec<String>) -> Row {
    Row {
        fault: name.to_owned(),
        deployment: DEPLOYMENT,
        operations,
        unavailable_ms: 0,
        recovered_ms: u64::try_from(recovered.as_millis()).unwrap_or(u64::MAX),
        violations: found.len() as u64,
        found,
    }
}

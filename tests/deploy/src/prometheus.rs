//! A private Prometheus with the shipped rules, whose windows are scaled down to seconds.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use swath_harness::children::{Running, bound_to_parent};
use swath_harness::{ports, until};
use tempfile::TempDir;

use crate::read;

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The windows of rules and dashboards, and what they are scaled down to. Scrapes are one second apart.
const WINDOWS: [(&str, &str); 6] =
    [("5m", "8s"), ("10m", "9s"), ("15m", "10s"), ("30m", "12s"), ("1h", "15s"), ("6h", "20s")];

/// The scrape targets: the name of a service, and the addresses of its processes.
pub type Targets = Vec<(String, Vec<String>)>;

/// A Prometheus server.
pub struct Prometheus {
    server: Running,
    port: u16,
    client: reqwest::Client,
    _folder: TempDir,
}

/// An expression with scaled windows.
pub fn scaled(text: &str) -> String {
    let windows = WINDOWS.iter().map(|(long, short)| (format!("[{long}]"), format!("[{short}]")));
    windows.fold(text.to_owned(), |text, (long, short)| text.replace(&long, &short))
}

/// Rules with scaled windows and scaled `for` times.
fn scaled_rules(text: &str) -> String {
    let patient = |line: &str| line.trim_start().starts_with("for: ");
    let line = |line: &str| {
        if patient(line) {
            line.split("for: ").next().unwrap_or_default().to_owned() + "for: 1s"
        } else {
            scaled(line)
        }
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

impl Prometheus {
    /// Starts a server that scrapes these targets.
    pub async fn start(targets: &Targets) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("swath-prometheus-").tempdir()?;
        for rules in ["recording.yml", "alerts.yml"] {
            let text = scaled_rules(&read(&format!("deploy/prometheus/{rules}")));
            std::fs::write(folder.path().join(rules), text)?;
        }
        let scrapes: Vec<_> = targets
            .iter()
            .map(|(job, targets)| json!({"job_name": job, "static_configs": [{"targets": targets}]}))
            .collect();
        let every = json!({"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "1s"});
        let config = json!({"global": every, "rule_files": ["recording.yml", "alerts.yml"], "scrape_configs": scrapes});
        // JSON is valid YAML.
        std::fs::write(folder.path().join("prometheus.yml"), config.to_string())?;
        let port = ports::free()?;
        let server = launch(folder.path(), port)?;
        let prometheus = Self { server, port, client: reqwest::Client::new(), _folder: folder };
        let ready =
            until("Prometheus", START_TIMEOUT, || async { prometheus.ask("vector(1)").await.ok() }).await;
        if let Err(error) = ready {
            anyhow::bail!("{error}:\n{}", prometheus.server.output());
        }
        Ok(prometheus)
    }

    /// Evaluates an expression. Returns a sample for each series.
    pub async fn ask(&self, expression: &str) -> anyhow::Result<Vec<Value>> {
        let url = format!("http://{}/api/v1/query", ports::local(self.port));
        let url = reqwest::Url::parse_with_params(&url, [("query", expression)])?;
        let answer: Value = self.client.get(url).send().await?.json().await?;
        anyhow::ensure!(answer["status"] == "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().cloned().context("no result")
    }

    /// Evaluates an expression whose result is a single number.
    pub async fn number(&self, expression: &str) -> Option<f64> {
        self.ask(expression).await.ok()?.first()?["value"][1].as_str()?.parse().ok()
    }
}

fn launch(folder: &Path, port: u16) -> anyhow::Result<Running> {
    let mut command: Command = bound_to_parent("prometheus", "KILL");
    command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
    command.arg(format!("--web.listen-address={}", ports::local(port)));
    Running::start("Prometheus", &mut command, &folder.join("log"))
}

//! Recording rules and alerts, checked by promtool, and their runbooks.

use crate::{at, read, run};

const FOLDER: &str = "deploy/prometheus";

/// The names of all alerts.
fn alerts() -> Vec<String> {
    let rules = read("deploy/prometheus/alerts.yml");
    let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn prometheus_takes_the_rules_and_the_configuration() {
    run(FOLDER, "promtool", &["check", "config", "prometheus.yml"]).await;
}

#[tokio::test]
async fn every_alert_fires_when_it_must_and_stays_silent_otherwise() {
    run(FOLDER, "promtool", &["test", "rules", "alerts_test.yml"]).await;
    let tests = read("deploy/prometheus/alerts_test.yml");
    for alert in alerts() {
        for case in ["fires", "stays silent"] {
            assert!(tests.contains(&format!("name: {alert} {case}\n")), "{alert} {case}: not tested");
        }
    }
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let alerts = alerts();
    assert!(!alerts.is_empty());
    for alert in &alerts {
        let book = read(&format!("docs/runbooks/{alert}.md"));
        for part in ["## What it means", "## What to look at", "## What to do"] {
            assert!(book.contains(part), "{alert}: {part} is missing");
        }
        let rules = read("deploy/prometheus/alerts.yml");
        assert!(rules.contains(&format!("runbook: docs/runbooks/{alert}.md\n")), "{alert} names no runbook");
    }
    for file in std::fs::read_dir(at("docs/runbooks")).unwrap().flatten() {
        let name = file.file_name().to_string_lossy().replace(".md", "");
        assert!(alerts.contains(&name), "{name}: a runbook without an alert");
    }
}

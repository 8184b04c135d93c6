//! The browser's log: faults of the pages.

use serde_json::{Value, json};

use crate::{Browser, done};

impl Browser {
    /// Violations of the content security policy and uncaught errors since the last call. Refusals by the network or
    /// the server are not faults of a page.
    pub async fn faults(&self) -> Vec<String> {
        let entries = done("the log", self.driver("se/log", &json!({"type": "browser"})).await);
        let entries = entries.as_array().cloned().unwrap_or_default();
        let faults = entries.iter().filter(|entry| is_fault(entry));
        faults.map(|entry| format!("{}: {}", entry["source"], entry["message"])).collect()
    }
}

fn is_fault(entry: &Value) -> bool {
    let message = entry["message"].as_str().unwrap_or_default();
    let breaks_policy = message.contains("Content Security Policy") || entry["source"] == "security";
    breaks_policy || (entry["level"] == "SEVERE" && entry["source"] != "network")
}

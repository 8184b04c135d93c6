//! What WebDriver does not know: the themes, small screens, and pictures of a page.

use std::path::Path;

use serde_json::{Value, json};

use crate::{Browser, done};

/// What a person prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// As in `prefers-color-scheme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Sets what the person prefers, in the tab at hand: a theme, and no motion, so that nothing is seen on its way.
    pub async fn prefers(&self, theme: Theme) {
        let features = [("prefers-color-scheme", theme.name()), ("prefers-reduced-motion", "reduce")];
        let features = features.map(|(name, value)| json!({"name": name, "value": value}));
        done("a theme", self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await);
    }

    /// Shows the page on a screen of this size.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        done("a size", self.devtools("Emulation.setDeviceMetricsOverride", size).await);
    }

    /// Writes what is seen of the page into a PNG file.
    pub async fn screenshot(&self, file: &Path) {
        done("a file", std::fs::write(file, done("a screenshot", self.client.screenshot().await)));
    }

    /// Sends a command of the DevTools protocol, as in `HeapProfiler.collectGarbage`.
    ///
    /// # Errors
    /// When the driver cannot be reached, or refuses the command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> anyhow::Result<Value> {
        self.driver("goog/cdp/execute", &json!({"cmd": command, "params": parameters})).await
    }

    /// Asks the driver for what WebDriver's own commands do not cover.
    pub(crate) async fn driver(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.http.post(format!("{}/{path}", self.session)).json(body).send().await?;
        let (status, document) = (answer.status(), answer.json::<Value>().await?);
        anyhow::ensure!(status.is_success(), "{path} {body}: {document}");
        Ok(document["value"].clone())
    }
}

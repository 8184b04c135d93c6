//! What WebDriver cannot do: themes, small screens, and screenshots.

use std::path::Path;

use serde_json::{Value, json};

use crate::{Browser, done};

/// The colour scheme that a user prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

impl Theme {
    /// Both themes.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The value of `prefers-color-scheme`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Sets the user's preferences in the current tab: a theme, and reduced motion, so that screenshots show no
    /// animation.
    pub async fn prefers(&self, theme: Theme) {
        let features = [("prefers-color-scheme", theme.name()), ("prefers-reduced-motion", "reduce")];
        let features = features.map(|(name, value)| json!({"name": name, "value": value}));
        done("a theme", self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await);
    }

    /// Sets the size of the screen.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        done("a size", self.devtools("Emulation.setDeviceMetricsOverride", size).await);
    }

    /// Writes a screenshot of the page to a PNG file.
    pub async fn screenshot(&self, file: &Path) {
        done("a file", std::fs::write(file, done("a screenshot", self.client.screenshot().await)));
    }

    /// Sends a command of the DevTools protocol, such as `HeapProfiler.collectGarbage`.
    ///
    /// # Errors
    /// When the driver cannot be reached, or refuses the command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> anyhow::Result<Value> {
        self.driver("goog/cdp/execute", &json!({"cmd": command, "params": parameters})).await
    }

    /// Sends a command that WebDriver does not define to the driver.
    pub(crate) async fn driver(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.http.post(format!("{}/{path}", self.session)).json(body).send().await?;
        let (status, document) = (answer.status(), answer.json::<Value>().await?);
        anyhow::ensure!(status.is_success(), "{path} {body}: {document}");
        Ok(document["value"].clone())
    }
}

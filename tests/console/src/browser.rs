//! A headless Chromium with an empty profile, driven by keys and clicks as a person gives them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use swath_harness::children::{Running, leashed};
use swath_harness::{ports, until};

/// How long the driver may take to listen.
const STARTED: Duration = Duration::from_secs(30);
/// How long something may take to appear on a page, however busy the machine.
const SHOWN: Duration = Duration::from_secs(60);
/// The way of WebDriver to name the key Enter.
pub const ENTER: char = '\u{e007}';

/// See the module.
pub struct Browser {
    client: Client,
    /// Before the folder, which it writes into until it ends.
    _driver: Running,
    _profile: tempfile::TempDir,
}

/// What Chromium is started with: no window, nothing of an earlier run, and no conversation with other hosts.
fn options(profile: &Path) -> Vec<String> {
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en",
        "--window-size=1280,900",
    ];
    let own = format!("--user-data-dir={}", profile.display());
    fixed.into_iter().map(str::to_owned).chain([own]).collect()
}

impl Browser {
    /// Opens a browser with an empty profile.
    pub async fn open() -> anyhow::Result<Self> {
        let profile = tempfile::tempdir()?;
        let port = ports::free()?;
        let mut command: Command = leashed("chromedriver", "KILL");
        command.arg(format!("--port={port}"));
        let driver = Running::start("chromedriver", &mut command, &profile.path().join("driver.log"))?;
        drop(ports::open(port, STARTED).await.context("chromedriver does not listen")?);
        let chromium = json!({"args": options(&profile.path().join("profile"))});
        let capabilities = json!({"goog:chromeOptions": chromium, "goog:loggingPrefs": {"browser": "ALL"}});
        let capabilities = capabilities.as_object().cloned().unwrap_or_default();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let client = builder.connect(&url).await.with_context(|| driver.output())?;
        Ok(Self { client, _driver: driver, _profile: profile })
    }

    /// Opens a page.
    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Waits for what a CSS selector names.
    pub async fn see(&self, selector: &str) -> Element {
        let found =
            until(selector, SHOWN, || async { self.client.find(Locator::Css(selector)).await.ok() }).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{error}; the page says: {}", self.text().await),
        }
    }

    /// Waits until the page says this.
    pub async fn says(&self, words: &str) {
        let said = until(words, SHOWN, || async { self.text().await.contains(words).then_some(()) }).await;
        if let Err(error) = said {
            panic!("{error}; the page says: {}", self.text().await);
        }
    }

    /// What the page says now.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    /// Presses keys one after the other, wherever the page has them go.
    pub async fn press(&self, keys: &str) {
        let keyboard = keys.chars().fold(KeyActions::new("keyboard".to_owned()), |actions, value| {
            actions.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.client.perform_actions(keyboard).await.unwrap();
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// What a script on the page answers.
    pub async fn script(&self, script: &str) -> serde_json::Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Closes the browser in an orderly way.
    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

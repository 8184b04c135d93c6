//! A headless Chromium with an empty profile, driven by keys, clicks and touches as a user would.

mod devtools;
mod keyboard;
mod log;
mod pointer;
mod seeing;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use swath_harness::children::{Running, bound_to_parent};
use swath_harness::{http, ports};

pub use devtools::Theme;
pub use keyboard::TAB;
pub use pointer::Pointer;

/// How long an asynchronous script may take.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(600);
/// How long the driver may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// The Enter key in WebDriver.
pub const ENTER: char = '\u{e007}';
/// The Escape key in WebDriver.
pub const ESCAPE: char = '\u{e00c}';

/// The folder of downloads, beside the profile.
const DOWNLOADS: &str = "downloads";

/// The program that the driver starts as Chromium. It makes Chromium end with the driver, even if the driver is
/// killed.
const CHROMIUM: &str = "#!/bin/sh\nexec setpriv --pdeathsig KILL -- chromium \"$@\"\n";

/// A headless Chromium with an empty profile.
pub struct Browser {
    client: Client,
    /// The URL for commands of the driver that WebDriver does not define: `http://127.0.0.1:PORT/session/ID`.
    session: String,
    http: reqwest::Client,
    /// Dropped before the folder, which the driver writes into until it ends.
    _driver: Running,
    profile: tempfile::TempDir,
}

/// The options of Chromium: no window, no state of earlier runs, and no connections to other hosts.
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
        let mut command: Command = bound_to_parent("chromedriver", "KILL");
        command.arg(format!("--port={port}"));
        let driver = Running::start("chromedriver", &mut command, &profile.path().join("driver.log"))?;
        drop(ports::open(port, START_TIMEOUT).await.context("chromedriver does not listen")?);
        let program = profile.path().join("chromium");
        fs::write(&program, CHROMIUM)?;
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
        let prefs = json!({"download.default_directory": profile.path().join(DOWNLOADS)});
        let options = options(&profile.path().join("profile"));
        let chromium = json!({"binary": program, "args": options, "prefs": prefs});
        let timeouts = json!({"script": SCRIPT_TIMEOUT.as_millis()});
        let capabilities = json!({
            "goog:chromeOptions": chromium, "goog:loggingPrefs": {"browser": "ALL"}, "timeouts": timeouts,
        });
        let capabilities = capabilities.as_object().cloned().unwrap_or_default();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let client = builder.connect(&url).await.with_context(|| driver.output())?;
        let id = client.session_id().await?.context("the driver has no session")?;
        let (session, http) = (format!("{url}/session/{id}"), http::client());
        Ok(Self { client, session, http, _driver: driver, profile })
    }

    /// Opens a page.
    pub async fn goto(&self, url: &str) {
        done(url, self.client.goto(url).await);
    }

    /// The path of a downloaded file.
    pub fn download(&self, name: &str) -> PathBuf {
        self.profile.path().join(DOWNLOADS).join(name)
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        done("reload", self.client.refresh().await);
    }

    /// Reloads the page while the server is unavailable, and checks that it does not load.
    pub async fn reload_offline(&self) {
        let _ = self.client.refresh().await;
        let is_ours = self.script("return document.querySelector('#app') !== null").await;
        assert_eq!(is_ours, false, "the page was loaded");
    }

    /// Presses keys one after the other, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let keyboard = keys.chars().fold(KeyActions::new("keyboard".to_owned()), |actions, value| {
            actions.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        done("keys", self.client.perform_actions(keyboard).await);
    }

    /// Presses Enter.
    pub async fn enter(&self) {
        self.press(&ENTER.to_string()).await;
    }

    /// Opens another tab and switches to it. Returns the previous tab.
    pub async fn open_tab(&self) -> WindowHandle {
        let opened = done("a new tab", self.client.new_window(true).await);
        self.switch_to(opened.handle).await
    }

    /// Switches to another tab. Returns the previous tab.
    pub async fn switch_to(&self, tab: WindowHandle) -> WindowHandle {
        let before = done("the tab at hand", self.client.window().await);
        done("another tab", self.client.switch_to_window(tab).await);
        before
    }

    /// Runs a script on the page, and returns its result.
    pub async fn script(&self, script: &str) -> Value {
        self.script_with(script, Vec::new()).await
    }

    /// As [`Browser::script`], with arguments.
    pub async fn script_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        done(script, self.client.execute(script, arguments).await)
    }

    /// Runs an asynchronous script, which reports its result by calling its last argument.
    ///
    /// # Errors
    /// When the script throws, or does not report in time.
    pub async fn script_async(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        Ok(self.client.execute_async(script, arguments).await?)
    }

    /// Closes the browser in an orderly way. Panics if its log contains faults of the pages.
    pub async fn close(self) {
        let faults = self.faults().await;
        let _ = self.client.clone().close().await;
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

/// Unwraps the result of an action. A test or a measurement cannot continue after a failure.
#[track_caller]
fn done<T, E: std::fmt::Display>(what: &str, outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| panic!("{what}: {error}"))
}

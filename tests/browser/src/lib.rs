//! A headless Chromium with an empty profile, driven by keys, clicks and touches as a person gives them.

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

/// How long a script may take to answer in its own time.
const SCRIPT: Duration = Duration::from_secs(600);
/// How long the driver may take to listen.
const STARTED: Duration = Duration::from_secs(30);
/// The way of WebDriver to name the key Enter.
pub const ENTER: char = '\u{e007}';
/// The same of Escape.
pub const ESCAPE: char = '\u{e00c}';

/// The folder of files that pages have the browser keep, beside its profile.
const DOWNLOADS: &str = "downloads";

/// Chromium as the driver starts it: it ends with the driver, also where that is killed.
const LEASHED: &str = "#!/bin/sh\nexec setpriv --pdeathsig KILL -- chromium \"$@\"\n";

/// See the module.
pub struct Browser {
    client: Client,
    /// Where the driver takes what is beyond WebDriver: `http://127.0.0.1:PORT/session/ID`.
    session: String,
    http: reqwest::Client,
    /// Before the folder, which it writes into until it ends.
    _driver: Running,
    profile: tempfile::TempDir,
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
        let mut command: Command = bound_to_parent("chromedriver", "KILL");
        command.arg(format!("--port={port}"));
        let driver = Running::start("chromedriver", &mut command, &profile.path().join("driver.log"))?;
        drop(ports::open(port, STARTED).await.context("chromedriver does not listen")?);
        let program = profile.path().join("chromium");
        fs::write(&program, LEASHED)?;
        fs::set_permissions(&program, Permissions::from_mode(0o755))?;
        let prefs = json!({"download.default_directory": profile.path().join(DOWNLOADS)});
        let options = options(&profile.path().join("profile"));
        let chromium = json!({"binary": program, "args": options, "prefs": prefs});
        let timeouts = json!({"script": SCRIPT.as_millis()});
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

    /// Where a file is that a page has had the browser keep.
    pub fn kept(&self, name: &str) -> PathBuf {
        self.profile.path().join(DOWNLOADS).join(name)
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        done("reload", self.client.refresh().await);
    }

    /// Loads the page again from a server that is away.
    pub async fn reload_in_vain(&self) {
        let _ = self.client.refresh().await;
        let is_ours = self.script("return document.querySelector('#app') !== null").await;
        assert_eq!(is_ours, false, "the page came all the same");
    }

    /// Presses keys one after the other, wherever the page has them go.
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

    /// Opens another tab and goes there; the one that is left comes back.
    pub async fn open_tab(&self) -> WindowHandle {
        let opened = done("a new tab", self.client.new_window(true).await);
        self.switch_to(opened.handle).await
    }

    /// Goes to another tab; the one that is left comes back.
    pub async fn switch_to(&self, tab: WindowHandle) -> WindowHandle {
        let before = done("the tab at hand", self.client.window().await);
        done("another tab", self.client.switch_to_window(tab).await);
        before
    }

    /// What a script on the page answers.
    pub async fn script(&self, script: &str) -> Value {
        self.script_with(script, Vec::new()).await
    }

    /// The same of a script that takes arguments.
    pub async fn script_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        done(script, self.client.execute(script, arguments).await)
    }

    /// What a script on the page answers in its own time, by calling its last argument.
    ///
    /// # Errors
    /// When it throws at once, or does not answer in time.
    pub async fn script_async(&self, script: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        Ok(self.client.execute_async(script, arguments).await?)
    }

    /// Closes the browser in an orderly way; panics with what its log holds against the pages.
    pub async fn close(self) {
        let faults = self.faults().await;
        let _ = self.client.clone().close().await;
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

/// The outcome of an action. A test or a measurement cannot go on where it failed.
#[track_caller]
fn done<T, E: std::fmt::Display>(what: &str, outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| panic!("{what}: {error}"))
}

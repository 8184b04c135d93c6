//! The demo's server: an ordinary one, on a folder with the pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::args::DemoArgs;
use super::digits::{self, Digit};
use crate::roles::{self, Running, UpOptions};
use swath_client::{Client, new_key};

/// The running server and its pictures.
pub struct DemoServer {
    /// The digits, in the order of the dataset.
    pub digits: Arc<Vec<Digit>>,
    data: PathBuf,
    server: Running,
    admin_token: String,
}

impl DemoServer {
    /// Draws the pictures and starts the server.
    pub async fn start(args: &DemoArgs) -> anyhow::Result<Self> {
        let data = folder(args.data.as_deref())?;
        let pictures = data.join("digits");
        let digits = Arc::new(draw(pictures.clone()).await?);
        // A new token, so that the demo can use a folder where a server has run before.
        let admin_token = format!("demo-{}", new_key());
        let mut server = roles::start(UpOptions {
            config: None,
            data: Some(data.join("swath-data")),
            listen: Some(args.listen.clone()),
            roles: Vec::new(),
            overrides: vec![
                ("media.roots".to_owned(), pictures.display().to_string()),
                ("media.shared".to_owned(), pictures.display().to_string()),
                ("admin.token".to_owned(), admin_token.clone()),
                ("server.metrics_listen".to_owned(), "none".to_owned()),
            ],
            quiet: true,
        })
        .await
        .context("the server did not start")?;
        server.booted().await?;
        Ok(Self { digits, data, server, admin_token })
    }

    /// The URL of the server on this machine.
    pub fn address(&self) -> String {
        self.server.url()
    }

    /// The administrator's token.
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// A client of the server, without a token.
    pub fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(&self.address())?)
    }

    /// The folder of the pictures.
    pub fn pictures(&self) -> PathBuf {
        self.data.join("digits")
    }

    /// The file of the export.
    pub fn export(&self) -> PathBuf {
        self.data.join("digits.jsonl")
    }

    /// The data folder, for messages.
    pub fn folder(&self) -> String {
        self.data.display().to_string()
    }

    /// Runs the server until it is told to stop.
    pub async fn serve(self) -> anyhow::Result<()> {
        self.server.wait(|_| ()).await
    }

    /// Stops the server.
    pub async fn close(self) -> anyhow::Result<()> {
        self.server.stop().await
    }
}

/// The given folder, or a new one, which is kept because it holds the export.
fn folder(wanted: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(folder) = wanted else {
        return Ok(tempfile::Builder::new().prefix("swath-demo-").tempdir()?.keep());
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    Ok(folder.canonicalize()?)
}

async fn draw(folder: PathBuf) -> anyhow::Result<Vec<Digit>> {
    tokio::task::spawn_blocking(move || {
        let digits = digits::all()?;
        digits::draw_all(&digits, &folder)?;
        anyhow::Ok(digits)
    })
    .await?
}

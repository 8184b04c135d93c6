//! The commands about a server of this machine: `up`, `config`, `migrate`, `check`, `move`, `healthcheck`.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;
use serde_json::Value;

use super::output;
use super::session::Connection;
use crate::roles::{self, Role, UpOptions};
use swath_client::Client;
use swath_runtime::administrator::FirstSignIn;
use swath_runtime::boot;

/// The sources of a server's configuration.
#[derive(Args)]
pub struct ServerArgs {
    /// A TOML file over the embedded defaults; SWATH__SECTION__KEY goes over both
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where an embedded server keeps its data
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

/// What `swath up` takes.
#[derive(Args)]
pub struct UpArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Only these roles; all of them unless said otherwise
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROLE")]
    roles: Vec<Role>,
}

/// What `swath check` takes.
#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Findings of each kind that are listed, at most
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `swath move` takes.
#[derive(Args)]
pub struct MoveArgs {
    /// The embedded installation: `sqlite:` and its data folder or file; no process may have it open
    #[arg(long, value_name = "URL")]
    from: String,
    /// An empty PostgreSQL database, as in postgres://user:password@host/database
    #[arg(long, value_name = "URL", env = "SWATH__STORE__URL", hide_env_values = true)]
    to: String,
}

impl ServerArgs {
    fn options(self, roles: Vec<Role>) -> UpOptions {
        let Self { config, data, listen } = self;
        UpOptions { config, data, listen, roles, overrides: Vec::new(), quiet: false }
    }
}

/// Runs the server until it is told to stop.
pub async fn up(args: UpArgs) -> anyhow::Result<()> {
    let running = roles::start(args.server.options(args.roles)).await?;
    if let Some(folder) = running.shared() {
        let folder = folder.display();
        let said = format!(
            "all teams may use the pictures below {folder}: media.roots and media.shared are not set"
        );
        drop(output::line(&said));
    }
    let (url, serves_pages) = (running.url(), running.serves_pages());
    // A closed standard output must not keep the server from serving.
    running.wait(|first| drop(introduce(&url, serves_pages, first))).await
}

/// Prints where the server is, and at the first start how its administrator signs in.
fn introduce(url: &str, serves_pages: bool, first: Option<FirstSignIn>) -> std::io::Result<()> {
    output::line(&format!("serving at {url}"))?;
    let Some(first) = first else { return Ok(()) };
    if let Some(code) = first.code.filter(|_| serves_pages) {
        output::line(&format!("sign in, once and within a quarter of an hour: {url}/#sign-in={code}"))?;
    }
    output::line(&format!("admin token: {}", first.token))
}

/// Prints the configuration in force.
pub fn config(args: ServerArgs) -> anyhow::Result<()> {
    output::line(roles::config_text(&args.options(Vec::new()))?.trim_end())?;
    Ok(())
}

/// Migrates the database that the configuration names.
pub async fn migrate(args: ServerArgs) -> anyhow::Result<()> {
    roles::migrate(&args.options(Vec::new())).await
}

/// Lists stored data that would be refused today. A server may run meanwhile.
pub async fn check(args: CheckArgs) -> anyhow::Result<()> {
    let found = roles::inspect(&args.server.options(Vec::new()), args.limit).await?;
    if args.json {
        output::line(&serde_json::to_string(&found)?)?;
    } else {
        for finding in &found.findings {
            output::line(&format!("{}  {}  {}", finding.kind, finding.subject, finding.message))?;
        }
    }
    let count = found.findings.len();
    let more = if found.more { " or more" } else { "" };
    ensure!(count == 0, "{count}{more} stored records would be refused today; they keep working");
    Ok(())
}

/// Moves an embedded installation to PostgreSQL, and prints what was moved.
pub async fn move_installation(args: MoveArgs) -> anyhow::Result<()> {
    for moved in boot::move_installation(&args.from, &args.to).await? {
        output::line(&format!("{:>12}  {}", moved.rows, moved.table))?;
    }
    Ok(())
}

/// Succeeds if the server reports that it is ready.
pub async fn healthcheck(connection: &Connection) -> anyhow::Result<()> {
    let ready = Client::new(&connection.url)?.get::<Value>("/readyz", &[]).await.context("not ready")?;
    if connection.json {
        output::line(&ready.to_string())?;
    }
    Ok(())
}

//! `swath team`

use clap::Subcommand;
use serde_json::json;

use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] = &[("ID", "/id"), ("NAME", "/name")];

#[derive(Subcommand)]
pub enum TeamCommand {
    /// Make a team; for administrators
    Create {
        /// Its name
        name: String,
    },
    /// List your teams; an administrator's are all there are
    List,
}

/// Carries out a team command.
pub async fn run(session: &Session, command: TeamCommand) -> anyhow::Result<()> {
    match command {
        TeamCommand::Create { name } => session.create("/v1/teams", &json!({"name": name}), COLUMNS).await,
        TeamCommand::List => session.list("/v1/teams", &[], COLUMNS).await,
    }
}

//! `swath team`

use clap::{Args, Subcommand};
use serde_json::Value;
use swath_api::teams::{NewTeam, TeamMediaRequest};

use super::list_flags::OrderFlags;
use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] = &[("ID", "/id"), ("NAME", "/name")];
const MEDIA: &[Column] = &[("EVERYTHING", "/everything"), ("FOLDERS", "/folders"), ("BUCKETS", "/buckets")];

#[derive(Subcommand)]
pub enum TeamCommand {
    /// Make a team; for administrators
    Create {
        /// Its name
        name: String,
    },
    /// List your teams, or all teams for an administrator
    List(OrderFlags),
    /// Show which folders and buckets a team may use as media; with options, set them: for administrators
    Media(MediaArgs),
}

/// A team and its media.
#[derive(Args)]
pub struct MediaArgs {
    /// The team, by id or name
    team: String,
    /// A folder on the server that the team may use, in place of those so far; several times for several
    #[arg(long, value_name = "PATH")]
    folder: Vec<String>,
    /// A bucket prefix that the team may use, as in s3://bucket/prefix/; several times for several
    #[arg(long, value_name = "URL")]
    bucket: Vec<String>,
    /// Let the team use nothing any more
    #[arg(long, conflicts_with_all = ["folder", "bucket"])]
    none: bool,
}

/// Runs a team command.
pub async fn run(session: &Session, command: TeamCommand) -> anyhow::Result<()> {
    match command {
        TeamCommand::Create { name } => session.create("/v1/teams", &NewTeam { name }, COLUMNS).await,
        TeamCommand::List(order) => session.list("/v1/teams", &order.query(), COLUMNS).await,
        TeamCommand::Media(args) => media(session, args).await,
    }
}

async fn media(session: &Session, MediaArgs { team, folder, bucket, none }: MediaArgs) -> anyhow::Result<()> {
    let path = format!("/v1/teams/{}/media", session.team(Some(&team)).await?);
    let media: Value = if none || !folder.is_empty() || !bucket.is_empty() {
        session.client.put(&path, &TeamMediaRequest { folders: folder, buckets: bucket }).await?
    } else {
        session.client.get(&path, &[]).await?
    };
    Ok(session.output.record(MEDIA, &media)?)
}

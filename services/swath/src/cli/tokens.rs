//! `swath token`

use clap::Subcommand;
use serde_json::Value;
use swath_api::tokens::NewTokenRequest;
use swath_domain::{Time, TokenId, UserId};

use super::job_form::due;
use super::output::Column;
use super::session::{Session, id_of};

const COLUMNS: &[Column] =
    &[("ID", "/id"), ("TOKEN", "/token"), ("USER", "/user"), ("TEAM", "/team"), ("EXPIRES", "/expires_at")];
const LISTED: &[Column] = &[
    ("ID", "/id"),
    ("USER", "/user/id"),
    ("NAME", "/user/name"),
    ("TEAM", "/team_name"),
    ("TEAM ID", "/team"),
    ("MADE BY", "/made_by_name"),
    ("MADE BY ID", "/made_by"),
    ("LAST USED", "/last_used_at"),
    ("EXPIRES", "/expires_at"),
];

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown this once
    Create {
        /// The owner, by id or name; yourself by default
        #[arg(long)]
        user: Option<String>,
        /// The team for which it is valid, by id or name; not needed for a user with only one
        #[arg(long)]
        team: Option<String>,
        /// When it expires, such as 2030-01-31T12:00:00Z
        #[arg(long, value_name = "TIME", value_parser = due)]
        expires_at: Option<Time>,
    },
    /// List tokens: all for an administrator, the team's for a manager, your own otherwise
    List {
        /// Only those of this user, by id or name
        #[arg(long)]
        user: Option<String>,
        /// Only those of this team, by id or name
        #[arg(long)]
        team: Option<String>,
    },
    /// End a token at once, or all tokens of a user
    Revoke {
        /// The token's id (not the token itself)
        #[arg(required_unless_present = "user", conflicts_with = "user")]
        id: Option<TokenId>,
        /// All tokens of this user, by id or name
        #[arg(long)]
        user: Option<String>,
        /// Only those for this team, by id or name
        #[arg(long, requires = "user")]
        team: Option<String>,
    },
}

/// Runs a token command.
pub async fn run(session: &Session, command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create { user, team, expires_at } => {
            let team = session.optional_team(team.as_deref()).await?;
            let user = session.optional_user(user.as_deref()).await?;
            create(session, &NewTokenRequest { user, team, expires_at }).await
        }
        TokenCommand::List { user, team } => {
            let team = session.optional_team(team.as_deref()).await?;
            let user = session.optional_user(user.as_deref()).await?;
            session.list("/v1/tokens", &scope(user, team), LISTED).await
        }
        TokenCommand::Revoke { id: Some(id), .. } => {
            session.client.delete(&format!("/v1/tokens/{id}")).await?;
            Ok(session.output.say(&format!("token {id} is revoked"))?)
        }
        TokenCommand::Revoke { user, team, .. } => {
            let team = session.optional_team(team.as_deref()).await?;
            let user = session.optional_user(user.as_deref()).await?;
            let query: Vec<_> =
                scope(user, team).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
            session.client.delete(&format!("/v1/tokens?{}", query.join("&"))).await?;
            Ok(session.output.say("all of these tokens are revoked")?)
        }
    }
}

async fn create(session: &Session, body: &NewTokenRequest) -> anyhow::Result<()> {
    let made: Value = session.client.post("/v1/tokens", body).await?;
    session.output.record(COLUMNS, &made)?;
    if made["token"].is_null() {
        let id: TokenId = id_of(&made)?;
        anyhow::bail!(
            "an earlier attempt has made this token, and its answer was lost; revoke it and make another: \
             swath token revoke {id}"
        );
    }
    Ok(())
}

fn scope(user: Option<UserId>, team: Option<swath_domain::TeamId>) -> Vec<(&'static str, String)> {
    let user = user.map(|user| ("user", user.to_string()));
    user.into_iter().chain(team.map(|team| ("team", team.to_string()))).collect()
}

//! `swath link`

use clap::Args;
use serde_json::{Value, json};
use swath_api::sessions::NewLinkRequest;

use super::output::Column;
use super::session::{Connection, Session};

const COLUMNS: &[Column] =
    &[("LINK", "/link"), ("USER", "/user"), ("TEAM", "/team"), ("EXPIRES", "/expires_at")];

#[derive(Args)]
pub struct LinkArgs {
    /// The user who signs in with it, by id or name; yourself by default
    #[arg(long)]
    user: Option<String>,
    /// The team that the session will open, by id or name; not needed for a user with only one
    #[arg(long)]
    team: Option<String>,
}

/// Creates a link and prints it. The code follows the `#`, which browsers do not send, so that no log contains it.
pub async fn run(session: &Session, connection: &Connection, args: LinkArgs) -> anyhow::Result<()> {
    let team = session.optional_team(args.team.as_deref()).await?;
    let user = session.optional_user(args.user.as_deref()).await?;
    let body = NewLinkRequest { user, team };
    let mut made: Value = session.client.post("/v1/sign-in-links", &body).await?;
    let Some(code) = made["code"].as_str() else {
        anyhow::bail!("an earlier attempt has made this link, and its answer was lost; make another");
    };
    made["link"] = json!(format!("{}/#sign-in={code}", connection.url.trim_end_matches('/')));
    Ok(session.output.record(COLUMNS, &made)?)
}

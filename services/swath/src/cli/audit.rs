//! `swath audit`

use clap::Args;

use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("AT", "/at"),
    ("ACTION", "/action"),
    ("BY", "/actor/name"),
    ("FOR", "/user/name"),
    ("TEAM", "/team_name"),
    ("TEAM ID", "/team"),
    ("TOKEN", "/token"),
    ("DETAIL", "/detail"),
];

/// What was done about people, by whom and for whom.
#[derive(Args)]
pub struct AuditArgs {
    /// Of this team, by id or name; all of the installation for an administrator who names none
    #[arg(long)]
    team: Option<String>,
}

/// Prints the audit log.
pub async fn run(session: &Session, args: AuditArgs) -> anyhow::Result<()> {
    let is_admin = match args.team {
        None => session.is_admin().await?,
        Some(_) => false,
    };
    if is_admin {
        return session.list("/v1/audit", &[], COLUMNS).await;
    }
    let team = session.team(args.team.as_deref()).await?;
    session.list(&format!("/v1/teams/{team}/audit"), &[], COLUMNS).await
}

//! `swath user`

use clap::Subcommand;
use serde_json::Value;
use swath_api::people::EditUser;

use super::list_flags::OrderFlags;
use super::output::{Column, Table};
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("NAME", "/name"),
    ("E-MAIL", "/email"),
    ("ADMIN", "/admin"),
    ("ACTIVE", "/active"),
    ("CREATED", "/created_at"),
];

const ME: &[Column] =
    &[("ID", "/user/id"), ("NAME", "/user/name"), ("E-MAIL", "/user/email"), ("ADMIN", "/user/admin")];
const TEAMS: &[Column] = &[("TEAM", "/id"), ("NAME", "/name"), ("ROLES", "/roles")];

#[derive(Subcommand)]
pub enum UserCommand {
    /// List accounts; for administrators
    List {
        /// Those with this e-mail address
        #[arg(long)]
        email: Option<String>,
        #[command(flatten)]
        order: OrderFlags,
    },
    /// Correct a name or an e-mail address
    Edit {
        /// The account, by id or name
        user: String,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another address
        #[arg(long)]
        email: Option<String>,
        /// Remove the address
        #[arg(long, conflicts_with = "email")]
        no_email: bool,
    },
    /// Deactivate an account: its tokens, leases and reservations end; for administrators
    Deactivate {
        /// The account, by id or name
        user: String,
    },
    /// Activate a deactivated account; it starts without tokens; for administrators
    Activate {
        /// The account, by id or name
        user: String,
    },
}

/// Prints who the token belongs to.
pub async fn whoami(session: &Session) -> anyhow::Result<()> {
    let me: Value = session.client.get("/v1/me", &[]).await?;
    session.output.record(ME, &me)?;
    if session.output.is_json() {
        return Ok(());
    }
    let mut table = Table::new(TEAMS);
    Ok(session.output.page(&mut table, me["teams"].as_array().map_or(&[], Vec::as_slice))?)
}

/// Runs a user command.
pub async fn run(session: &Session, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::List { email, order } => {
            let mut query: Vec<_> = email.into_iter().map(|email| ("email", email)).collect();
            query.extend(order.query());
            session.list("/v1/users", &query, COLUMNS).await
        }
        UserCommand::Edit { user, name, email, no_email } => {
            let email = if no_email { Some(None) } else { email.map(Some) };
            edit(session, &user, EditUser { name, email, active: None }).await
        }
        UserCommand::Deactivate { user } => {
            edit(session, &user, EditUser { active: Some(false), ..EditUser::default() }).await
        }
        UserCommand::Activate { user } => {
            edit(session, &user, EditUser { active: Some(true), ..EditUser::default() }).await
        }
    }
}

async fn edit(session: &Session, user: &str, changes: EditUser) -> anyhow::Result<()> {
    let id = session.user(user).await?;
    let user: Value = session.client.patch(&format!("/v1/users/{id}"), &changes).await?;
    Ok(session.output.record(COLUMNS, &user)?)
}

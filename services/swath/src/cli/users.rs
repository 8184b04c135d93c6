//! `swath user`

use clap::Subcommand;
use serde_json::{Map, Value, json};
use swath_domain::UserId;

use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("NAME", "/name"),
    ("E-MAIL", "/email"),
    ("ADMIN", "/admin"),
    ("ACTIVE", "/active"),
    ("CREATED", "/created_at"),
];

#[derive(Subcommand)]
pub enum UserCommand {
    /// List accounts; for administrators
    List {
        /// Those with this e-mail address
        #[arg(long)]
        email: Option<String>,
    },
    /// Correct a name or an e-mail address
    Edit {
        /// The account
        id: UserId,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another address
        #[arg(long)]
        email: Option<String>,
        /// Take the address away
        #[arg(long, conflicts_with = "email")]
        no_email: bool,
    },
    /// End all that an account has, and let it do nothing any more; for administrators
    Deactivate {
        /// The account
        id: UserId,
    },
    /// Let a deactivated account act again; it starts without tokens; for administrators
    Activate {
        /// The account
        id: UserId,
    },
}

/// Carries out a user command.
pub async fn run(session: &Session, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::List { email } => {
            let query: Vec<_> = email.into_iter().map(|email| ("email", email)).collect();
            session.list("/v1/users", &query, COLUMNS).await
        }
        UserCommand::Edit { id, name, email, no_email } => {
            let mut changes = Map::new();
            changes.extend(name.map(|name| ("name".to_owned(), json!(name))));
            changes.extend(email.map(|email| ("email".to_owned(), json!(email))));
            changes.extend(no_email.then(|| ("email".to_owned(), Value::Null)));
            edit(session, id, &Value::Object(changes)).await
        }
        UserCommand::Deactivate { id } => edit(session, id, &json!({"active": false})).await,
        UserCommand::Activate { id } => edit(session, id, &json!({"active": true})).await,
    }
}

async fn edit(session: &Session, id: UserId, changes: &Value) -> anyhow::Result<()> {
    let user: Value = session.client.patch(&format!("/v1/users/{id}"), changes).await?;
    Ok(session.output.record(COLUMNS, &user)?)
}

//! `swath token`

use clap::Subcommand;
use serde_json::json;
use swath_domain::{TokenId, UserId};

use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] =
    &[("ID", "/id"), ("TOKEN", "/token"), ("USER", "/user"), ("EXPIRES", "/expires_at")];

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown this once
    Create {
        /// Whose token; your own unless said otherwise
        #[arg(long)]
        user: Option<UserId>,
        /// When it ends, as 2030-01-31T12:00:00Z
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
    },
    /// End a token at once
    Revoke {
        /// The token's id (not the token itself)
        id: TokenId,
    },
}

/// Carries out a token command.
pub async fn run(session: &Session, command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create { user, expires_at } => {
            let mut body = json!({});
            if let Some(user) = user {
                body["user"] = json!(user);
            }
            if let Some(expires_at) = expires_at {
                body["expires_at"] = json!(expires_at);
            }
            session.create("/v1/tokens", &body, COLUMNS).await
        }
        TokenCommand::Revoke { id } => {
            session.client.delete(&format!("/v1/tokens/{id}")).await?;
            Ok(session.output.say(&format!("token {id} is revoked"))?)
        }
    }
}

//! `swath invitation`

use clap::Subcommand;
use swath_api::invitations::{AcceptRequest, NewInvitationRequest};

use super::members::{MemberRole, roles};
use super::output::Column;
use super::session::Session;

const COLUMNS: &[Column] = &[
    ("ID", "/id"),
    ("INVITATION", "/invitation"),
    ("ROLES", "/roles"),
    ("FOR", "/note"),
    ("BY", "/invited_by_name"),
    ("EXPIRES", "/expires_at"),
];
const ACCEPTED: &[Column] = &[("USER", "/user"), ("TEAM", "/team"), ("ROLES", "/roles"), ("TOKEN", "/token")];

#[derive(Subcommand)]
pub enum InvitationCommand {
    /// Invite somebody into a team; the code is shown this once, and good once for seven days
    Create {
        /// The team, by id or name; not needed with only one
        #[arg(long)]
        team: Option<String>,
        /// What the user may do there
        #[arg(long, value_enum, value_delimiter = ',', required = true)]
        role: Vec<MemberRole>,
        /// For whom it is meant, in your own words
        #[arg(long)]
        note: Option<String>,
    },
    /// List a team's open invitations
    List {
        /// The team, by id or name; not needed with only one
        #[arg(long)]
        team: Option<String>,
    },
    /// End an invitation that was not accepted yet
    Revoke {
        /// The invitation's id (not its code)
        id: String,
    },
    /// Join a team: with --token as who you are, otherwise with a new account
    Accept {
        /// The code
        invitation: String,
        /// The name of the new account
        #[arg(long)]
        name: Option<String>,
    },
}

/// Runs an invitation command.
pub async fn run(session: &Session, command: InvitationCommand) -> anyhow::Result<()> {
    match command {
        InvitationCommand::Create { team, role, note } => {
            let team = session.team(team.as_deref()).await?;
            let body = NewInvitationRequest { roles: roles(&role), note };
            session.create(&format!("/v1/teams/{team}/invitations"), &body, COLUMNS).await
        }
        InvitationCommand::List { team } => {
            let team = session.team(team.as_deref()).await?;
            session.list(&format!("/v1/teams/{team}/invitations"), &[], COLUMNS).await
        }
        InvitationCommand::Revoke { id } => {
            session.client.delete(&format!("/v1/invitations/{id}")).await?;
            Ok(session.output.say(&format!("invitation {id} is revoked"))?)
        }
        InvitationCommand::Accept { invitation, name } => {
            let body = AcceptRequest { invitation, name };
            session.create("/v1/invitations/accept", &body, ACCEPTED).await
        }
    }
}

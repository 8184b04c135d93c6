//! The way into a team: somebody accepts an invitation.

use serde::{Deserialize, Serialize};
use serde_json::json;
use swath_domain::Role;
use swath_domain::ids::{TeamId, UserId};
use uuid::Uuid;

use crate::engine::core::Core;
use crate::engine::db::Tx;
use crate::error::{Result, StoreError};
use crate::model::requests::{Asked, Created};
use crate::model::tokens::{NewToken, TokenKind};
use crate::model::users::User;
use crate::tables::{invitations, tokens, users};
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::members::{self, RolesChange};

/// Who accepts an invitation.
#[derive(Debug, Clone)]
pub enum Guest {
    /// Somebody with an account.
    Known(UserId),
    /// Somebody who gets this account.
    New(User),
}

impl Guest {
    /// The account that joins, new or existing.
    pub fn user(&self) -> UserId {
        match self {
            Self::Known(user) => *user,
            Self::New(user) => user.id,
        }
    }
}

/// What an accepted invitation has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The account that has joined.
    pub user: UserId,
    /// The team that it has joined.
    pub team: TeamId,
    /// The roles that the invitation gave in the team.
    pub roles: Vec<Role>,
}

/// The command to accept an invitation.
#[derive(Clone)]
pub(crate) struct Accept {
    /// SHA-256 of the invitation's code.
    pub(crate) digest: Vec<u8>,
    pub(crate) guest: Guest,
    /// The token that the guest gets; the team and the user come from the invitation and the guest.
    pub(crate) token: NewToken,
    pub(crate) actor: Actor,
    pub(crate) asked: Option<Asked>,
}

/// The guest joins the team with the invitation's roles beside those held already, and gets a token for it. Answers what
/// this led to and true; or, where the same request did so before, its answer and false.
pub(crate) async fn accept(core: &Core, tx: &mut Tx, command: &Accept) -> Result<Created<Joined>> {
    let Accept { digest, guest, token, actor, asked } = command;
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked.as_ref()).await? {
        return Ok(Created::before(first));
    }
    let user = guest.user();
    let invitation = invitations::find_valid(db, digest, actor.at).await?.ok_or(StoreError::NotFound)?;
    let team = invitation.team;
    if let Guest::New(new) = guest {
        users::insert(db, new).await?;
    }
    if !invitations::accept(db, invitation.id, user, actor.at).await? {
        return Err(StoreError::NotFound);
    }
    let mut audit = Audit::of(actor);
    let detail = json!({"invitation": invitation.id, "inviter": invitation.inviter});
    audit.note("invitation-accept", Some(team), Some(user), Some(detail));
    audit.note("token-create", Some(team), Some(user), Some(json!({"token": token.id})));
    let next_entry = Uuid::from_u128(actor.entry.as_u128().wrapping_add(2));
    audit.write(db).await?;
    let change = RolesChange {
        team,
        user,
        roles: invitation.roles,
        actor: Actor { entry: next_entry, ..actor.clone() },
    };
    members::add_roles(core, db, &change).await?;
    let token = NewToken { team: Some(team), user, ..token.clone() };
    tokens::insert(db, &token, TokenKind::Bearer, Some(user), actor.at).await?;
    let joined = Joined { user, team, roles: invitation.roles.to_vec() };
    keep_answer(db, asked.as_ref(), &joined, actor.at).await?;
    Ok(Created::now(joined))
}

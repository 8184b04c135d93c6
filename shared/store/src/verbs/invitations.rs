//! Invitations: how users enter a team. One is valid once, for a few days, and only as long as its inviter may give the
//! roles that it gives.

use serde_json::json;
use swath_domain::Time;
use swath_domain::ids::{TeamId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::invitations::NewInvitation;
use crate::model::requests::{Asked, Created};
use crate::tables::invitations;
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};

/// Stores an invitation. Answers its id and true; or, where an earlier request under the same key has made one, that
/// one's id and false.
pub(crate) async fn create(
    tx: &mut Tx,
    new: &NewInvitation,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<Created<Uuid>> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(Created::before(first));
    }
    let inviter = actor.user.ok_or(StoreError::NotFound)?;
    invitations::insert(db, new, inviter, actor.at).await?;
    let mut audit = Audit::of(actor);
    let detail = json!({"invitation": new.id, "roles": new.roles.to_vec()});
    audit.note("invitation-create", Some(new.team), None, Some(detail));
    audit.write(db).await?;
    keep_answer(db, asked, &new.id, actor.at).await?;
    Ok(Created::now(new.id))
}

/// Revokes an open invitation.
pub(crate) async fn revoke(tx: &mut Tx, id: Uuid, team: TeamId, actor: &Actor) -> Result<()> {
    let db = &mut tx.db();
    if !invitations::revoke(db, id, actor.at).await? {
        return Err(StoreError::NotFound);
    }
    let mut audit = Audit::of(actor);
    audit.note("invitation-revoke", Some(team), None, Some(json!({"invitation": id})));
    audit.write(db).await
}

/// Revokes the open invitations of a user to a team, who may not invite any more.
pub(crate) async fn revoke_of(
    db: &mut Db<'_>,
    team: TeamId,
    inviter: UserId,
    now: Time,
    audit: &mut Audit<'_>,
) -> Result<()> {
    let revoked = invitations::revoke_of(db, team, inviter, now).await?;
    if revoked > 0 {
        audit.note("invitation-revoke", Some(team), Some(inviter), Some(json!({"count": revoked})));
    }
    Ok(())
}

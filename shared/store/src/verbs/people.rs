//! New accounts and teams.

use serde_json::json;
use swath_domain::FieldError;
use swath_domain::ids::TeamId;

use crate::engine::db::{Db, Tx};
use crate::error::{Result, StoreError};
use crate::model::requests::Asked;
use crate::model::users::User;
use crate::tables::{teams, users};
use crate::verbs::answers::{first_answer, keep_answer};
use crate::verbs::audit_log::{Actor, Audit};

/// Refuses an address that another account has.
pub(crate) async fn require_free_address(db: &mut Db<'_>, user: &User) -> Result<()> {
    match user.email_key() {
        Some(key) if users::is_email_taken(db, &key, user.id).await? => {
            Err(StoreError::Invalid(FieldError::new("email", "belongs to another account")))
        }
        _ => Ok(()),
    }
}

/// Makes an account.
pub(crate) async fn create(tx: &mut Tx, user: &User, actor: &Actor, asked: Option<&Asked>) -> Result<User> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(first);
    }
    match require_free_address(db, user).await {
        // The same request, sent twice, may have made the account since the first look.
        Err(taken @ StoreError::Invalid(_)) => return first_answer(db, asked).await?.ok_or(taken),
        free => free?,
    }
    users::insert(db, user).await?;
    let mut audit = Audit::of(actor);
    audit.note("user-create", None, Some(user.id), None);
    audit.write(db).await?;
    keep_answer(db, asked, user, user.created).await?;
    Ok(user.clone())
}

/// Makes a team.
pub(crate) async fn create_team(
    tx: &mut Tx,
    id: TeamId,
    name: &str,
    actor: &Actor,
    asked: Option<&Asked>,
) -> Result<TeamId> {
    let db = &mut tx.db();
    if let Some(first) = first_answer(db, asked).await? {
        return Ok(first);
    }
    if !teams::insert(db, id, name, actor.at).await? {
        // The same request, sent twice, may have made the team since the first look.
        let taken = || StoreError::Conflict(format!("there is a team `{name}` already"));
        return first_answer(db, asked).await?.ok_or_else(taken);
    }
    let mut audit = Audit::of(actor);
    audit.note("team-create", Some(id), None, Some(json!({"name": name})));
    audit.write(db).await?;
    keep_answer(db, asked, &id, actor.at).await?;
    Ok(id)
}

//! Changes to an account: its name, its address, and whether it may do anything.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use swath_domain::cause::Cause;
use swath_domain::ids::UserId;
use swath_domain::{FieldError, Roles};

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx, execute};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::tables::departures::{self, Departure};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::leavers::{Freed, Holdings};
use crate::verbs::people::{TAKEN, User, is_taken, key_of, lock};
use crate::verbs::{invitations, members, tokens};

/// Changes to an account; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct UserEdit {
    /// A new name.
    pub name: Option<String>,
    /// A new address, or none any more.
    pub email: Option<Option<String>>,
    /// Whether it may do anything.
    pub active: Option<bool>,
}

async fn edit(
    core: &Core,
    tx: &mut Tx,
    id: UserId,
    edit: &UserEdit,
    actor: &Actor,
) -> Result<(User, Vec<Freed>)> {
    let db = &mut tx.db();
    let mut holdings = Holdings::lock(db, id).await?;
    let before = lock(db, id).await?;
    let mut after = before.clone();
    let mut changed = Map::new();
    if let Some(name) = edit.name.as_ref().filter(|name| **name != before.name) {
        changed.insert("name".into(), json!(name));
        after.name.clone_from(name);
    }
    if let Some(address) = edit.email.as_ref().filter(|address| **address != before.email) {
        changed.insert("email".into(), json!(address));
        after.email.clone_from(address);
        if is_taken(db, key_of(&after).as_deref(), id).await? {
            return Err(StoreError::Invalid(FieldError::new("email", TAKEN)));
        }
    }
    let ends = edit.active == Some(false) && before.deactivated.is_none();
    if let Some(active) = edit.active.filter(|active| *active == before.deactivated.is_some()) {
        changed.insert("active".into(), json!(active));
        after.deactivated = (!active).then_some(actor.at);
    }
    if changed.is_empty() {
        return Ok((before, Vec::new()));
    }
    update(db, &after).await?;
    if after.email != before.email {
        set_key(db, &after).await?;
    }
    let mut audit = Audit::of(actor);
    audit.note("user-edit", None, Some(id), Some(Value::Object(changed)));
    let freed = if ends { deactivate(db, &mut holdings, id, actor, &mut audit).await? } else { Vec::new() };
    audit.write(db).await?;
    holdings.write(db, core.stripe).await?;
    Ok((after, freed))
}

async fn update(db: &mut Db<'_>, user: &User) -> Result<()> {
    execute!(
        db,
        "UPDATE users SET name = $2, email = $3, deactivated = $4 WHERE id = $1",
        user.id.0,
        &user.name,
        &user.email,
        user.deactivated.map(|at| at.0);
        |t| {
            let updated = t.users.update(&user.id.0, |row| row.clone_from(user));
            Ok(t.count_change_of_people(updated))
        }
    )?;
    Ok(())
}

/// Takes the address for this account. One that shares an older account's address has no key, and gets none by other
/// changes.
async fn set_key(db: &mut Db<'_>, user: &User) -> Result<()> {
    execute!(
        db,
        "UPDATE users SET email_key = $2 WHERE id = $1",
        user.id.0,
        key_of(user);
        |_t| Ok(1)
    )?;
    Ok(())
}

/// Ends all that an account has: what is leased or reserved, tokens, invitations. Memberships stay.
async fn deactivate(
    db: &mut Db<'_>,
    holdings: &mut Holdings,
    user: UserId,
    actor: &Actor,
    audit: &mut Audit<'_>,
) -> Result<Vec<Freed>> {
    let reason = Some("the account was deactivated".to_owned());
    let cause = Cause { at: actor.at, actor: actor.user, token_maker: None, reason };
    let mut ending: BTreeSet<_> = tokens::all_of(db, user).await?.into_iter().collect();
    let mut freed = Vec::new();
    for (team, _) in members::teams(db, user).await? {
        freed.extend(holdings.free(team, Roles::NONE, &cause));
        ending.extend(tokens::made_for_leads(db, team, user).await?);
        invitations::revoke_of(db, team, user, actor.at, audit).await?;
        departures::put(db, Departure { team, user, at: actor.at }).await?;
    }
    tokens::end(db, ending, actor.at, audit).await?;
    Ok(freed)
}

impl Store {
    /// Edits an account. What a deactivated one had is free in the same transaction, and answered.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none; [`StoreError::Invalid`] where the address belongs to another.
    pub async fn user_edit(&self, id: UserId, changes: UserEdit, actor: Actor) -> Result<(User, Vec<Freed>)> {
        self.write((changes, actor), move |core, tx, (changes, actor)| {
            Box::pin(edit(core, tx, id, changes, actor))
        })
        .await
    }
}

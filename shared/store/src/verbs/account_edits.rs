//! Changes to an account: its name, its address, and whether it may do anything.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use swath_domain::Roles;
use swath_domain::cause::Cause;
use swath_domain::ids::UserId;

use crate::engine::core::Core;
use crate::engine::db::{Db, Tx};
use crate::error::Result;
use crate::model::users::User;
use crate::tables::departures::{self, Departure};
use crate::tables::{members, tokens, users};
use crate::verbs::audit_log::{Actor, Audit};
use crate::verbs::invitations;
use crate::verbs::leavers::{Freed, Holdings};
use crate::verbs::people::require_free_address;
use crate::verbs::tokens::{LEADS, end};

/// Changes to an account; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct UserEdit {
    /// The new name, where it is to change.
    pub name: Option<String>,
    /// A new address, or none any more.
    pub email: Option<Option<String>>,
    /// Whether it may do anything.
    pub active: Option<bool>,
}

/// Edits an account; says how it is afterwards, and what was freed.
pub(crate) async fn edit(
    core: &Core,
    tx: &mut Tx,
    id: UserId,
    edit: &UserEdit,
    actor: &Actor,
) -> Result<(User, Vec<Freed>)> {
    let db = &mut tx.db();
    let mut holdings = Holdings::lock(db, id).await?;
    let before = users::lock(db, id).await?;
    let mut after = before.clone();
    let mut changed = Map::new();
    if let Some(name) = edit.name.as_ref().filter(|name| **name != before.name) {
        changed.insert("name".into(), json!(name));
        after.name.clone_from(name);
    }
    if let Some(address) = edit.email.as_ref().filter(|address| **address != before.email) {
        changed.insert("email".into(), json!(address));
        after.email.clone_from(address);
        require_free_address(db, &after).await?;
    }
    let ends = edit.active == Some(false) && before.deactivated.is_none();
    if let Some(active) = edit.active.filter(|active| *active == before.deactivated.is_some()) {
        changed.insert("active".into(), json!(active));
        after.deactivated = (!active).then_some(actor.at);
    }
    if changed.is_empty() {
        return Ok((before, Vec::new()));
    }
    users::update(db, &after).await?;
    if after.email != before.email {
        users::set_email_key(db, &after).await?;
    }
    let mut audit = Audit::of(actor);
    audit.note("user-edit", None, Some(id), Some(Value::Object(changed)));
    let freed = if ends { deactivate(db, &mut holdings, id, actor, &mut audit).await? } else { Vec::new() };
    audit.write(db).await?;
    holdings.write(db, core.stripe).await?;
    Ok((after, freed))
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
    let mut ending: BTreeSet<_> = tokens::of_user(db, user).await?.into_iter().collect();
    let mut freed = Vec::new();
    for (team, _) in members::teams(db, user).await? {
        freed.extend(holdings.free(team, Roles::NONE, &cause));
        ending.extend(tokens::made_for(db, team, user, LEADS).await?);
        invitations::revoke_of(db, team, user, actor.at, audit).await?;
        departures::put(db, Departure { team, user, at: actor.at }).await?;
    }
    end(db, ending, actor.at, audit).await?;
    Ok(freed)
}

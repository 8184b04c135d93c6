//! The audit log: what was done to accounts, memberships, tokens and invitations, by whom and for whom. It is appended
//! to in the transaction that does it.

use serde_json::Value;
use swath_domain::Time;
use swath_domain::event::Event;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::audit::AuditEntry;
use crate::model::events::NewEvent;
use crate::tables::{audit_log, events};

/// Who changes something about users.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The user; none where Swath itself acts.
    pub user: Option<UserId>,
    /// The token that is used.
    pub token: Option<TokenId>,
    /// A new UUIDv7: the id of the first entry about the change. Further entries count up from it.
    pub entry: Uuid,
    /// When it is done, by the database's clock.
    pub at: Time,
}

/// The entries that one transaction writes.
pub(crate) struct Audit<'a> {
    actor: &'a Actor,
    entries: Vec<AuditEntry>,
}

impl<'a> Audit<'a> {
    pub(crate) fn of(actor: &'a Actor) -> Self {
        Self { actor, entries: Vec::new() }
    }

    /// Adds an entry to those that [`Audit::write`] will write.
    pub(crate) fn note(
        &mut self,
        action: &str,
        team: Option<TeamId>,
        user: Option<UserId>,
        detail: Option<Value>,
    ) {
        let number = self.entries.len() as u128;
        self.entries.push(AuditEntry {
            id: Uuid::from_u128(self.actor.entry.as_u128().wrapping_add(number)),
            at: self.actor.at,
            team,
            actor: self.actor.user,
            token: self.actor.token,
            action: action.to_owned(),
            user,
            detail,
        });
    }

    /// Writes the entries, and an event for each that is about a team.
    pub(crate) async fn write(self, db: &mut Db<'_>) -> Result<()> {
        audit_log::insert(db, &self.entries).await?;
        events::append(db, &self.entries.iter().filter_map(event_of).collect::<Vec<_>>()).await
    }
}

/// The event for those who follow the team that an entry is about.
fn event_of(entry: &AuditEntry) -> Option<NewEvent> {
    let event = Event::People { action: entry.action.clone(), user: entry.user };
    Some(NewEvent { team: entry.team?, at: entry.at, event })
}

//! The audit log: what was done to accounts, memberships, tokens and invitations, by whom and for whom. It is appended
//! to in the transaction that does it.

use serde_json::Value;
use swath_domain::Time;
use swath_domain::event::Event;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, execute_each, fetch_as, row};
use crate::error::{Result, StoreError};
use crate::model::events::NewEvent;
use crate::store::Store;
use crate::tables::events;

/// Who changes something about people.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The user; none where Swath itself acts.
    pub user: Option<UserId>,
    /// The token that is used.
    pub token: Option<TokenId>,
    /// A new UUIDv7: the id of the first entry about it. Further entries count up from it.
    pub entry: Uuid,
    /// When.
    pub at: Time,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// A UUIDv7, so that ids are in the order of time.
    pub id: Uuid,
    /// When.
    pub at: Time,
    /// The team that it is about; none for what concerns the whole installation.
    pub team: Option<TeamId>,
    /// Who did it; none where Swath itself did.
    pub actor: Option<UserId>,
    /// The token that was used.
    pub token: Option<TokenId>,
    /// What was done, as in `member-put`.
    pub action: String,
    /// For whom.
    pub user: Option<UserId>,
    /// More by the action: roles, ids.
    pub detail: Option<Value>,
}

row! {
    pub(crate) struct AuditRow {
        id: Uuid, at: i64, team: Option<Uuid>, actor: Option<Uuid>, token: Option<Uuid>, action: String,
        person: Option<Uuid>, detail: Option<String>,
    }
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self> {
        let detail = row.detail.as_deref().map(serde_json::from_str).transpose();
        let corrupt = |error: serde_json::Error| StoreError::Corrupt {
            table: "audit_log",
            id: row.id.to_string(),
            what: format!("detail: {error}"),
        };
        Ok(Self {
            id: row.id,
            at: Time(row.at),
            team: row.team.map(TeamId),
            actor: row.actor.map(UserId),
            token: row.token.map(TokenId),
            action: row.action.clone(),
            user: row.person.map(UserId),
            detail: detail.map_err(corrupt)?,
        })
    }
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

    pub(crate) async fn write(self, db: &mut Db<'_>) -> Result<()> {
        execute_each!(
            db,
            "INSERT INTO audit_log (id, at, team, actor, token, action, person, detail) SELECT * FROM {rows}",
            &self.entries,
            |e| {
                id: uuid = e.id,
                at: bigint = e.at.0,
                team: uuid = e.team.map(|team| team.0),
                actor: uuid = e.actor.map(|user| user.0),
                token: uuid = e.token.map(|token| token.0),
                action: text = e.action.clone(),
                person: uuid = e.user.map(|user| user.0),
                detail: text = e.detail.as_ref().map(Value::to_string),
            };
            |t| t.audit_log.insert(e.id, e.clone())
        )?;
        events::append(db, &self.entries.iter().filter_map(event_of).collect::<Vec<_>>()).await
    }
}

/// What those hear who follow the team that an entry is about.
fn event_of(entry: &AuditEntry) -> Option<NewEvent> {
    let event = Event::People { action: entry.action.clone(), user: entry.user };
    Some(NewEvent { team: entry.team?, at: entry.at, event })
}

impl Store {
    /// A page of the audit log behind entry `after`, oldest first: a team's, or that of the whole installation.
    pub async fn audit_log(&self, team: Option<TeamId>, after: Uuid, limit: i64) -> Result<Vec<AuditEntry>> {
        let mut reader = self.reader().await?;
        let db = &mut reader.db();
        match team {
            Some(team) => fetch_as!(
                db,
                AuditRow => AuditEntry,
                "SELECT id, at, team, actor, token, action, person, detail FROM audit_log
                 WHERE team = $1 AND id > $2 ORDER BY id LIMIT $3",
                team.0,
                after,
                limit;
                |t| {
                    let page = t.audit_log.values().filter(|entry| entry.team == Some(team) && entry.id > after);
                    page.take(limit as usize).cloned().collect()
                }
            ),
            None => fetch_as!(
                db,
                AuditRow => AuditEntry,
                "SELECT id, at, team, actor, token, action, person, detail FROM audit_log
                 WHERE id > $1 ORDER BY id LIMIT $2",
                after,
                limit;
                |t| t.audit_log.values().filter(|entry| entry.id > after).take(limit as usize).cloned().collect()
            ),
        }
    }
}

//! The audit log.

use serde_json::Value;
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

use crate::engine::db::{Db, execute_each, fetch_as, row};
use crate::error::{Result, StoreError};
use crate::model::audit::AuditEntry;

row! {
    struct AuditRow {
        id: Uuid, at: i64, team: Option<Uuid>, actor: Option<Uuid>, token: Option<Uuid>, action: String,
        user: Option<Uuid>, detail: Option<String>,
    }
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self> {
        let corrupt = |error: serde_json::Error| StoreError::Corrupt {
            table: "audit_log",
            id: row.id.to_string(),
            what: format!("detail: {error}"),
        };
        let detail = row.detail.as_deref().map(serde_json::from_str).transpose().map_err(corrupt)?;
        Ok(Self {
            id: row.id,
            at: Time(row.at),
            team: row.team.map(TeamId),
            actor: row.actor.map(UserId),
            token: row.token.map(TokenId),
            action: row.action,
            user: row.user.map(UserId),
            detail,
        })
    }
}

/// Appends entries.
pub(crate) async fn insert(db: &mut Db<'_>, entries: &[AuditEntry]) -> Result<()> {
    execute_each!(
        db,
        "INSERT INTO audit_log (id, at, team, actor, token, action, person, detail) SELECT * FROM {rows}",
        entries,
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
    Ok(())
}

/// At most `limit` entries about a team behind entry `after`, oldest first.
pub(crate) async fn page_of_team(
    db: &mut Db<'_>,
    team: TeamId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    fetch_as!(
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
    )
}

/// At most `limit` entries of the whole installation behind entry `after`, oldest first.
pub(crate) async fn page(db: &mut Db<'_>, after: Uuid, limit: i64) -> Result<Vec<AuditEntry>> {
    fetch_as!(
        db,
        AuditRow => AuditEntry,
        "SELECT id, at, team, actor, token, action, person, detail FROM audit_log
         WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit;
        |t| t.audit_log.values().filter(|entry| entry.id > after).take(limit as usize).cloned().collect()
    )
}

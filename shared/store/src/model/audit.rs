//! Entries of the audit log.

use serde_json::Value;
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

/// One entry of the audit log.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// A UUIDv7, so that ids are in the order of time.
    pub id: Uuid,
    /// When it was done.
    pub at: Time,
    /// The team that it is about; none for what concerns the whole installation.
    pub team: Option<TeamId>,
    /// Who did it; none where Swath itself did.
    pub actor: Option<UserId>,
    /// The token that was used.
    pub token: Option<TokenId>,
    /// What was done, as in `member-put`.
    pub action: String,
    /// The user to whom it was done.
    pub user: Option<UserId>,
    /// More, depending on the action: roles, ids.
    pub detail: Option<Value>,
}

//! Logs: entries of decision logs and of the audit log.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use swath_domain::ids::{AssignmentId, LeaseId, TeamId, TokenId, UserId};
use swath_domain::{Status, Time};
use uuid::Uuid;

use crate::people::NamedUser;

/// An entry of a decision log.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EntryView {
    /// The assignment; absent where the entry is the job's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<AssignmentId>,
    /// Its number in this log, from 1 without a gap.
    pub seq: i64,
    /// When it happened.
    pub at: Time,
    /// Who; absent where Swath itself acted.
    pub actor: Option<UserId>,
    /// Their name today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// Who made the token through which the actor acted, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_maker: Option<UserId>,
    /// Their name today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_maker_name: Option<String>,
    /// What, by the name of the transition.
    pub action: String,
    /// The status before it.
    pub from: Option<Status>,
    /// The status after it.
    pub to: Option<Status>,
    /// The lease under which it happened.
    pub lease_id: Option<LeaseId>,
    /// The assignment's fencing token after it.
    pub fence: i64,
    /// Why, in the words of whoever acted.
    pub reason: Option<String>,
    /// What else a replay needs.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditView {
    /// Its id, in the order of time.
    #[schema(value_type = Uuid)]
    pub id: Uuid,
    /// When.
    pub at: Time,
    /// What was done: `user-create`, `user-edit`, `team-create`, `member-put`, `member-remove`, `token-create`,
    /// `token-revoke`, `invitation-create`, `invitation-revoke`, `invitation-accept`, `sign-in-link-create` or `sign-in`.
    pub action: String,
    /// The team that it is about.
    pub team: Option<TeamId>,
    /// Its name.
    pub team_name: Option<String>,
    /// Who did it; none where Swath itself did.
    pub actor: Option<NamedUser>,
    /// The token that was used.
    pub token: Option<TokenId>,
    /// For whom.
    pub user: Option<NamedUser>,
    /// More by the action: roles, ids.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

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
    /// The assignment; absent in entries of the job itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<AssignmentId>,
    /// Its number in this log, from 1 without a gap.
    pub seq: i64,
    /// When it happened.
    pub at: Time,
    /// The user who acted; none if Swath itself did.
    pub actor: Option<UserId>,
    /// The present name of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// The user who made the token that the actor used, if that is another user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_maker: Option<UserId>,
    /// The present name of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_maker_name: Option<String>,
    /// The name of the transition.
    pub action: String,
    /// The status before it.
    pub from: Option<Status>,
    /// The status after it.
    pub to: Option<Status>,
    /// The lease under which it happened.
    pub lease_id: Option<LeaseId>,
    /// The assignment's fencing token after it.
    pub fence: i64,
    /// The reason, in the actor's words.
    pub reason: Option<String>,
    /// Further details, as a replay needs them.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditView {
    /// Its id, in the order of time.
    #[schema(value_type = Uuid)]
    pub id: Uuid,
    /// When it happened.
    pub at: Time,
    /// The action: `user-create`, `user-edit`, `team-create`, `member-put`, `member-remove`, `token-create`,
    /// `token-revoke`, `invitation-create`, `invitation-revoke`, `invitation-accept`, `sign-in-link-create` or `sign-in`.
    pub action: String,
    /// The team that the action concerns.
    pub team: Option<TeamId>,
    /// The name of the team.
    pub team_name: Option<String>,
    /// The user who acted; none if Swath itself did.
    pub actor: Option<NamedUser>,
    /// The token that was used.
    pub token: Option<TokenId>,
    /// The user whom the action concerns.
    pub user: Option<NamedUser>,
    /// Further details, which depend on the action: roles, ids.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

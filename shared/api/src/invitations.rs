//! Invitations: the requests and answers of `/v1/teams/{team_id}/invitations` and `/v1/invitations`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Time};
use uuid::Uuid;

/// An invitation to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitationRequest {
    /// What the person may do in the team.
    #[schema(value_type = BTreeSet<Role>, min_items = 1, max_items = 3)]
    pub roles: Vec<Role>,
    /// For whom it is meant, in one's own words; only the team's managers see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub note: Option<String>,
}

/// An invitation.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvitationView {
    /// Its id, by which it is revoked.
    #[schema(value_type = Uuid)]
    pub id: Uuid,
    /// Its code, for the person who is invited; shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// What the person may do in the team.
    pub roles: Vec<Role>,
    /// Who invites.
    pub invited_by: UserId,
    /// Their name.
    pub invited_by_name: Option<String>,
    /// For whom it is meant.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be accepted.
    pub expires_at: Time,
}

/// The code of an invitation.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// As it was handed out.
    #[schema(min_length = 1, max_length = 200)]
    pub invitation: String,
}

/// What an invitation shows to the person who is invited.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamName {
    /// The team's name.
    pub team: String,
}

/// An invitation that is accepted.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    /// As it was handed out.
    #[schema(min_length = 1, max_length = 200)]
    pub invitation: String,
    /// The name of the account that is made for somebody who has none; not with a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
}

/// The team that one is in now.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Accepted {
    /// The account.
    pub user: UserId,
    /// The team.
    pub team: TeamId,
    /// What one was invited to do there.
    pub roles: Vec<Role>,
    /// A token for the team, shown this once: the same request under the same key answers without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

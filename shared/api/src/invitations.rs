//! Invitations: the requests and answers of `/v1/teams/{team_id}/invitations` and `/v1/invitations`.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Time};
use uuid::Uuid;

/// A new invitation.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitationRequest {
    /// The roles that the invited person gets in the team.
    #[schema(value_type = BTreeSet<Role>, min_items = 1, max_items = 3)]
    pub roles: Vec<Role>,
    /// Whom it is for, in the manager's words; only the team's managers see it.
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
    /// Its code for the invited person, which is shown only once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// The roles that the invited person gets in the team.
    pub roles: Vec<Role>,
    /// The user who made it.
    pub invited_by: UserId,
    /// The name of that user.
    pub invited_by_name: Option<String>,
    /// Whom it is for, in the manager's words.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it expires.
    pub expires_at: Time,
}

/// The code of an invitation.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The code that the invited person got.
    #[schema(min_length = 1, max_length = 200)]
    pub invitation: String,
}

/// What an invited person sees of an invitation.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamName {
    /// The team's name.
    pub team: String,
}

/// The acceptance of an invitation.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    /// The code that the invited person got.
    #[schema(min_length = 1, max_length = 200)]
    pub invitation: String,
    /// The name of the new account for a person who has none; not with a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
}

/// The membership that an accepted invitation made.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Accepted {
    /// The id of the account.
    pub user: UserId,
    /// The id of the team.
    pub team: TeamId,
    /// The roles of the invitation.
    pub roles: Vec<Role>,
    /// A token for the team, which is shown only once: a repeated request under the same key is answered without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

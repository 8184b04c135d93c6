//! Tokens: the requests and answers of `/v1/tokens`.

use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};

use crate::people::NamedUser;

/// The request for a token.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenRequest {
    /// The user of the token; the caller if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The team in which it is valid; not needed if only one is possible. The token of an administrator has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// When it expires; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
}

/// A new token.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewTokenView {
    /// Its id, by which it is revoked.
    pub id: TokenId,
    /// The token itself, which is shown only once: a repeated request under the same key is answered without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The user of the token.
    pub user: UserId,
    /// The team in which it is valid.
    pub team: Option<TeamId>,
    /// When it expires.
    pub expires_at: Option<Time>,
}

/// A token as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its id, by which it is revoked.
    pub id: TokenId,
    /// The user of the token.
    pub user: NamedUser,
    /// The team in which it is valid. The token of an administrator has none. One from before tokens had teams is valid in
    /// the teams of its user at that time.
    pub team: Option<TeamId>,
    /// The name of the team.
    pub team_name: Option<String>,
    /// The user who made it; none if Swath itself did.
    pub made_by: Option<UserId>,
    /// The name of that user.
    pub made_by_name: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it expires.
    pub expires_at: Option<Time>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Time>,
    /// Whether it is a session of a browser.
    #[serde(default)]
    #[schema(required = true)]
    pub session: bool,
}

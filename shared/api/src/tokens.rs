//! Tokens: the requests and answers of `/v1/tokens`.

use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};

use crate::people::NamedUser;

/// A token to be made.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenRequest {
    /// Whose it will be; one's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The team in which it is good; not needed where only one comes into question. An administrator's has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// Until when it is good; without an end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
}

/// A new token.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewTokenView {
    /// Its id, by which it is revoked.
    pub id: TokenId,
    /// The token itself, shown this once: the same request under the same key answers without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Whose it is.
    pub user: UserId,
    /// The team in which it is good.
    pub team: Option<TeamId>,
    /// Until when it is good.
    pub expires_at: Option<Time>,
}

/// A token as it is listed.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its id, by which it is revoked.
    pub id: TokenId,
    /// Whose it is.
    pub user: NamedUser,
    /// The team in which it is good. An administrator's has none; one that is older than tokens of teams is good in the
    /// teams in which its user was then.
    pub team: Option<TeamId>,
    /// Its name.
    pub team_name: Option<String>,
    /// Who made it; none where Swath itself did.
    pub made_by: Option<UserId>,
    /// Their name.
    pub made_by_name: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// Until when it is good.
    pub expires_at: Option<Time>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Time>,
    /// Whether it is a session of a browser.
    pub session: bool,
}

//! Sessions of browsers: the requests and answers of `/v1/session` and `/v1/sign-in-links`.

use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{TeamId, UserId};
use uuid::Uuid;

use crate::people::Me;

/// A link or a token with which a user signs in: exactly one of both.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The code of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionView {
    /// The user who is signed in, and their teams.
    #[serde(flatten)]
    pub me: Me,
    /// When the session expires unless it is ended before.
    pub expires_at: Time,
}

/// The request for a sign-in link.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLinkRequest {
    /// The user who will sign in with it; the caller if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The team of the session; not needed if only one is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

/// A sign-in link.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Its id, as the audit log has it.
    pub id: Uuid,
    /// Its code, which is shown only once and works once: `/#sign-in=CODE` is the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The user who will sign in with it.
    pub user: UserId,
    /// The team of the session.
    pub team: Option<TeamId>,
    /// When it expires.
    pub expires_at: Time,
}

//! Sessions of browsers: the requests and answers of `/v1/session` and `/v1/sign-in-links`.

use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{TeamId, UserId};
use uuid::Uuid;

use crate::people::Me;

/// How somebody signs in: with one of both.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The code of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// A token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A session.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Who one is, and where.
    #[serde(flatten)]
    pub me: Me,
    /// Until when the session is good, unless it is ended before.
    pub expires_at: Time,
}

/// A link to be made.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLinkRequest {
    /// Who signs in with it; oneself where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The team that the session will open; not needed where only one comes into question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
}

/// A link with which somebody signs in.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkView {
    /// Its id, by which the audit log names it.
    pub id: Uuid,
    /// Its code, which is good once and shown this once: `/#sign-in=CODE` is the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Who signs in with it.
    pub user: UserId,
    /// The team that the session will open.
    pub team: Option<TeamId>,
    /// Until when it is good.
    pub expires_at: Time,
}

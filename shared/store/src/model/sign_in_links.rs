//! Links with which users sign in from a browser.

use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use uuid::Uuid;

/// A link to be stored.
#[derive(Debug, Clone)]
pub struct NewSignInLink {
    /// The id of the link; its code is another.
    pub id: Uuid,
    /// SHA-256 of its code.
    pub digest: Vec<u8>,
    /// Who signs in with it.
    pub user: UserId,
    /// The team that the session will open; none for an administrator's.
    pub team: Option<TeamId>,
    /// The token with which the session ends, where the link is for oneself.
    pub parent: Option<TokenId>,
    /// Until when the link is valid.
    pub expires: Time,
    /// When the session ends at the latest, where the token that is used has an end.
    pub session_expires: Option<Time>,
}

/// What a session that is opened through a link takes from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignInLink {
    pub(crate) id: Uuid,
    pub(crate) team: Option<TeamId>,
    pub(crate) maker: Option<UserId>,
    pub(crate) parent: Option<TokenId>,
    pub(crate) session_expires: Option<Time>,
}

//! Tokens, by which users prove who they are.

use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use crate::model::row::row;
use crate::model::users::User;

/// A token to be stored.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The id by which it is listed and revoked.
    pub id: TokenId,
    /// Whose it will be.
    pub user: UserId,
    /// The team that it belongs to; none for an administrator's.
    pub team: Option<TeamId>,
    /// SHA-256 of the token.
    pub digest: Vec<u8>,
    /// Until when it is valid.
    pub expires: Option<Time>,
}

/// How a token is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TokenKind {
    /// By programs, as a bearer token.
    Bearer,
    /// By a browser, in a cookie. The session ends with the token through which it was opened, where there is one.
    Session(Option<TokenId>),
}

/// A token by its digest: who its bearer is, and what the bearer may do.
#[derive(Debug, Clone)]
pub struct Token {
    /// The id by which it is listed and revoked.
    pub id: TokenId,
    /// The account that the token signs in.
    pub user: User,
    /// The team that it belongs to; none for an administrator's, and for one that is older than tokens of teams.
    pub team: Option<TeamId>,
    /// Who made it; none where Swath itself did, or for tokens from before this was stored.
    pub maker: Option<UserId>,
    /// Whether its maker is an administrator.
    pub by_admin: bool,
    /// Until when it is valid.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// Whether it is a session, which comes in a browser's cookie and in no other way.
    pub is_session: bool,
    /// The teams that it opens, and the user's roles in each.
    pub teams: Vec<(TeamId, String, Roles)>,
}

/// A token as it is listed.
#[derive(Debug, Clone)]
pub struct TokenInfo {
    /// The id by which it is listed and revoked.
    pub id: TokenId,
    /// Whose it is, and the user's name.
    pub user: (UserId, String),
    /// The team that it belongs to.
    pub team: Option<TeamId>,
    /// The user who made it, where that is not its owner.
    pub maker: Option<UserId>,
    /// When it was made.
    pub created: Time,
    /// Until when it is valid.
    pub expires: Option<Time>,
    /// When it was revoked.
    pub revoked: Option<Time>,
    /// When it was last used, to a minute or so.
    pub used: Option<Time>,
    /// Whether it is a session of a browser.
    pub is_session: bool,
}

/// What a token allows at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRights {
    /// Whether it was revoked, or its bearer's account deactivated.
    pub is_ended: bool,
    /// Until when it is valid.
    pub expires: Option<Time>,
    /// The teams that it opens, and the user's roles in each, by id.
    pub teams: Vec<(TeamId, Roles)>,
}

/// A token with what its entries in the audit log name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnedToken {
    pub(crate) id: TokenId,
    pub(crate) user: UserId,
    pub(crate) team: Option<TeamId>,
}

row! {
    pub(crate) struct OwnedTokenRow { id: Uuid, user: Uuid, team: Option<Uuid>, }
}

impl From<OwnedTokenRow> for OwnedToken {
    fn from(row: OwnedTokenRow) -> Self {
        Self { id: TokenId(row.id), user: UserId(row.user), team: row.team.map(TeamId) }
    }
}

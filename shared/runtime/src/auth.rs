//! Authentication: bearer tokens and sessions, looked up by their SHA-256. They are cached until rights or accounts
//! change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use swath_domain::cause::Cause;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use swath_store::{Store, Token, digest};
use tokio::time::Instant;

use crate::access::Access;
use crate::credential::Credential;
use crate::problem::{Problem, Result};
use crate::token_uses::Uses;

/// How long a revision of the accounts and rights is trusted (monotonic clock).
const REVISION_TTL: Duration = Duration::from_secs(1);
/// The capacity of the cache.
const CACHED_TOKENS_MAX: usize = 50_000;

/// The cache of tokens. Only one request at a time asks for the current revision; the others wait for its answer.
#[derive(Default)]
pub struct Tokens {
    cache: Mutex<Cache>,
    refreshing: tokio::sync::Mutex<()>,
    uses: Uses,
}

/// The callers that were found at one revision of the accounts and rights.
#[derive(Default)]
struct Cache {
    revision: Option<i64>,
    /// When the revision was read.
    read_at: Option<Instant>,
    callers: HashMap<Vec<u8>, Caller>,
}

/// The user behind a request, with the token.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Token>);

impl Tokens {
    /// Finds the user of a credential.
    ///
    /// # Errors
    /// 401 if the token is unknown, revoked or expired, or its account is deactivated. 503 if the database does not
    /// answer.
    pub async fn caller(&self, store: &Store, presented: &Credential, now: Time) -> Result<Caller> {
        let digest = digest(presented.secret().as_bytes());
        let revision = match self.fresh_revision() {
            Some(revision) => revision,
            None => Box::pin(self.refresh(store)).await?,
        };
        let cached = self.cache().callers.get(&digest).cloned();
        let caller = match cached {
            Some(caller) => caller.valid_at(now)?,
            None => {
                let token = Box::pin(store.token(&digest)).await?;
                let Some(token) = token else { return Err(Problem::unauthenticated("the token is unknown")) };
                let caller = Caller::of(token);
                self.cache().insert(revision, digest, caller.clone());
                caller.valid_at(now)?
            }
        };
        // A stolen cookie must not work as a bearer token, nor a token as a cookie.
        if caller.token().is_session != presented.is_session() {
            return Err(Problem::unauthenticated("the token is unknown"));
        }
        self.uses.record(caller.token().id);
        Ok(caller)
    }

    /// Takes the tokens that were used since the last call, each at most once a minute.
    pub fn take_uses(&self) -> Vec<TokenId> {
        self.uses.take()
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision of the cache, if it was read a moment ago.
    fn fresh_revision(&self) -> Option<i64> {
        let cache = self.cache();
        cache.revision.filter(|_| cache.read_at.is_some_and(|read| read.elapsed() < REVISION_TTL))
    }

    async fn refresh(&self, store: &Store) -> Result<i64> {
        let _turn = self.refreshing.lock().await;
        if let Some(revision) = self.fresh_revision() {
            return Ok(revision);
        }
        let read_at = Instant::now();
        let revision = store.people_revision().await?;
        let mut cache = self.cache();
        if cache.revision != Some(revision) {
            cache.callers.clear();
        }
        (cache.revision, cache.read_at) = (Some(revision), Some(read_at));
        Ok(revision)
    }

    /// Clears the cache, because this process has changed a role, a membership or a token.
    pub fn forget(&self) {
        *self.cache() = Cache::default();
    }
}

impl Cache {
    /// Adds a caller that was read at `revision`, unless the cache has another revision by now.
    fn insert(&mut self, revision: i64, digest: Vec<u8>, caller: Caller) {
        if self.revision != Some(revision) {
            return;
        }
        if self.callers.len() >= CACHED_TOKENS_MAX {
            self.callers.clear();
        }
        self.callers.insert(digest, caller);
    }
}

/// The user on whose behalf a request acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// The maker of the token, if it is another user.
    pub token_maker: Option<UserId>,
}

impl From<UserId> for Principal {
    fn from(user: UserId) -> Self {
        Self { user, token_maker: None }
    }
}

impl Caller {
    /// The caller with this token.
    pub fn of(token: Token) -> Self {
        Self(Arc::new(token))
    }

    /// The user.
    pub fn user(&self) -> UserId {
        self.0.user.id
    }

    /// The user, and the maker of the token.
    pub fn principal(&self) -> Principal {
        let user = self.user();
        Principal { user, token_maker: self.0.maker.filter(|maker| *maker != user) }
    }

    /// Requires a token that the user or an administrator has made. With any other token its maker could act for the
    /// user, and what is made with it would outlive the maker's rights.
    ///
    /// # Errors
    /// 403 for any other token.
    pub fn require_own_token(&self) -> Result<()> {
        if self.principal().token_maker.is_none() || self.0.by_admin {
            return Ok(());
        }
        let detail = "the token was made by another user; this needs one of your own: accept an invitation, or ask an \
                      administrator";
        Err(Problem { detail: detail.to_owned(), ..Problem::forbidden() })
    }

    /// The cause of an action of this caller, for the decision log.
    pub fn cause(&self, now: Time) -> Cause {
        Cause::by(self.user(), now).through(self.principal().token_maker)
    }

    /// The token, with its user and their roles.
    pub fn token(&self) -> &Token {
        &self.0
    }

    /// Whether the user is an administrator.
    pub fn is_admin(&self) -> bool {
        self.0.user.admin
    }

    fn valid_at(self, now: Time) -> Result<Self> {
        if self.0.revoked.is_some() {
            return Err(Problem::unauthenticated("the token was revoked"));
        }
        if self.0.user.deactivated.is_some() {
            return Err(Problem::unauthenticated("the account is deactivated"));
        }
        if self.0.expires.is_some_and(|expires| expires <= now) {
            return Err(Problem::unauthenticated("the token has expired"));
        }
        Ok(self)
    }

    /// Whether the user may call a route at all. The handler then checks the team.
    pub fn may(&self, access: Access) -> bool {
        match access {
            Access::Open | Access::SignedIn => true,
            Access::Admin => self.is_admin(),
            Access::Team(roles) => self.has_in_any_team(roles),
            Access::AdminOr(roles) => self.is_admin() || self.has_in_any_team(roles),
        }
    }

    fn has_in_any_team(&self, roles: Roles) -> bool {
        self.0.teams.iter().any(|(_, _, own)| own.any(roles))
    }

    /// The user's roles in a team. None if the user is not a member.
    pub fn roles_in(&self, team: TeamId) -> Roles {
        self.0.teams.iter().find(|(id, _, _)| *id == team).map_or(Roles::NONE, |(_, _, roles)| *roles)
    }

    /// Requires one of these roles in a team.
    ///
    /// # Errors
    /// 404 if the user is not a member, so that other teams' existence stays hidden. 403 if the user has another role.
    pub fn require(&self, team: TeamId, roles: Roles) -> Result<()> {
        let own = self.roles_in(team);
        if own == Roles::NONE {
            Err(Problem::not_found())
        } else if own.any(roles) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// The team in which to act: the named one, or the only one in which the user has such a role.
    ///
    /// # Errors
    /// 404 or 403 as in [`Caller::require`], and 422 if no team is named and the user has the role in several.
    pub fn team(&self, named: Option<TeamId>, roles: Roles) -> Result<TeamId> {
        if let Some(team) = named {
            return self.require(team, roles).map(|()| team);
        }
        let mut teams = self.0.teams.iter().filter(|(_, _, own)| own.any(roles)).map(|(id, _, _)| *id);
        match (teams.next(), teams.next()) {
            (Some(team), None) => Ok(team),
            (Some(_), Some(_)) => {
                Err(Problem::field("team", "is needed: you have this role in several teams"))
            }
            _ => Err(Problem::forbidden()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(|| Problem::unauthenticated("a bearer token or a session is needed"))
    }
}

//! Who asks: bearer tokens and sessions, looked up by their SHA-256 and remembered for as long as nothing changes about people.

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

/// How long it is believed that nothing has changed about people, by a clock that never jumps.
const BELIEVED: Duration = Duration::from_secs(1);
/// Tokens remembered.
const REMEMBERED: usize = 50_000;

/// Tokens that were found good, and the turn of whoever asks whether anything has changed since: the others wait for
/// that answer instead of asking as well.
#[derive(Default)]
pub struct Tokens {
    found: Mutex<Found>,
    asking: tokio::sync::Mutex<()>,
    uses: Uses,
}

/// What was found at one revision of what people may do.
#[derive(Default)]
struct Found {
    revision: Option<i64>,
    as_of: Option<Instant>,
    callers: HashMap<Vec<u8>, Caller>,
}

/// The person behind a request.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Token>);

impl Tokens {
    /// Finds out who presents this.
    pub async fn caller(&self, store: &Store, presented: &Credential, now: Time) -> Result<Caller> {
        let digest = digest(presented.secret().as_bytes());
        let revision = match self.believed() {
            Some(revision) => revision,
            None => Box::pin(self.ask(store)).await?,
        };
        let known = self.found().callers.get(&digest).cloned();
        let caller = match known {
            Some(caller) => caller.good_at(now)?,
            None => {
                let token = Box::pin(store.token(&digest)).await?;
                let Some(token) = token else { return Err(Problem::unauthenticated("the token is unknown")) };
                let caller = Caller::of(token);
                self.found().remember(revision, digest, caller.clone());
                caller.good_at(now)?
            }
        };
        // What scripts cannot read in a cookie would be of no use to them either.
        if caller.token().is_session != presented.is_session() {
            return Err(Problem::unauthenticated("the token is unknown"));
        }
        self.uses.note(caller.token().id);
        Ok(caller)
    }

    /// The tokens that were used since this was last asked, each at most once a minute.
    pub fn take_uses(&self) -> Vec<TokenId> {
        self.uses.take()
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision that what was found is of, where that was asked a moment ago.
    fn believed(&self) -> Option<i64> {
        let found = self.found();
        found.revision.filter(|_| found.as_of.is_some_and(|asked| asked.elapsed() < BELIEVED))
    }

    async fn ask(&self, store: &Store) -> Result<i64> {
        let _turn = self.asking.lock().await;
        if let Some(revision) = self.believed() {
            return Ok(revision);
        }
        let asked = Instant::now();
        let revision = store.people_revision().await?;
        let mut found = self.found();
        if found.revision != Some(revision) {
            found.callers.clear();
        }
        (found.revision, found.as_of) = (Some(revision), Some(asked));
        Ok(revision)
    }

    /// Looks every token up again: a role, a membership or a token has changed in this process.
    pub fn forget(&self) {
        *self.found() = Found::default();
    }
}

impl Found {
    /// Keeps what was read after this revision; what is of another one by now is not worth keeping.
    fn remember(&mut self, revision: i64, digest: Vec<u8>, caller: Caller) {
        if self.revision != Some(revision) {
            return;
        }
        if self.callers.len() >= REMEMBERED {
            self.callers.clear();
        }
        self.callers.insert(digest, caller);
    }
}

/// On whose behalf a request acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// Who made the token that is used, where that is somebody else.
    pub token_maker: Option<UserId>,
}

impl From<UserId> for Principal {
    fn from(user: UserId) -> Self {
        Self { user, token_maker: None }
    }
}

impl Caller {
    /// The bearer of a token.
    pub fn of(token: Token) -> Self {
        Self(Arc::new(token))
    }

    /// The person.
    pub fn user(&self) -> UserId {
        self.0.user.id
    }

    /// The person, and who made the token.
    pub fn principal(&self) -> Principal {
        let user = self.user();
        Principal { user, token_maker: self.0.maker.filter(|maker| *maker != user) }
    }

    /// Asks for a token that is the person's own, or that an administrator has made for them. Through any other its
    /// maker acts as well, and what is made through it would outlive the maker's rights.
    pub fn require_own_token(&self) -> Result<()> {
        if self.principal().token_maker.is_none() || self.0.by_admin {
            return Ok(());
        }
        let detail = "the token that is used was made by somebody else; this needs one of your own: accept an \
                      invitation, or ask an administrator";
        Err(Problem { detail: detail.to_owned(), ..Problem::forbidden() })
    }

    /// What the decision log says of something that the person does.
    pub fn cause(&self, now: Time) -> Cause {
        Cause::by(self.user(), now).through(self.principal().token_maker)
    }

    /// The token and what it says of its bearer.
    pub fn token(&self) -> &Token {
        &self.0
    }

    /// Whether this is an administrator.
    pub fn is_admin(&self) -> bool {
        self.0.user.admin
    }

    fn good_at(self, now: Time) -> Result<Self> {
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

    /// The coarse question, before anything of the request but its token is looked at.
    pub fn may(&self, access: Access) -> bool {
        match access {
            Access::Open | Access::SignedIn => true,
            Access::Admin => self.is_admin(),
            Access::Team(roles) => self.has_somewhere(roles),
            Access::AdminOr(roles) => self.is_admin() || self.has_somewhere(roles),
        }
    }

    fn has_somewhere(&self, roles: Roles) -> bool {
        self.0.teams.iter().any(|(_, _, held)| held.any(roles))
    }

    /// What the person may do in a team; nothing in a foreign one.
    pub fn roles_in(&self, team: TeamId) -> Roles {
        self.0.teams.iter().find(|(id, _, _)| *id == team).map_or(Roles::NONE, |(_, _, roles)| *roles)
    }

    /// Asks for one of these roles in a team: a foreign team is not there at all.
    pub fn require(&self, team: TeamId, roles: Roles) -> Result<()> {
        let held = self.roles_in(team);
        if held == Roles::NONE {
            Err(Problem::not_found())
        } else if held.any(roles) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }

    /// The team in which to act: the one that was named, or the only one where the person has such a role.
    pub fn team(&self, named: Option<TeamId>, roles: Roles) -> Result<TeamId> {
        if let Some(team) = named {
            return self.require(team, roles).map(|()| team);
        }
        let mut teams = self.0.teams.iter().filter(|(_, _, held)| held.any(roles)).map(|(id, _, _)| *id);
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

//! The administrator's account and token. They are made at the first start; another configured token replaces the old
//! one.

use std::time::Duration;

use anyhow::ensure;
use secrecy::ExposeSecret;
use swath_domain::Ids;
use swath_domain::ids::{TokenId, UserId};
use swath_domain::time::{Micros, seconds};
use swath_store::{NewSignInLink, NewToken, User, digest};

use crate::context::Context;

/// The name of the leader lease for making the administrator.
const LEADER_LEASE: &str = "administrator";
/// The time of that leader lease.
const LEADER_LEASE_TIME: Micros = seconds(10);
/// How many times a process tries to take the leader lease.
const ATTEMPTS_MAX: u32 = 60;
/// The time between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// A new token with 244 random bits.
pub fn fresh_token(ids: &dyn Ids) -> String {
    format!("swath_{}{}", ids.random().simple(), ids.random().simple())
}

/// How the administrator signs in for the first time.
#[derive(Debug)]
pub struct FirstSignIn {
    /// The administrator's token.
    pub token: String,
    /// The code of a sign-in link for the console. `None` if it could not be made.
    pub code: Option<String>,
}

/// How long the sign-in link is valid.
const LINK_LIFETIME: Micros = seconds(15 * 60);

/// The state of the administrator's account at start.
enum Found {
    /// There is an administrator with the right token.
    Ready,
    /// The configured token was revoked.
    Revoked,
    /// There is no administrator, or none with the configured token.
    Missing,
}

/// Makes sure that there is an administrator with the configured token, which replaces the token of an earlier start.
/// Returns how the administrator signs in if a new token was generated.
pub(crate) async fn ensure_administrator(context: &Context) -> anyhow::Result<Option<FirstSignIn>> {
    if is_ready(context).await? {
        return Ok(None);
    }
    let mut attempts = 0;
    while !context
        .store
        .leader_lease_take(LEADER_LEASE, context.instance, context.now(), context.now() + LEADER_LEASE_TIME)
        .await?
    {
        attempts += 1;
        ensure!(
            attempts < ATTEMPTS_MAX,
            "another process holds the leader lease for making the administrator"
        );
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
    let first = if is_ready(context).await? { None } else { make(context).await? };
    context.store.leader_lease_give(LEADER_LEASE, context.instance).await?;
    Ok(first)
}

async fn is_ready(context: &Context) -> anyhow::Result<bool> {
    match find(context).await? {
        Found::Ready => Ok(true),
        Found::Revoked => {
            tracing::warn!("admin.token: this token was revoked or replaced, and stays so: choose another");
            Ok(true)
        }
        Found::Missing => Ok(false),
    }
}

async fn find(context: &Context) -> anyhow::Result<Found> {
    let configured = context.config.admin.token.expose_secret();
    if configured.is_empty() {
        let is_there = !context.store.admins().await?.is_empty();
        return Ok(if is_there { Found::Ready } else { Found::Missing });
    }
    let token = context.store.token(&digest(configured.as_bytes())).await?;
    Ok(match token {
        Some(token) if token.revoked.is_some() || !token.user.admin => Found::Revoked,
        Some(token) => match context.store.admin_tokens_differ(token.id).await? {
            true => Found::Missing,
            false => Found::Ready,
        },
        None => Found::Missing,
    })
}

/// Makes the account and the token. Returns the token only if it was generated here.
async fn make(context: &Context) -> anyhow::Result<Option<FirstSignIn>> {
    let configured = context.config.admin.token.expose_secret();
    let token = if configured.is_empty() { fresh_token(context.ids.as_ref()) } else { configured.to_owned() };
    let user = account(context).await?;
    let digest = digest(token.as_bytes());
    let id = TokenId(context.next_id());
    let new = NewToken { id, user, team: None, digest, expires: None };
    let ended = context.store.admin_token_replace(new, context.actor(None)).await?;
    if ended > 0 {
        tracing::warn!(ended, "the configured token has replaced the administrator's former one");
    }
    if !configured.is_empty() {
        return Ok(None);
    }
    // The token is stored already, so it is returned even without a link.
    let code = link(context, user, id).await;
    let code = code.inspect_err(|error| tracing::warn!(%error, "no sign-in link could be made")).ok();
    Ok(Some(FirstSignIn { token, code }))
}

/// Makes a sign-in link. Its session ends with the token.
async fn link(context: &Context, user: UserId, parent: TokenId) -> anyhow::Result<String> {
    let (code, actor) = (fresh_token(context.ids.as_ref()), context.actor(None));
    let new = NewSignInLink {
        id: context.next_id(),
        digest: digest(code.as_bytes()),
        user,
        team: None,
        parent: Some(parent),
        expires: actor.at + LINK_LIFETIME,
        session_expires: None,
    };
    context.store.sign_in_link_create(new, actor, None).await?;
    Ok(code)
}

async fn account(context: &Context) -> anyhow::Result<UserId> {
    if let Some(admin) = context.store.admins().await?.into_iter().next() {
        return Ok(admin.id);
    }
    let user = User {
        id: UserId(context.next_id()),
        name: "administrator".into(),
        email: None,
        admin: true,
        created: context.now(),
        creator: None,
        deactivated: None,
    };
    Ok(context.store.user_create(user, context.actor(None), None).await?.id)
}

//! Signing in from a browser: a link that works once, or a token, becomes a session in a cookie.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use serde_json::json;
use swath_api::sessions::{LinkView, NewLinkRequest, SessionView, SignIn};
use swath_domain::ids::TokenId;
use swath_domain::time::{Micros, seconds};
use swath_runtime::administrator::fresh_token;
use swath_runtime::credential::{no_session_cookie, session_cookie};
use swath_runtime::{Access, Body, Caller, Context, Credential, IdempotencyKey, Problem, Result, Route};
use swath_store::{Created, NewSession, NewSignInLink, Opened, StoreError, digest};

use super::people::me_of;
use super::tokens::may_make_for;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/v1/session", Access::Open, "Signs in from a browser.", open)
            .takes::<SignIn>(json!({"token": "swath_0123456789abcdef"}))
            .gives::<SessionView>(201)
            .refuses(401),
        Route::new(Method::DELETE, "/v1/session", Access::SignedIn, "Signs out.", end).gives_nothing(204),
        Route::new(
            Method::POST,
            "/v1/sign-in-links",
            Access::ADMIN_OR_MANAGER,
            "Makes a link with which somebody signs in; it is shown once.",
            create_link,
        )
        .takes::<NewLinkRequest>(json!({"user": "01890000-0000-7000-8000-000000000001"}))
        .gives::<LinkView>(201)
        .idempotent(),
    ]
}

/// How long a link works.
const LINK_LIFETIME: Micros = seconds(15 * 60);
/// How long a session lasts.
const SESSION_LIFETIME: Micros = seconds(12 * 3_600);
/// The longest secret that is looked up, in bytes.
const SECRET_BYTES_MAX: usize = 512;

type Cookies = [(HeaderName, String); 2];

/// Makes a link, for the caller or for a user for whom the caller may make tokens.
pub(crate) async fn create_link(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    request: Body<NewLinkRequest>,
) -> Result<(StatusCode, Json<LinkView>)> {
    let asked = key.asked(caller.user(), "POST /v1/sign-in-links", &request.bytes);
    let (user, team) = may_make_for(&context, &caller, request.value.user, request.value.team).await?;
    let code = fresh_token(context.ids.as_ref());
    let actor = context.actor(Some(&caller));
    let expires = actor.at + LINK_LIFETIME;
    let new = NewSignInLink {
        id: context.next_id(),
        digest: digest(code.as_bytes()),
        user,
        team,
        parent: (user == caller.user()).then_some(caller.token().id),
        expires,
        session_expires: caller.token().expires,
    };
    let Created { value: made, is_new } = context.store.sign_in_link_create(new, actor, asked).await?;
    let code = is_new.then_some(code);
    let view = LinkView { id: made.id, code, user, team, expires_at: made.expires };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Opens a session.
pub(crate) async fn open(
    State(context): State<Context>,
    headers: HeaderMap,
    request: Body<SignIn>,
) -> Result<(StatusCode, Cookies, Json<SessionView>)> {
    let secret = fresh_token(context.ids.as_ref());
    let actor = context.actor(None);
    let new = NewSession {
        id: TokenId(context.next_id()),
        digest: digest(secret.as_bytes()),
        expires: actor.at + SESSION_LIFETIME,
    };
    let now = actor.at;
    let opened = match (request.value.link, request.value.token) {
        (Some(code), None) => by_link(&context, code.trim(), new, actor).await?,
        (None, Some(token)) => {
            let presented = Credential::Bearer(within_bounds(token.trim())?.to_owned());
            let caller = context.tokens.caller(&context.store, &presented, now).await?;
            context.allowance.spend(caller.user())?;
            context.store.session_open_by_token(caller.token().clone(), new, actor).await?
        }
        _ => return Err(Problem::field("link", "is needed, or a token; one of both")),
    };
    let presented = Credential::Session(secret.clone());
    let caller = context.tokens.caller(&context.store, &presented, now).await?;
    let cookie = session_cookie(&headers, &secret, (opened.expires - now).whole_seconds());
    let cookies = [(SET_COOKIE, cookie), (CACHE_CONTROL, "no-store".to_owned())];
    let view = SessionView { me: me_of(&caller), expires_at: opened.expires };
    Ok((StatusCode::CREATED, cookies, Json(view)))
}

async fn by_link(
    context: &Context,
    code: &str,
    new: NewSession,
    actor: swath_store::Actor,
) -> Result<Opened> {
    let digest = digest(within_bounds(code)?.as_bytes());
    // A wrong guess costs a read, but does not wait for the database's writer.
    if !context.store.sign_in_link_is_known(&digest).await? {
        return Err(link_refused());
    }
    context.store.session_open_by_link(digest, new, actor).await.map_err(|error| match error {
        StoreError::NotFound => link_refused(),
        error => error.into(),
    })
}

fn link_refused() -> Problem {
    Problem::unauthenticated("this link was used already, is too old, or was taken back: ask for another")
}

fn within_bounds(secret: &str) -> Result<&str> {
    if secret.len() > SECRET_BYTES_MAX {
        Err(Problem::unauthenticated("the token is unknown"))
    } else {
        Ok(secret)
    }
}

/// Signs out: ends the session of this request.
pub(crate) async fn end(
    State(context): State<Context>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<(StatusCode, Cookies)> {
    if !caller.token().is_session {
        return Err(Problem::conflict("this request comes with a token, and not with a session"));
    }
    context.store.token_revoke(caller.token().id, context.actor(Some(&caller))).await?;
    context.tokens.forget();
    let cookies = [(SET_COOKIE, no_session_cookie(&headers)), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::NO_CONTENT, cookies))
}

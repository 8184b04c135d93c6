//! Tokens: makes them for a user in a team, and lists and revokes them. A token is shown only once.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use swath_api::people::NamedUser;
use swath_api::tokens::{NewTokenRequest, NewTokenView, TokenView};
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::{Roles, Time};
use swath_runtime::access::MANAGER;
use swath_runtime::administrator::fresh_token;
use swath_runtime::idempotency::first_answer;
use swath_runtime::pages::{self, Page};
use swath_runtime::{
    Access, Body, Caller, Context, Cursor, IdempotencyKey, PathId, Problem, Result, Route, Search,
};
use swath_store::{Created, NewToken, TokenInfo, User, digest};
use uuid::Uuid;

use super::names::Names;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let id = || json!({"type": "string", "format": "uuid"});
    vec![
        Route::new(
            Method::POST,
            "/v1/tokens",
            Access::ADMIN_OR_MANAGER,
            "Makes a token; it is shown once.",
            create,
        )
        .takes::<NewTokenRequest>(
            json!({"user": "01890000-0000-7000-8000-000000000001", "expires_at": "2030-01-31T18:00:00Z"}),
        )
        .gives::<NewTokenView>(201)
        .idempotent(),
        Route::new(
            Method::GET,
            "/v1/tokens",
            Access::SignedIn,
            "Tokens: an administrator's are all, a manager's the team's, anybody else's their own.",
            list,
        )
        .query("user", id(), "Of this user.")
        .query("team", id(), "Of this team.")
        .gives_page::<TokenView>(Cursor::Id),
        Route::new(
            Method::DELETE,
            "/v1/tokens",
            Access::SignedIn,
            "Revokes all tokens of a user.",
            revoke_all,
        )
        .needs_query("user", id(), "Whose.")
        .query("team", id(), "In this team alone.")
        .gives_nothing(204),
        Route::new(Method::DELETE, "/v1/tokens/{token_id}", Access::SignedIn, "Revokes a token.", revoke)
            .gives_nothing(204),
    ]
}

/// The answer to a repetition of the request that made the token.
fn made_before(token: TokenInfo) -> NewTokenView {
    let (user, team, expires_at) = (token.user.0, token.team, token.expires);
    NewTokenView { id: token.id, token: None, user, team, expires_at }
}

fn view(token: TokenInfo, names: &Names) -> TokenView {
    let (id, name) = token.user;
    TokenView {
        id: token.id,
        user: NamedUser { id, name },
        team: token.team,
        team_name: token.team.and_then(|team| names.team(team)),
        made_by: token.maker,
        made_by_name: token.maker.and_then(|maker| names.user(maker)),
        created_at: token.created,
        expires_at: token.expires,
        last_used_at: token.used,
        session: token.is_session,
    }
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    request: Body<NewTokenRequest>,
) -> Result<(StatusCode, Json<NewTokenView>)> {
    let asked = key.asked(caller.user(), "POST /v1/tokens", &request.bytes);
    if let Some(first) = first_answer(&context, asked.as_ref()).await? {
        let first = context.store.token_info(first).await?.ok_or_else(Problem::not_found)?;
        return Ok((StatusCode::CREATED, Json(made_before(first))));
    }
    let NewTokenRequest { user, team, expires_at: expires } = request.value;
    let expires = within_own(&caller, expires)?;
    if expires.is_some_and(|at| at <= context.now()) {
        return Err(Problem::field("expires_at", "lies in the past"));
    }
    let (user, team) = may_make_for(&context, &caller, user, team).await?;
    let token = fresh_token(context.ids.as_ref());
    let digest = digest(token.as_bytes());
    let new = NewToken { id: TokenId(context.next_id()), user, team, digest, expires };
    let Created { value: id, is_new } =
        context.store.token_create(new, context.actor(Some(&caller)), asked).await?;
    let token = is_new.then_some(token);
    Ok((StatusCode::CREATED, Json(NewTokenView { id, token, user, team, expires_at: expires })))
}

/// The user and the team of a new token: the caller's own where no user is named.
pub(crate) async fn may_make_for(
    context: &Context,
    caller: &Caller,
    user: Option<UserId>,
    team: Option<TeamId>,
) -> Result<(UserId, Option<TeamId>)> {
    caller.require_own_token()?;
    let user = user.unwrap_or(caller.user());
    let owner = context.store.user(user).await?.ok_or_else(Problem::not_found)?;
    let team = team_of(context, caller, &owner, team).await?;
    if owner.deactivated.is_some() {
        return Err(Problem::field("user", "is deactivated"));
    }
    Ok((user, team))
}

/// When a new token ends: at the latest with the token through which it is made.
fn within_own(caller: &Caller, asked: Option<Time>) -> Result<Option<Time>> {
    match (asked, caller.token().expires) {
        (Some(asked), Some(own)) if asked > own => {
            Err(Problem::field("expires_at", "lies behind the end of the token that is used"))
        }
        (asked, own) => Ok(asked.or(own)),
    }
}

/// The team of a token that the caller makes for `owner`: one that both are in, and that the caller manages unless the
/// token is for themselves.
async fn team_of(
    context: &Context,
    caller: &Caller,
    owner: &User,
    named: Option<TeamId>,
) -> Result<Option<TeamId>> {
    if owner.admin {
        let may = caller.is_admin();
        return match named {
            _ if !may => Err(Problem::not_found()),
            Some(_) => Err(Problem::field("team", "an administrator's token has no team")),
            None => Ok(None),
        };
    }
    let is_own = owner.id == caller.user();
    let may = |team: TeamId| {
        let roles = caller.roles_in(team);
        caller.is_admin() || if is_own { !roles.to_vec().is_empty() } else { roles.any(MANAGER) }
    };
    let teams = context.store.teams_of(owner.id).await?;
    let mut teams = teams.into_iter().map(|(team, _, _)| team).filter(|team| may(*team));
    match named {
        Some(named) if teams.any(|team| team == named) => Ok(Some(named)),
        Some(named) if caller.is_admin() || caller.roles_in(named).any(MANAGER) => {
            Err(Problem::field("user", "is not a member of the team"))
        }
        Some(_) => Err(Problem::not_found()),
        None => match (teams.next(), teams.next()) {
            (Some(team), None) => Ok(Some(team)),
            (Some(_), Some(_)) => Err(Problem::field("team", "is needed: the user is in several teams")),
            (None, _) if caller.is_admin() => {
                Err(Problem::field("user", "is in no team yet, and a token belongs to one"))
            }
            (None, _) => Err(Problem::not_found()),
        },
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    user: Option<UserId>,
    team: Option<TeamId>,
    limit: Option<i64>,
    after: Option<String>,
}

/// An administrator sees all tokens, a manager those of a team, everybody else their own.
pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<ListQuery>,
) -> Result<Json<Page<TokenView>>> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    let (team, user) = scope(&caller, query.team, query.user)?;
    let tokens = context.store.tokens(team, user, after, limit).await?;
    let teams: Vec<TeamId> = tokens.iter().filter_map(|token| token.team).collect();
    let makers: Vec<UserId> = tokens.iter().filter_map(|token| token.maker).collect();
    let names = Names::of_users(&context, makers).await?.with_teams(&context, teams).await?;
    let tokens = tokens.into_iter().map(|token| view(token, &names)).collect();
    Ok(Json(Page::new(tokens, limit, |token: &TokenView| token.id.to_string())))
}

/// The team and the user whose tokens the caller may see or revoke; `None` for all.
fn scope(
    caller: &Caller,
    team: Option<TeamId>,
    user: Option<UserId>,
) -> Result<(Option<TeamId>, Option<UserId>)> {
    let is_own = user.is_none_or(|user| user == caller.user());
    let manages_some = caller.token().teams.iter().any(|(_, _, roles)| roles.any(MANAGER));
    if caller.is_admin() {
        Ok((team, user))
    } else if is_own && (user.is_some() || !manages_some) {
        team.map_or(Ok(()), |team| caller.require(team, swath_runtime::access::ANYONE))?;
        // A token's maker can use it as well, so a token of a team reaches only that team's tokens.
        Ok((team.or(caller.token().team), Some(caller.user())))
    } else {
        Ok((Some(caller.team(team, MANAGER)?), user))
    }
}

pub(crate) async fn revoke(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<TokenId>,
) -> Result<StatusCode> {
    let token = context.store.token_info(id).await?.ok_or_else(Problem::not_found)?;
    let may = match token.team {
        _ if caller.is_admin() || id == caller.token().id => true,
        team if token.user.0 == caller.user() && caller.token().team.is_none_or(|own| Some(own) == team) => {
            true
        }
        Some(team) => caller.roles_in(team).any(MANAGER),
        None => super::people::manageable(&context, &caller, token.user.0).await.map(|_| true)?,
    };
    if !may {
        return Err(Problem::not_found());
    }
    context.store.token_revoke(id, context.actor(Some(&caller))).await?;
    context.tokens.forget();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeQuery {
    user: Option<UserId>,
    team: Option<TeamId>,
}

/// Revokes all tokens of a user: everywhere for an administrator, in the caller's team for a manager.
pub(crate) async fn revoke_all(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<RevokeQuery>,
) -> Result<StatusCode> {
    let user = query.user.ok_or_else(|| Problem::field("user", "is needed in the query"))?;
    let (team, _) = scope(&caller, query.team, Some(user))?;
    let is_known = match team {
        Some(team) => context.store.member_roles(team, user).await? != Roles::NONE,
        None => context.store.user(user).await?.is_some(),
    };
    if !is_known {
        return Err(Problem::not_found());
    }
    context.store.tokens_revoke(user, team, context.actor(Some(&caller))).await?;
    context.tokens.forget();
    if !context.store.tokens(team, Some(user), Uuid::nil(), 1).await?.is_empty() {
        return Err(Problem::conflict(
            "a token from before tokens had teams opens other teams too; an administrator can revoke it",
        ));
    }
    Ok(StatusCode::NO_CONTENT)
}

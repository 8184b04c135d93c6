//! Tokens: made once, shown once, revoked for good.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use swath_domain::Time;
use swath_domain::ids::{TokenId, UserId};
use swath_runtime::access::MANAGER;
use swath_runtime::boot::fresh_token;
use swath_runtime::{Body, Caller, Context, IdempotencyKey, PathId, Problem, Result};
use swath_store::digest;

/// A token to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Whose it will be; one's own where absent.
    #[serde(default)]
    user: Option<UserId>,
    /// Until when it is good; for ever where absent.
    #[serde(default)]
    expires_at: Option<Time>,
}

/// A new token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TokenView {
    /// Its id, by which it is revoked.
    id: TokenId,
    /// The token itself, shown this once.
    token: String,
    /// Whose it is.
    user: UserId,
    /// Until when it is good.
    expires_at: Option<Time>,
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    request: Body<NewToken>,
) -> Result<(StatusCode, Json<TokenView>)> {
    let now = context.now();
    let user = request.value.user.unwrap_or(caller.user());
    if request.value.expires_at.is_some_and(|at| at <= now) {
        return Err(Problem::field("expires_at", "lies in the past"));
    }
    require_charge(&context, &caller, user).await?;
    let asked = key.asked(caller.user(), "POST /v1/tokens", &request.bytes);
    let token = match &asked {
        // The token is not kept, so the same request must come to the same token by itself.
        Some(asked) => {
            let what = format!("{}:{}", caller.user(), asked.key.text);
            context
                .signer
                .token(&[what.as_bytes(), &request.bytes].concat())
                .ok_or_else(Problem::unavailable)?
        }
        None => fresh_token(context.ids.as_ref()),
    };
    let kept = (TokenId(context.next_id()), user, digest(token.as_bytes()));
    let id = context.store.token_create(kept, request.value.expires_at, asked, now).await?;
    Ok((StatusCode::CREATED, Json(TokenView { id, token, user, expires_at: request.value.expires_at })))
}

pub(crate) async fn revoke(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<TokenId>,
) -> Result<StatusCode> {
    let owner = context.store.token_owner(id).await?.ok_or_else(Problem::not_found)?;
    require_charge(&context, &caller, owner).await?;
    context.store.token_revoke(id, context.now()).await?;
    context.tokens.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// A manager is in charge of a person only who is in no team but the manager's own: a token carries all its bearer's
/// roles, so one for anybody else would open foreign teams.
async fn require_charge(context: &Context, caller: &Caller, user: UserId) -> Result<()> {
    if user == caller.user() {
        return Ok(());
    }
    let person = context.store.user(user).await?.ok_or_else(Problem::not_found)?;
    if caller.is_admin() {
        return Ok(());
    }
    let teams = context.store.teams_of(user).await?;
    let known = teams.iter().any(|(team, _, _)| caller.roles_in(*team).any(MANAGER));
    let all = teams.iter().all(|(team, _, _)| caller.roles_in(*team).any(MANAGER));
    match (known && !person.admin, all) {
        (false, _) => Err(Problem::not_found()),
        (true, false) => Err(Problem::forbidden()),
        (true, true) => Ok(()),
    }
}

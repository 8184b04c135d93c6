//! Accounts, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::labels::check_text;
use swath_domain::{FieldError, Role, Time, limits};
use swath_runtime::{Body, Caller, Context, IdempotencyKey, Problem, Result};
use swath_store::User;

/// Oneself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    /// The account.
    user: UserView,
    /// The teams, with one's roles in each.
    teams: Vec<Membership>,
}

/// One's place in a team.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Membership {
    /// The team.
    id: TeamId,
    /// Its name.
    name: String,
    /// What one may do there.
    roles: Vec<Role>,
}

/// An account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct UserView {
    /// Its id.
    id: UserId,
    /// The person's name.
    name: String,
    /// The person's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Whether this is an administrator.
    admin: bool,
    /// When the account was made.
    created_at: Time,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self { id: user.id, name: user.name, email: user.email, admin: user.admin, created_at: user.created }
    }
}

/// An account to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// The person's name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The person's address.
    #[serde(default)]
    #[schema(max_length = 200)]
    email: Option<String>,
}

pub(crate) async fn me(caller: Caller) -> Json<Me> {
    let token = caller.token();
    let teams = token.teams.iter();
    let teams =
        teams.map(|(id, name, roles)| Membership { id: *id, name: name.clone(), roles: roles.to_vec() });
    Json(Me { user: token.user.clone().into(), teams: teams.collect() })
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    request: Body<NewUser>,
) -> Result<(StatusCode, Json<UserView>)> {
    let mut errors: Vec<FieldError> = Vec::new();
    check_text("name", &request.value.name, limits::NAME_MAX, &mut errors);
    if let Some(email) = &request.value.email {
        check_text("email", email, limits::NAME_MAX, &mut errors);
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let created = context.now();
    let id = UserId(context.next_id());
    let user = User { id, name: request.value.name, email: request.value.email, admin: false, created };
    let asked = key.asked(caller.user(), "POST /v1/users", &request.bytes);
    let user = context.store.user_create(user, asked).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

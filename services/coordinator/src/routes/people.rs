//! Accounts, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{FieldError, Role, Time, email, names};
use swath_runtime::access::MANAGER;
use swath_runtime::pages::{NamedPageQuery, Page};
use swath_runtime::{Body, Caller, Context, IdempotencyKey, PathId, Problem, Result, Search};
use swath_store::{User, UserEdit};

use crate::freed_work;

/// Oneself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Me {
    /// The account.
    user: UserView,
    /// The teams that the token opens, with one's roles in each.
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
    /// Whether it may do anything; a deactivated account keeps its work and its name.
    active: bool,
    /// When the account was made.
    created_at: Time,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            email: user.email,
            admin: user.admin,
            active: user.deactivated.is_none(),
            created_at: user.created,
        }
    }
}

/// An account to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// The person's name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: String,
    /// The person's address, which no other account has.
    #[serde(default)]
    #[schema(min_length = 3, max_length = 254)]
    email: Option<String>,
}

/// What is changed about an account; what is absent stays, and `null` takes the address away.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditUser {
    /// Another name.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Another address.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    email: Option<Option<String>>,
    /// False ends the account's leases, reservations, invitations and tokens at once; for administrators.
    active: Option<bool>,
}

/// Tells a field that is `null` from one that is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Takes a name and checks an address.
fn checked(name: Option<&mut String>, address: Option<&str>) -> Result<()> {
    let mut errors: Vec<FieldError> = Vec::new();
    if let Some(name) = name {
        names::take("name", name, &mut errors);
    }
    if let Some(address) = address {
        email::check("email", address, &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

fn trimmed(text: String) -> String {
    text.trim().to_owned()
}

impl From<&Caller> for Me {
    fn from(caller: &Caller) -> Self {
        let token = caller.token();
        let teams = token.teams.iter();
        let teams =
            teams.map(|(id, name, roles)| Membership { id: *id, name: name.clone(), roles: roles.to_vec() });
        Self { user: token.user.clone().into(), teams: teams.collect() }
    }
}

pub(crate) async fn me(caller: Caller) -> Json<Me> {
    Json(Me::from(&caller))
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    mut request: Body<NewUser>,
) -> Result<(StatusCode, Json<UserView>)> {
    checked(Some(&mut request.value.name), request.value.email.as_deref())?;
    let user = User {
        id: UserId(context.next_id()),
        name: request.value.name,
        email: request.value.email.map(trimmed),
        admin: false,
        created: context.now(),
        creator: Some(caller.user()),
        deactivated: None,
    };
    let asked = key.asked(caller.user(), "POST /v1/users", &request.bytes);
    let user = context.store.user_create(user, context.actor(Some(&caller)), asked).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    email: Option<String>,
}

pub(crate) async fn list(
    State(context): State<Context>,
    Search(query): Search<ListQuery>,
    Search(page): Search<NamedPageQuery>,
) -> Result<Json<Page<UserView>>> {
    let page = page.page()?;
    let users = context.store.users(query.email.as_deref(), &page).await?;
    let users = users.into_iter().map(UserView::from).collect();
    Ok(Json(Page::new(users, page.limit, |user: &UserView| user.id.to_string())))
}

pub(crate) async fn edit(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    request: Body<EditUser>,
) -> Result<Json<UserView>> {
    let person = require_charge(&context, &caller, id).await?;
    let mut request = request.value;
    checked(request.name.as_mut(), request.email.as_ref().and_then(Option::as_deref))?;
    if request.active.is_some() && (!caller.is_admin() || id == caller.user()) {
        return Err(Problem::forbidden());
    }
    if person.admin && request.active == Some(false) {
        return Err(Problem::field("active", "an administrator cannot be deactivated"));
    }
    let changes = UserEdit {
        name: request.name,
        email: request.email.map(|address| address.map(trimmed)),
        active: request.active,
    };
    let (user, freed) = context.store.user_edit(id, changes, context.actor(Some(&caller))).await?;
    context.tokens.forget();
    freed_work::announce(&context, &freed);
    Ok(Json(user.into()))
}

/// The person, if they are the caller's own account, or the caller is an administrator, or manages every team that the
/// person is in.
pub(super) async fn require_charge(context: &Context, caller: &Caller, user: UserId) -> Result<User> {
    let person = context.store.user(user).await?.ok_or_else(Problem::not_found)?;
    // A token that somebody else has made is not the person's own word.
    let is_own = user == caller.user() && caller.require_own_token().is_ok();
    if is_own || caller.is_admin() {
        return Ok(person);
    }
    let teams = context.store.teams_of(user).await?;
    let known = teams.iter().any(|(team, _, _)| caller.roles_in(*team).any(MANAGER));
    let all = teams.iter().all(|(team, _, _)| caller.roles_in(*team).any(MANAGER));
    match (known && !person.admin, all) {
        (false, _) => Err(Problem::not_found()),
        (true, false) => Err(Problem::forbidden()),
        (true, true) => Ok(person),
    }
}

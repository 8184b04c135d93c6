//! Accounts, and that of the caller.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use swath_api::people::{EditUser, Me, Membership, NewUser, UserView};
use swath_domain::ids::UserId;
use swath_domain::{FieldError, email, names};
use swath_runtime::access::MANAGER;
use swath_runtime::pages::{NamedPageQuery, Page};
use swath_runtime::{
    Access, Body, Caller, Context, Cursor, IdempotencyKey, PathId, Problem, Result, Route, Search,
};
use swath_store::{User, UserEdit};

use crate::freed_work;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let text = || json!({"type": "string"});
    vec![
        Route::new(Method::GET, "/v1/me", Access::SignedIn, "Who one is, and where.", me).gives::<Me>(200),
        Route::new(Method::POST, "/v1/users", Access::ADMIN_OR_MANAGER, "Makes an account.", create)
            .takes::<NewUser>(json!({"name": "Maria", "email": "maria@example.org"}))
            .gives::<UserView>(201)
            .idempotent(),
        Route::new(Method::GET, "/v1/users", Access::Admin, "Accounts.", list)
            .query("email", text(), "Those with this address.")
            .named_list()
            .gives_page::<UserView>(Cursor::Id),
        Route::new(Method::PATCH, "/v1/users/{user_id}", Access::ADMIN_OR_MANAGER, "Edits an account.", edit)
            .takes::<EditUser>(json!({"name": "Maria Sol", "email": null}))
            .gives::<UserView>(200),
    ]
}

fn view(user: User) -> UserView {
    UserView {
        id: user.id,
        name: user.name,
        email: user.email,
        admin: user.admin,
        active: user.deactivated.is_none(),
        created_at: user.created,
    }
}

/// Brings a name into its normal form, and checks it and an address.
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

/// The caller as they are shown to themselves.
pub(super) fn me_of(caller: &Caller) -> Me {
    let token = caller.token();
    let teams = token.teams.iter();
    let teams =
        teams.map(|(id, name, roles)| Membership { id: *id, name: name.clone(), roles: roles.to_vec() });
    Me { user: view(token.user.clone()), teams: teams.collect() }
}

pub(crate) async fn me(caller: Caller) -> Json<Me> {
    Json(me_of(&caller))
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
    Ok((StatusCode::CREATED, Json(view(user))))
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
    let users = users.into_iter().map(view).collect();
    Ok(Json(Page::new(users, page.limit, |user: &UserView| user.id.to_string())))
}

pub(crate) async fn edit(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    request: Body<EditUser>,
) -> Result<Json<UserView>> {
    let user = manageable(&context, &caller, id).await?;
    let mut request = request.value;
    checked(request.name.as_mut(), request.email.as_ref().and_then(Option::as_deref))?;
    if request.active.is_some() && (!caller.is_admin() || id == caller.user()) {
        return Err(Problem::forbidden());
    }
    if user.admin && request.active == Some(false) {
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
    Ok(Json(view(user)))
}

/// The user, if the caller may manage their account: it is the caller's own, or the caller is an administrator, or the
/// caller manages every team that the user is in.
pub(super) async fn manageable(context: &Context, caller: &Caller, id: UserId) -> Result<User> {
    let user = context.store.user(id).await?.ok_or_else(Problem::not_found)?;
    // A caller whose token somebody else made does not act for themselves.
    let is_own = id == caller.user() && caller.require_own_token().is_ok();
    if is_own || caller.is_admin() {
        return Ok(user);
    }
    let teams = context.store.teams_of(id).await?;
    let known = teams.iter().any(|(team, _, _)| caller.roles_in(*team).any(MANAGER));
    let all = teams.iter().all(|(team, _, _)| caller.roles_in(*team).any(MANAGER));
    match (known && !user.admin, all) {
        (false, _) => Err(Problem::not_found()),
        (true, false) => Err(Problem::forbidden()),
        (true, true) => Ok(user),
    }
}

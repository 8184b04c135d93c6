//! Teams and their members.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde_json::json;
use swath_api::people::NamedUser;
use swath_api::teams::{MemberRoles, MemberView, NewTeam, TeamView};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Roles, names};
use swath_runtime::access::MANAGER;
use swath_runtime::pages::{NamedPageQuery, Page};
use swath_runtime::{
    Access, Body, Caller, Context, Cursor, IdempotencyKey, PathId, Problem, Result, Route, Search,
};
use swath_store::User;

use crate::freed_work;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let member = "/v1/teams/{team_id}/members/{user_id}";
    vec![
        Route::new(Method::POST, "/v1/teams", Access::Admin, "Makes a team.", create)
            .takes::<NewTeam>(json!({"name": "Night shift"}))
            .gives::<TeamView>(201)
            .idempotent(),
        Route::new(
            Method::GET,
            "/v1/teams",
            Access::SignedIn,
            "One's teams; an administrator's are all.",
            list,
        )
        .named_list()
        .gives_page::<TeamView>(Cursor::Id),
        Route::new(
            Method::GET,
            "/v1/teams/{team_id}/members",
            Access::ADMIN_OR_MANAGER,
            "A team's people.",
            members,
        )
        .named_list()
        .gives_page::<MemberView>(Cursor::Id),
        Route::new(
            Method::PUT,
            member,
            Access::ADMIN_OR_MANAGER,
            "Sets what a user may do in a team; what a lost role no longer allows is freed.",
            put_member,
        )
        .takes::<MemberRoles>(json!({"roles": ["annotator", "reviewer"]}))
        .gives::<MemberView>(200),
        Route::new(
            Method::DELETE,
            member,
            Access::ADMIN_OR_MANAGER,
            "Takes a user out of a team, and frees what they hold.",
            delete_member,
        )
        .gives_nothing(204),
    ]
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    request: Body<NewTeam>,
) -> Result<(StatusCode, Json<TeamView>)> {
    let (mut name, mut errors) = (request.value.name, Vec::new());
    names::take("name", &mut name, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let asked = key.asked(caller.user(), "POST /v1/teams", &request.bytes);
    let id = TeamId(context.next_id());
    let id = context.store.team_create(id, name.clone(), context.actor(Some(&caller)), asked).await?;
    Ok((StatusCode::CREATED, Json(TeamView { id, name })))
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<NamedPageQuery>,
) -> Result<Json<Page<TeamView>>> {
    let page = query.page()?;
    let teams = if caller.is_admin() {
        context.store.teams(&page).await?
    } else {
        let own = caller.token().teams.iter().filter(|(id, name, _)| page.admits(id.0, name));
        page.cut(own.map(|(id, name, _)| (*id, name.clone())))
    };
    let teams = teams.into_iter().map(|(id, name)| TeamView { id, name }).collect();
    Ok(Json(Page::new(teams, page.limit, |team: &TeamView| team.id.to_string())))
}

/// Refuses callers who are neither administrators nor managers of this team.
pub(super) async fn require_manager(context: &Context, caller: &Caller, team: TeamId) -> Result<()> {
    if !caller.is_admin() {
        return caller.require(team, MANAGER);
    }
    context.store.team_name(team).await?.map(drop).ok_or_else(Problem::not_found)
}

pub(crate) async fn members(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    Search(query): Search<NamedPageQuery>,
) -> Result<Json<Page<MemberView>>> {
    require_manager(&context, &caller, team).await?;
    let page = query.page()?;
    let members = context.store.members(team, &page).await?;
    let view = |member: swath_store::Member| MemberView {
        user: NamedUser { id: member.user, name: member.name },
        roles: member.roles.to_vec(),
    };
    let members = members.into_iter().map(view).collect();
    Ok(Json(Page::new(members, page.limit, |member: &MemberView| member.user.id.to_string())))
}

pub(crate) async fn put_member(
    State(context): State<Context>,
    caller: Caller,
    PathId((team, user)): PathId<(TeamId, UserId)>,
    request: Body<MemberRoles>,
) -> Result<Json<MemberView>> {
    require_manager(&context, &caller, team).await?;
    let roles = roles(&request.value.roles)?;
    let member = context.store.user(user).await?.filter(|user| !user.admin).ok_or_else(Problem::not_found)?;
    if !may_put(&context, &caller, team, &member).await? {
        return Err(Problem::not_found());
    }
    let freed = context.store.member_put(team, user, roles, context.actor(Some(&caller))).await?;
    context.tokens.forget();
    freed_work::announce(&context, &freed);
    Ok(Json(MemberView { user: NamedUser { id: user, name: member.name }, roles: roles.to_vec() }))
}

/// The roles that are named: at least one, and none twice.
pub(super) fn roles(named: &[Role]) -> Result<Roles> {
    let roles = Roles::of(named);
    if roles == Roles::NONE {
        return Err(Problem::field("roles", "must name at least one role"));
    }
    if roles.to_vec().len() < named.len() {
        return Err(Problem::field("roles", "names a role twice"));
    }
    Ok(roles)
}

/// Whether the caller may set this user's roles without an invitation. Administrators may set anybody's. Managers may set
/// those of members, and of accounts that they made and that are in no team yet.
async fn may_put(context: &Context, caller: &Caller, team: TeamId, user: &User) -> Result<bool> {
    if caller.is_admin() {
        return Ok(true);
    }
    let teams = context.store.teams_of(user.id).await?;
    let is_member = teams.iter().any(|(of, _, _)| *of == team);
    Ok(is_member || teams.is_empty() && user.creator == Some(caller.user()))
}

pub(crate) async fn delete_member(
    State(context): State<Context>,
    caller: Caller,
    PathId((team, user)): PathId<(TeamId, UserId)>,
) -> Result<StatusCode> {
    require_manager(&context, &caller, team).await?;
    if context.store.member_roles(team, user).await? == Roles::NONE {
        return Err(Problem::not_found());
    }
    let freed = context.store.member_put(team, user, Roles::NONE, context.actor(Some(&caller))).await?;
    context.tokens.forget();
    freed_work::announce(&context, &freed);
    Ok(StatusCode::NO_CONTENT)
}

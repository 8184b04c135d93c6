//! The audit log: changes to accounts and rights, by whom and for whom.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use swath_api::logs::AuditView;
use swath_api::people::NamedUser;
use swath_domain::ids::{TeamId, UserId};
use swath_runtime::pages::{self, Page, PageQuery};
use swath_runtime::{Access, Caller, Context, Cursor, PathId, Result, Route, Search};
use swath_store::AuditEntry;

use super::names::Names;
use super::teams::require_manager;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/v1/teams/{team_id}/audit",
            Access::ADMIN_OR_MANAGER,
            "What was done about a team's people.",
            of_team,
        )
        .gives_page::<AuditView>(Cursor::Id),
        Route::new(
            Method::GET,
            "/v1/audit",
            Access::Admin,
            "What was done about people, in all teams.",
            of_all,
        )
        .gives_page::<AuditView>(Cursor::Id),
    ]
}

async fn page(context: &Context, team: Option<TeamId>, query: PageQuery) -> Result<Json<Page<AuditView>>> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    let entries = context.store.audit_log(team, after, limit).await?;
    let users: Vec<UserId> = entries.iter().flat_map(|entry| [entry.actor, entry.user]).flatten().collect();
    let teams: Vec<TeamId> = entries.iter().filter_map(|entry| entry.team).collect();
    let names = Names::of_users(context, users).await?.with_teams(context, teams).await?;
    let named = |id: UserId| NamedUser { id, name: names.user(id).unwrap_or_default() };
    let view = |entry: AuditEntry| AuditView {
        id: entry.id,
        at: entry.at,
        action: entry.action,
        team: entry.team,
        team_name: entry.team.and_then(|team| names.team(team)),
        actor: entry.actor.map(named),
        token: entry.token,
        user: entry.user.map(named),
        detail: entry.detail,
    };
    let entries = entries.into_iter().map(view).collect();
    Ok(Json(Page::new(entries, limit, |entry: &AuditView| entry.id.to_string())))
}

/// The audit log of a team, for its managers.
pub(crate) async fn of_team(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    Search(query): Search<PageQuery>,
) -> Result<Json<Page<AuditView>>> {
    require_manager(&context, &caller, team).await?;
    page(&context, Some(team), query).await
}

/// The audit log of the whole installation, for administrators.
pub(crate) async fn of_all(
    State(context): State<Context>,
    Search(query): Search<PageQuery>,
) -> Result<Json<Page<AuditView>>> {
    page(&context, None, query).await
}

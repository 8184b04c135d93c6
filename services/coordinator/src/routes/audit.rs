//! The audit log: what was done about people, by whom and for whom.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use swath_api::people::Person;
use swath_domain::Time;
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_runtime::pages::{self, Page, PageQuery};
use swath_runtime::{Caller, Context, PathId, Result, Search};
use swath_store::AuditEntry;
use uuid::Uuid;

use super::names::Names;
use super::teams::require_manager;

/// An entry of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditView {
    /// Its id, in the order of time.
    #[schema(value_type = Uuid)]
    id: Uuid,
    /// When.
    at: Time,
    /// What was done: `user-create`, `user-edit`, `team-create`, `member-put`, `member-remove`, `token-create`,
    /// `token-revoke`, `invitation-create`, `invitation-revoke`, `invitation-accept`, `sign-in-link-create` or `sign-in`.
    action: String,
    /// The team that it is about.
    team: Option<TeamId>,
    /// Its name.
    team_name: Option<String>,
    /// Who did it; none where Swath itself did.
    actor: Option<Person>,
    /// The token that was used.
    token: Option<TokenId>,
    /// For whom.
    user: Option<Person>,
    /// More by the action: roles, ids.
    #[schema(value_type = Option<Object>)]
    detail: Option<Value>,
}

async fn page(context: &Context, team: Option<TeamId>, query: PageQuery) -> Result<Json<Page<AuditView>>> {
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    let entries = context.store.audit_log(team, after, limit).await?;
    let people: Vec<UserId> = entries.iter().flat_map(|entry| [entry.actor, entry.user]).flatten().collect();
    let teams: Vec<TeamId> = entries.iter().filter_map(|entry| entry.team).collect();
    let names = Names::of_people(context, people).await?.with_teams(context, teams).await?;
    let person = |id: UserId| Person { id, name: names.person(id).unwrap_or_default() };
    let view = |entry: AuditEntry| AuditView {
        id: entry.id,
        at: entry.at,
        action: entry.action,
        team: entry.team,
        team_name: entry.team.and_then(|team| names.team(team)),
        actor: entry.actor.map(person),
        token: entry.token,
        user: entry.user.map(person),
        detail: entry.detail,
    };
    let entries = entries.into_iter().map(view).collect();
    Ok(Json(Page::new(entries, limit, |entry: &AuditView| entry.id.to_string())))
}

/// Of a team, for those who manage it.
pub(crate) async fn of_team(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    Search(query): Search<PageQuery>,
) -> Result<Json<Page<AuditView>>> {
    require_manager(&context, &caller, team).await?;
    page(&context, Some(team), query).await
}

/// Of the whole installation, for administrators.
pub(crate) async fn of_all(
    State(context): State<Context>,
    Search(query): Search<PageQuery>,
) -> Result<Json<Page<AuditView>>> {
    page(&context, None, query).await
}

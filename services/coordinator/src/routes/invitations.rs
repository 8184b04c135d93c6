//! Invitations: how users join a team.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use swath_api::invitations::{
    AcceptRequest, Accepted, CodeRequest, InvitationView, NewInvitationRequest, TeamName,
};
use swath_domain::ids::{TeamId, TokenId, UserId};
use swath_domain::text::check_line;
use swath_domain::time::{Micros, seconds};
use swath_domain::{limits, names};
use swath_runtime::administrator::fresh_token;
use swath_runtime::pages::{self, Page, PageQuery};
use swath_runtime::{
    Access, Body, Caller, Context, Credential, Cursor, IdempotencyKey, PathId, Problem, Result, Route, Search,
};
use swath_store::{Actor, Created, Guest, Invitation, Joined, NewInvitation, NewToken, User, digest};
use uuid::Uuid;

use super::names::Names;
use super::teams::require_manager;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/v1/teams/{team_id}/invitations",
            Access::ADMIN_OR_MANAGER,
            "Invites somebody into a team; the code is shown once.",
            create,
        )
        .takes::<NewInvitationRequest>(json!({"roles": ["annotator"], "note": "Anna"}))
        .gives::<InvitationView>(201)
        .idempotent(),
        Route::new(
            Method::GET,
            "/v1/teams/{team_id}/invitations",
            Access::ADMIN_OR_MANAGER,
            "A team's open invitations.",
            list,
        )
        .gives_page::<InvitationView>(Cursor::Id),
        Route::new(
            Method::DELETE,
            "/v1/invitations/{invitation_id}",
            Access::ADMIN_OR_MANAGER,
            "Revokes an invitation.",
            revoke,
        )
        .gives_nothing(204),
        Route::new(
            Method::POST,
            "/v1/invitations/show",
            Access::Open,
            "The name of the team to which an invitation leads.",
            show,
        )
        .takes::<CodeRequest>(json!({"invitation": "swath_0123456789abcdef"}))
        .gives::<TeamName>(200),
        Route::new(
            Method::POST,
            "/v1/invitations/accept",
            Access::Open,
            "Joins a team: the bearer of a token as who they are, anybody else with a new account.",
            accept,
        )
        .takes::<AcceptRequest>(json!({"invitation": "swath_0123456789abcdef", "name": "Anna"}))
        .gives::<Accepted>(201)
        .optional_token()
        .idempotent(),
    ]
}

/// How long an invitation can be accepted.
const LIFETIME: Micros = seconds(7 * 24 * 3_600);
/// The longest code that is looked up, in bytes.
const CODE_BYTES_MAX: usize = 200;

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    key: IdempotencyKey,
    request: Body<NewInvitationRequest>,
) -> Result<(StatusCode, Json<InvitationView>)> {
    require_manager(&context, &caller, team).await?;
    caller.require_own_token()?;
    let roles = super::teams::roles(&request.value.roles)?;
    let note = request.value.note;
    let mut errors = Vec::new();
    if let Some(note) = &note {
        check_line("note", note, limits::NAME_MAX, &mut errors);
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let asked = key.asked_of(caller.user(), "POST /v1/teams/{team_id}/invitations", &team, &request.bytes);
    let code = fresh_token(context.ids.as_ref());
    let actor = context.actor(Some(&caller));
    let (created, expires) = (actor.at, actor.at + LIFETIME);
    let id = context.next_id();
    let digest = digest(code.as_bytes());
    let new = NewInvitation { id, team, digest, roles, note: note.clone(), expires };
    let Created { value: id, is_new } = context.store.invitation_create(new, actor, asked).await?;
    let view = InvitationView {
        id,
        invitation: is_new.then_some(code),
        roles: roles.to_vec(),
        invited_by: caller.user(),
        invited_by_name: Some(caller.token().user.name.clone()),
        note,
        created_at: created,
        expires_at: expires,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

fn view(invitation: Invitation, names: &Names) -> InvitationView {
    InvitationView {
        id: invitation.id,
        invitation: None,
        roles: invitation.roles.to_vec(),
        invited_by: invitation.inviter,
        invited_by_name: names.user(invitation.inviter),
        note: invitation.note,
        created_at: invitation.created,
        expires_at: invitation.expires,
    }
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    Search(query): Search<PageQuery>,
) -> Result<Json<Page<InvitationView>>> {
    require_manager(&context, &caller, team).await?;
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    let invitations = context.store.invitations(team, context.now(), after, limit).await?;
    let names = Names::of_users(&context, invitations.iter().map(|one| one.inviter)).await?;
    let invitations = invitations.into_iter().map(|one| view(one, &names)).collect();
    Ok(Json(Page::new(invitations, limit, |invitation: &InvitationView| invitation.id.to_string())))
}

pub(crate) async fn revoke(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<Uuid>,
) -> Result<StatusCode> {
    let team = context.store.invitation_team(id).await?.ok_or_else(Problem::not_found)?;
    require_manager(&context, &caller, team).await?;
    context.store.invitation_revoke(id, team, context.actor(Some(&caller))).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn code_digest(code: &str) -> Result<Vec<u8>> {
    if code.len() > CODE_BYTES_MAX {
        return Err(Problem::not_found());
    }
    Ok(digest(code.trim().as_bytes()))
}

/// Shows only the team's name. The code comes in the body, because addresses are written into logs.
pub(crate) async fn show(
    State(context): State<Context>,
    request: Body<CodeRequest>,
) -> Result<Json<TeamName>> {
    let digest = code_digest(&request.value.invitation)?;
    let invitation =
        context.store.invitation(&digest, context.now()).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(TeamName { team: invitation.team_name }))
}

/// Adds a user to the team: the bearer of a token with their account, anybody else with a new one.
pub(crate) async fn accept(
    State(context): State<Context>,
    headers: HeaderMap,
    key: IdempotencyKey,
    request: Body<AcceptRequest>,
) -> Result<(StatusCode, Json<Accepted>)> {
    let digest_of_code = code_digest(&request.value.invitation)?;
    let caller = match Credential::maybe(&Method::POST, &headers)? {
        Some(presented) => Some(context.tokens.caller(&context.store, &presented, context.now()).await?),
        None => None,
    };
    if let Some(caller) = &caller {
        caller.require_own_token()?;
    }
    let guest = guest(&context, caller.as_ref(), request.value.name)?;
    let user = guest.user();
    let token = fresh_token(context.ids.as_ref());
    let digest = digest(token.as_bytes());
    let new = NewToken { id: TokenId(context.next_id()), user, team: None, digest, expires: None };
    let actor = Actor { user: Some(user), ..context.actor(caller.as_ref()) };
    let asker = caller.as_ref().map_or_else(|| invited(&digest_of_code), Caller::user);
    let asked = key.asked(asker, "POST /v1/invitations/accept", &request.bytes);
    let Created { value: joined, is_new } =
        context.store.invitation_accept(digest_of_code, guest, new, actor, asked).await?;
    context.tokens.forget();
    let Joined { user, team, roles } = joined;
    Ok((StatusCode::CREATED, Json(Accepted { user, team, roles, token: is_new.then_some(token) })))
}

/// The id under which the answer to somebody without an account is kept: the beginning of their invitation's digest.
#[expect(clippy::expect_used, reason = "a SHA-256 digest has 32 bytes")]
fn invited(digest_of_code: &[u8]) -> UserId {
    UserId(Uuid::from_bytes(*digest_of_code.first_chunk().expect("a digest is longer than an id")))
}

/// Who accepts an invitation.
fn guest(context: &Context, caller: Option<&Caller>, name: Option<String>) -> Result<Guest> {
    match (caller, name) {
        (Some(caller), _) if caller.is_admin() => Err(Problem::forbidden()),
        (Some(_), Some(_)) => {
            Err(Problem::field("name", "is for a new account, and the token is of one that is there"))
        }
        (Some(caller), None) => Ok(Guest::Known(caller.user())),
        (None, None) => Err(Problem::field("name", "is needed for a new account")),
        (None, Some(mut name)) => {
            let mut errors = Vec::new();
            names::take("name", &mut name, &mut errors);
            if !errors.is_empty() {
                return Err(Problem::invalid(errors));
            }
            Ok(Guest::New(User {
                id: UserId(context.next_id()),
                name,
                email: None,
                admin: false,
                created: context.now(),
                creator: None,
                deactivated: None,
            }))
        }
    }
}

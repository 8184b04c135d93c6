//! Which folders and buckets a team may use as media. Administrators set them, and the team's managers see them.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde_json::json;
use swath_api::teams::{TeamMediaRequest, TeamMediaView};
use swath_domain::FieldError;
use swath_domain::ids::TeamId;
use swath_runtime::media_path::places::{self, PLACES_MAX, PlaceError};
use swath_runtime::{Access, Body, Caller, Context, PathId, Problem, Result, Route};
use swath_store::TeamMedia;

use super::teams::require_manager;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let media = "/v1/teams/{team_id}/media";
    vec![
        Route::new(Method::GET, media, Access::ADMIN_OR_MANAGER, "Which media a team may use.", show)
            .gives::<TeamMediaView>(200),
        Route::new(Method::PUT, media, Access::Admin, "Sets which media a team may use.", put)
            .takes::<TeamMediaRequest>(
                json!({"folders": ["/srv/pictures/night"], "buckets": ["s3://pictures/night/"]}),
            )
            .gives::<TeamMediaView>(200),
    ]
}

fn view(context: &Context, caller: &Caller, media: TeamMedia) -> TeamMediaView {
    let shown = |folder: String| match places::folder(&folder) {
        Ok(path) if !caller.is_admin() => context.media.files.shown_folder(&path),
        _ => folder,
    };
    TeamMediaView {
        everything: media.everything,
        folders: media.folders.into_iter().map(shown).collect(),
        buckets: media.buckets,
    }
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
) -> Result<Json<TeamMediaView>> {
    require_manager(&context, &caller, team).await?;
    let media = context.store.team_media(team).await?;
    Ok(Json(view(&context, &caller, media)))
}

pub(crate) async fn put(
    State(context): State<Context>,
    caller: Caller,
    PathId(team): PathId<TeamId>,
    request: Body<TeamMediaRequest>,
) -> Result<Json<TeamMediaView>> {
    require_manager(&context, &caller, team).await?;
    let TeamMediaRequest { folders, buckets } = request.value;
    let mut errors = Vec::new();
    check("folders", &folders, |text| places::folder(text).map(drop), &mut errors);
    check("buckets", &buckets, |text| places::prefix(text).map(drop), &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    context.store.team_media_put(team, TeamMedia { everything: false, folders, buckets }).await?;
    context.media.forget(team);
    let media = context.store.team_media(team).await?;
    Ok(Json(view(&context, &caller, media)))
}

fn check(
    field: &str,
    texts: &[String],
    read: impl Fn(&str) -> Result<(), PlaceError>,
    errors: &mut Vec<FieldError>,
) {
    if texts.len() > PLACES_MAX {
        errors.push(FieldError::new(field, format!("at most {PLACES_MAX} are allowed")));
        return;
    }
    for (index, text) in texts.iter().enumerate() {
        if let Err(error) = read(text) {
            errors.push(FieldError::new(format!("{field}[{index}]"), error.to_string()));
        } else if texts[..index].contains(text) {
            errors.push(FieldError::new(format!("{field}[{index}]"), "stands here twice"));
        }
    }
}

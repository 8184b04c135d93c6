//! Datasets: lists and single ones.

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use serde::Deserialize;
use serde_json::json;
use swath_api::datasets::DatasetView;
use swath_domain::ids::{DatasetId, TeamId};
use swath_runtime::access::MANAGER;
use swath_runtime::pages::{NamedPageQuery, Page};
use swath_runtime::{Access, Caller, Context, Cursor, PathId, Problem, Result, Route, Search};
use swath_store::{Dataset, DatasetState};

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let team = || json!({"type": "string", "format": "uuid"});
    vec![
        Route::new(Method::GET, "/v1/datasets", Access::MANAGER, "A team's datasets.", list)
            .query("team", team(), "The team.")
            .query(
                "state",
                json!({"type": "string", "enum": ["importing", "ready", "failed"]}),
                "Only in this state.",
            )
            .named_list()
            .gives_page::<DatasetView>(Cursor::Id),
        Route::new(Method::GET, "/v1/datasets/{dataset_id}", Access::MANAGER, "A dataset.", show)
            .gives::<DatasetView>(200),
    ]
}

/// A dataset as lists show it.
fn listed(dataset: Dataset) -> DatasetView {
    DatasetView {
        id: dataset.id,
        team: dataset.team,
        name: dataset.name,
        state: dataset.state.name().to_owned(),
        version: dataset.version,
        count: dataset.items,
        error: dataset.error,
        notes: dataset.notes.and_then(|text| serde_json::from_str(&text).ok()),
        sizes_as_stored: false,
        measuring: false,
        pictures_missing: None,
        created_at: dataset.created,
    }
}

/// A dataset as it is shown alone.
pub(super) async fn view(context: &Context, id: DatasetId) -> Result<DatasetView> {
    let dataset = context.store.dataset(id).await?.ok_or_else(Problem::not_found)?;
    let sizes_as_stored = context.store.is_measured_as_stored(id).await?;
    let pictures_missing = Some(context.store.pictures_missing(id).await?);
    let measuring = context.store.is_measuring(id).await?;
    Ok(DatasetView { sizes_as_stored, measuring, pictures_missing, ..listed(dataset) })
}

/// A dataset of a team that the caller manages.
pub(super) async fn own(context: &Context, caller: &Caller, id: DatasetId) -> Result<Dataset> {
    let dataset = context.store.dataset(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(dataset.team, MANAGER)?;
    Ok(dataset)
}

#[derive(Debug, Deserialize)]
pub(crate) struct ListQuery {
    team: Option<TeamId>,
    state: Option<String>,
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<ListQuery>,
    Search(page): Search<NamedPageQuery>,
) -> Result<Json<Page<DatasetView>>> {
    let team = caller.team(query.team, MANAGER)?;
    let page = page.page()?;
    let unknown = || Problem::field("state", "is not one of `importing`, `ready`, `failed`");
    let state =
        query.state.as_deref().map(|name| DatasetState::of_name(name).ok_or_else(unknown)).transpose()?;
    let datasets = context.store.datasets(team, state, &page).await?;
    let datasets = datasets.into_iter().map(listed).collect();
    Ok(Json(Page::new(datasets, page.limit, |dataset: &DatasetView| dataset.id.to_string())))
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<DatasetId>,
) -> Result<Json<DatasetView>> {
    own(&context, &caller, id).await?;
    Ok(Json(view(&context, id).await?))
}

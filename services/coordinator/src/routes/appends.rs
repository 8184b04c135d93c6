//! Items appended to a dataset: its next version.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use swath_api::datasets::{DatasetView, MoreItems, TrialView};
use swath_domain::ids::DatasetId;
use swath_formats::manifest::Kind;
use swath_runtime::body::{self, media_type};
use swath_runtime::{Access, Caller, Context, IdempotencyKey, PathId, Problem, Result, Route, Search};
use swath_store::{Dataset, DatasetState, StoreError, digest};

use super::datasets::{own, view};
use super::imports::{
    Begun, Start, begin, begin_stream, check_paths_below, faults_of, refused_stream, trial_view, unknown_type,
};
use crate::attempt::{self, Attempted};
use crate::importer::{Import, Naming, Report, Target};

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/v1/datasets/{dataset_id}/items",
            Access::MANAGER,
            "Appends items: the next version.",
            append,
        )
        .takes::<MoreItems>(json!({"items": [{"uri": "s3://pictures/1.jpg", "labels": ["night"], "meta": {"camera": "B"}, "width": 1920, "height": 1080}]}))
        .takes_stream(super::imports::MANIFESTS)
        .query("dry_run", json!({"type": "boolean"}), "Check everything and keep nothing.")
        .query("base", json!({"type": "string"}), "With a manifest: what bare paths in it are below.")
        .gives::<TrialView>(200)
        .gives::<DatasetView>(201)
        .idempotent()
        .streamed(),
    ]
}

const APPEND: &str = "POST /v1/datasets/{dataset_id}/items";

/// The query of a request whose body is a manifest.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppendQuery {
    #[serde(default)]
    dry_run: bool,
    base: Option<String>,
}

/// Which request appended the items.
enum Appended {
    /// This one.
    Now(Report),
    /// An earlier one under the same key, with this answer.
    Before(serde_json::Value),
}

pub(crate) async fn append(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<DatasetId>,
    key: IdempotencyKey,
    Search(query): Search<AppendQuery>,
    request: Request,
) -> Result<Response> {
    let dataset = own(&context, &caller, id).await?;
    let is_trial = query.dry_run;
    // A dry run keeps nothing, so it may be repeated under the same key.
    let key = key.request(caller.user(), APPEND).filter(|_| !is_trial);
    let appended = match Kind::of_content_type(media_type(request.headers())) {
        Some(kind) => {
            check_paths_below("base", query.base.as_deref())?;
            let below = query.base.as_ref().map(|base| format!("{base}\n")).unwrap_or_default();
            let prefix = format!("{id}\n{kind:?}\n{below}").into_bytes();
            match begin_stream(&context, key, &prefix, request.into_body()).await? {
                Begun::Go { attempt, body } => {
                    let max = context.config.server.upload_bytes;
                    let version = next_version(&context, &dataset, is_trial).await;
                    let version = match version {
                        Ok(version) => version,
                        Err(problem) => return Err(refused_stream(body, max, problem).await),
                    };
                    let attempted = Attempted { attempt, digest: prefix };
                    let import = Import::start(context.clone(), version, Naming::Line, attempted);
                    Appended::Now(import.below(query.base).stream(kind, body, max).await?)
                }
                Begun::Answered(first) => Appended::Before(first),
            }
        }
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let bytes = body::collect(
                request.into_body(),
                context.config.server.body_bytes,
                &context.requests,
                Some(caller.user()),
            )
            .await?;
            let more: MoreItems = body::parse(&bytes)?;
            if more.items.is_empty() {
                return Err(Problem::field("items", "holds no item"));
            }
            let faults = faults_of("items", &more.items);
            let digest = digest(&[format!("{id}\n").as_bytes(), &bytes].concat());
            match begin(&context, key, digest.clone()).await? {
                Start::Go(attempt) => {
                    let version = next_version(&context, &dataset, is_trial).await?;
                    let naming = Naming::Index("items");
                    let attempted = Attempted { attempt, digest };
                    let import = Import::start(context.clone(), version, naming, attempted);
                    Appended::Now(import.list(more.items, faults).await?)
                }
                Start::Answered(first) => Appended::Before(first),
            }
        }
        None => return Err(unknown_type()),
    };
    let mut view = view(&context, id).await?;
    match appended {
        Appended::Now(report) if is_trial => return Ok(Json(trial_view(report)).into_response()),
        Appended::Now(_) => {}
        Appended::Before(first) => {
            let number = |field: &str, now: i64| first[field].as_i64().unwrap_or(now);
            (view.version, view.count) = (number("version", view.version), number("count", view.count));
        }
    }
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Opens the next version, to be filled by an import.
async fn next_version(context: &Context, dataset: &Dataset, is_trial: bool) -> Result<Target> {
    if dataset.state != DatasetState::Ready {
        return Err(Problem::conflict("the dataset is not ready"));
    }
    let opened = context.store.dataset_open_version(dataset.id, context.now()).await;
    let opened = opened.map_err(|error| match error {
        StoreError::Conflict(detail) => attempt::in_progress(&detail),
        error => error.into(),
    })?;
    let base = Some(dataset.base.clone());
    Ok(Target { dataset: dataset.id, team: dataset.team, version: opened.version, base, is_trial })
}

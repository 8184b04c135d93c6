//! Datasets made from a folder, a manifest, a list or a pattern. A dry run checks everything and keeps nothing.

mod checks;
mod opening;
mod outcome;
mod source;
mod start;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use swath_api::datasets::{DatasetView, NewDatasetRequest, TrialView};
use swath_domain::ids::TeamId;
use swath_formats::manifest::Kind;
use swath_runtime::access::MANAGER;
use swath_runtime::body::{self, media_type};
use swath_runtime::{Access, Caller, Context, IdempotencyKey, Problem, Result, Route, Search};
use swath_store::{RequestKey, digest};

use self::checks::checked_name;
use self::opening::{Owner, open};
use self::outcome::Outcome;
use self::source::from_source;
use super::datasets::view;
use crate::attempt::Attempted;
use crate::importer::{Import, Naming, Target};
use serde_json::json;

/// The media types of a manifest, each with an example.
pub(super) const MANIFESTS: &[(&str, &str)] = &[
    ("application/x-ndjson", "{\"uri\": \"s3://pictures/1.jpg\", \"width\": 1920, \"height\": 1080}\n"),
    ("text/csv", "uri,labels,camera\ns3://pictures/1.jpg,night|rain,B\n"),
];

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    let team = || json!({"type": "string", "format": "uuid"});
    vec![
        Route::new(
            Method::POST,
            "/v1/datasets",
            Access::MANAGER,
            "Makes a dataset, from a source or a manifest.",
            create,
        )
        .takes::<NewDatasetRequest>(
            json!({"name": "Streets", "source": {"folder": "streets", "skip_bad": true}}),
        )
        .takes_stream(MANIFESTS)
        .query("name", json!({"type": "string"}), "With a manifest: the dataset's name.")
        .query("team", team(), "With a manifest: the team.")
        .query("dry_run", json!({"type": "boolean"}), "With a manifest: check everything and keep nothing.")
        .query("base", json!({"type": "string"}), "With a manifest: what bare paths in it are below.")
        .gives::<TrialView>(200)
        .gives::<DatasetView>(201)
        .idempotent()
        .streamed(),
    ]
}

pub(super) use self::checks::{check_paths_below, faults_of};
pub(super) use self::outcome::trial_view;
pub(super) use self::start::{Begun, Start, begin, begin_stream, refused_stream, unknown_type};

const ROUTE: &str = "POST /v1/datasets";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamQuery {
    name: Option<String>,
    team: Option<TeamId>,
    #[serde(default)]
    dry_run: bool,
    base: Option<String>,
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    Search(query): Search<StreamQuery>,
    request: Request,
) -> Result<Response> {
    let key = key.request(caller.user(), ROUTE);
    let outcome = match Kind::of_content_type(media_type(request.headers())) {
        Some(kind) => from_stream(&context, &caller, key, query, Stream { kind, request }).await?,
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let max = context.config.server.body_bytes;
            let bytes =
                body::collect(request.into_body(), max, &context.requests, Some(caller.user())).await?;
            let request: NewDatasetRequest = body::parse(&bytes)?;
            // A dry run keeps nothing, so it may be repeated under the same key.
            let key = key.filter(|_| !request.dry_run);
            match begin(&context, key, digest(&bytes)).await? {
                Start::Go(attempt) => {
                    from_source(&context, &caller, request, Attempted { attempt, digest: digest(&bytes) })
                        .await?
                }
                Start::Answered(first) => first_dataset(first)?,
            }
        }
        None => return Err(unknown_type()),
    };
    match outcome {
        Outcome::Made(id) => Ok((StatusCode::CREATED, Json(view(&context, id).await?)).into_response()),
        Outcome::Tried(report) => Ok(Json(trial_view(report)).into_response()),
    }
}

/// The dataset that the first request under the same key made.
fn first_dataset(answer: serde_json::Value) -> Result<Outcome> {
    serde_json::from_value(answer).map(Outcome::Made).map_err(|_| Problem::internal())
}

/// A manifest in the body of a request.
struct Stream {
    kind: Kind,
    request: Request,
}

async fn from_stream(
    context: &Context,
    caller: &Caller,
    key: Option<RequestKey>,
    query: StreamQuery,
    stream: Stream,
) -> Result<Outcome> {
    let Stream { kind, request } = stream;
    let team = caller.team(query.team, MANAGER)?;
    let key = key.filter(|_| !query.dry_run);
    let name = query.name.ok_or_else(|| Problem::field("name", "is needed in the query"))?;
    let name = checked_name(name)?;
    check_paths_below("base", query.base.as_deref())?;
    let below = query.base.as_ref().map(|base| format!("{base}\n")).unwrap_or_default();
    let prefix = format!("{team}\n{name}\n{kind:?}\n{below}").into_bytes();
    let (attempt, body) = match begin_stream(context, key, &prefix, request.into_body()).await? {
        Begun::Go { attempt, body } => (attempt, body),
        Begun::Answered(first) => return first_dataset(first),
    };
    let max = context.config.server.upload_bytes;
    let id = match open(context, Owner { team, creator: caller.user() }, name).await {
        Ok(id) => id,
        Err(problem) => return Err(refused_stream(body, max, problem).await),
    };
    let target = Target::new_dataset(id, team, query.dry_run);
    let attempted = Attempted { attempt, digest: prefix };
    let import = Import::start(context.clone(), target, Naming::Line, attempted);
    Ok(Outcome::of(id, query.dry_run, import.below(query.base).stream(kind, body, max).await?))
}

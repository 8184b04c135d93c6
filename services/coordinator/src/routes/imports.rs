//! Datasets made from a folder, a manifest, a list or a pattern. A trial does all of it and keeps nothing.

mod source;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_domain::{FieldError, names};
use swath_formats::folder::Order;
use swath_formats::manifest::{Kind, ManifestItem, check_base, check_item};
use swath_runtime::access::MANAGER;
use swath_runtime::body::{self, media_type};
use swath_runtime::problem::Fault;
use swath_runtime::{Caller, Context, IdempotencyKey, Problem, Result, Search};
use swath_store::{NewDataset, RequestKey, Source, digest};

use self::source::from_source;
use super::datasets::view;
use crate::attempt::{self, Attempt};
use crate::importer::notes::Notes;
use crate::importer::{Import, Naming, Report, Target};

const ROUTE: &str = "POST /v1/datasets";

/// A dataset to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDatasetRequest {
    /// The team; not needed for someone who manages one.
    #[serde(default)]
    team: Option<TeamId>,
    /// Its name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: String,
    /// Where its items come from: exactly one of the four.
    source: SourceRequest,
    /// Whether everything is checked and nothing is kept: the answer is a report.
    #[serde(default)]
    dry_run: bool,
}

/// Where items come from: `folder`, `manifest`, `items`, or `pattern` with `count`.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceRequest {
    /// A folder of pictures on the server: one of the team's, or below one; a relative path is looked for below each.
    #[serde(default)]
    folder: Option<String>,
    /// A manifest on the server, below one of its media roots, or in the object store, as `s3://bucket/key`.
    #[serde(default)]
    manifest: Option<String>,
    /// The items themselves.
    #[serde(default)]
    #[schema(min_items = 1)]
    items: Option<Vec<ManifestItem>>,
    /// A URI with `{}` or `{:08}` where the number goes.
    #[serde(default)]
    pattern: Option<String>,
    /// With a pattern: how many items.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    count: Option<i64>,
    /// With a manifest: what bare paths in it are below, as in `s3://bucket/streets/`.
    #[serde(default)]
    base: Option<String>,
    /// With a folder: in which order its pictures come; as people count, unless it says otherwise.
    #[serde(default)]
    order: Option<Order>,
    /// With a folder: whether files that cannot be used are left out and listed, instead of refusing the whole.
    #[serde(default)]
    skip_bad: Option<bool>,
}

/// What an import would bring.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TrialView {
    /// Items.
    count: i64,
    /// Items whose picture's size is not known: exports to COCO and Supervisely need it.
    without_size: i64,
    /// What would be passed by or left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Notes>,
}

impl From<Report> for TrialView {
    fn from(report: Report) -> Self {
        let notes = (report.notes != Notes::default()).then_some(report.notes);
        Self { count: report.items, without_size: report.without_size, notes }
    }
}

/// What has become of a request: a dataset, or the report of a trial.
pub(super) enum Outcome {
    Made(DatasetId),
    Tried(Report),
}

impl Outcome {
    fn of(id: DatasetId, is_trial: bool, report: Report) -> Self {
        if is_trial { Self::Tried(report) } else { Self::Made(id) }
    }
}

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
        Some(kind) => from_stream(&context, &caller, key, query, (kind, request)).await?,
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let most = context.config.server.body_bytes;
            let bytes =
                body::collect(request.into_body(), most, (&context.requests, Some(caller.user()))).await?;
            let request: NewDatasetRequest = body::parse(&bytes)?;
            // A trial keeps nothing, so that it may be tried again under the same key.
            let key = key.filter(|_| !request.dry_run);
            match begin(&context, key, digest(&bytes)).await? {
                Start::Go(attempt) => {
                    from_source(&context, &caller, request, (attempt, digest(&bytes))).await?
                }
                Start::Answered(first) => first_dataset(first)?,
            }
        }
        None => return Err(unknown_type()),
    };
    match outcome {
        Outcome::Made(id) => Ok((StatusCode::CREATED, Json(view(&context, id).await?)).into_response()),
        Outcome::Tried(report) => Ok(Json(TrialView::from(report)).into_response()),
    }
}

pub(super) fn unknown_type() -> Problem {
    Problem::media_type("the body must be application/json, application/x-ndjson or text/csv")
}

/// What a request under a key begins with: the right to be carried out, or the first answer to it.
pub(super) enum Start {
    Go(Option<Attempt>),
    Answered(serde_json::Value),
}

pub(super) async fn begin(context: &Context, key: Option<RequestKey>, digest: Vec<u8>) -> Result<Start> {
    let asked = key.as_ref().map(|key| key.asked(digest));
    match (attempt::start(context, key).await?, asked) {
        (attempt::Start::Answered(first), Some(asked)) => Ok(Start::Answered(first.to(&asked)?)),
        (attempt::Start::Answered(_), None) => Err(Problem::internal()),
        (attempt::Start::Go(attempt), _) => Ok(Start::Go(attempt)),
    }
}

/// As [`begin`], for a body that is still to be read. It is read to its end where the request is not carried out: only
/// then is it known to be the first one again, and a client that is still sending does not listen.
pub(super) async fn begin_stream(
    context: &Context,
    key: Option<RequestKey>,
    prefix: &[u8],
    body: Body,
) -> Result<std::result::Result<(Option<Attempt>, Body), serde_json::Value>> {
    let most = context.config.server.upload_bytes;
    match attempt::start(context, key.clone()).await {
        Ok(attempt::Start::Go(attempt)) => Ok(Ok((attempt, body))),
        Ok(attempt::Start::Answered(first)) => {
            let digest = body::digest(body, prefix, most).await?;
            let asked = key.map(|key| key.asked(digest)).ok_or_else(Problem::internal)?;
            Ok(Err(first.to(&asked)?))
        }
        Err(problem) => Err(refused_stream(body, most, problem).await),
    }
}

/// A refusal of a body that is still being sent: it is read to its end, because a client that sends does not listen.
pub(super) async fn refused_stream(body: Body, most: u64, problem: Problem) -> Problem {
    match body::digest(body, &[], most).await {
        Ok(_) => problem,
        Err(interrupted) => interrupted,
    }
}

/// The dataset that the first request under the same key made.
fn first_dataset(answer: serde_json::Value) -> Result<Outcome> {
    serde_json::from_value(answer).map(Outcome::Made).map_err(|_| Problem::internal())
}

async fn from_stream(
    context: &Context,
    caller: &Caller,
    key: Option<RequestKey>,
    query: StreamQuery,
    (kind, request): (Kind, Request),
) -> Result<Outcome> {
    let team = caller.team(query.team, MANAGER)?;
    let key = key.filter(|_| !query.dry_run);
    let name = query.name.ok_or_else(|| Problem::field("name", "is needed in the query"))?;
    let name = checked_name(name)?;
    check_paths_below("base", query.base.as_deref())?;
    let below = query.base.as_ref().map(|base| format!("{base}\n")).unwrap_or_default();
    let prefix = format!("{team}\n{name}\n{kind:?}\n{below}").into_bytes();
    let (attempt, body) = match begin_stream(context, key, &prefix, request.into_body()).await? {
        Ok(go) => go,
        Err(first) => return first_dataset(first),
    };
    let most = context.config.server.upload_bytes;
    let id = match open(context, (team, caller.user()), name).await {
        Ok(id) => id,
        Err(problem) => return Err(refused_stream(body, most, problem).await),
    };
    let target = Target::new_dataset(id, team, query.dry_run);
    let import = Import::start(context.clone(), target, Naming::Line, (attempt, prefix));
    Ok(Outcome::of(id, query.dry_run, import.below(query.base).stream(kind, body, most).await?))
}

fn checked_name(mut name: String) -> Result<String> {
    let mut errors = Vec::new();
    names::take("name", &mut name, &mut errors);
    if errors.is_empty() { Ok(name) } else { Err(Problem::invalid(errors)) }
}

/// Refuses a base that nothing could lie below.
pub(super) fn check_paths_below(field: &str, base: Option<&str>) -> Result<()> {
    match base.and_then(|base| check_base(field, base)) {
        Some(error) => Err(Problem::invalid(vec![error])),
        None => Ok(()),
    }
}

/// What is wrong with the fields of items in a request.
pub(super) fn faults_of(path: &str, items: &[ManifestItem]) -> Vec<Fault> {
    let faults = |(index, item): (usize, &ManifestItem)| {
        let index = index as i64;
        let fault = move |error: FieldError| {
            let error = error.within(&format!("{path}[{index}]"));
            Fault { field: Some(error.field), index: Some(index), line: None, message: error.message }
        };
        check_item(item).into_iter().map(fault).collect::<Vec<_>>()
    };
    items.iter().enumerate().flat_map(faults).collect()
}

async fn open(context: &Context, (team, creator): (TeamId, UserId), name: String) -> Result<DatasetId> {
    let (id, now) = (DatasetId(context.next_id()), context.now());
    let new = NewDataset { id, team, name, creator, base: String::new(), source: Source::Rows, now };
    Ok(context.store.dataset_create(new, None).await?)
}

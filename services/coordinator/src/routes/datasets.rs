//! Datasets: made from a folder, a manifest, a list or a pattern; appended to; looked at.

use std::path::PathBuf;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_domain::labels::{check_line, check_text};
use swath_domain::{FieldError, Time, limits};
use swath_runtime::access::MANAGER;
use swath_runtime::body::{self, media_type};
use swath_runtime::pages::{self, Page};
use swath_runtime::{Caller, Context, IdempotencyKey, PathId, Problem, Result, Search};
use swath_store::{Dataset, DatasetState, NewDataset, RequestKey, Source, StoreError, digest, fill_pattern};

use crate::attempt::{self, Attempt};
use crate::export::shared_base;
use crate::importer::place::{Place, manifest_place};
use crate::importer::{Import, Naming, Patience, Target, media_check};
use crate::manifest::{Kind, ManifestItem, check_item};

/// How long a request waits for an import before it answers `importing`.
const IMPORT_WAIT: Duration = Duration::from_secs(10);
const ROUTE: &str = "POST /v1/datasets";
const APPEND: &str = "POST /v1/datasets/{dataset_id}/items";

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
}

/// Items for the next version.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoreItems {
    /// The items, none of which may be in the dataset yet.
    #[schema(min_items = 1)]
    items: Vec<ManifestItem>,
}

/// A dataset at its latest version.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DatasetView {
    id: DatasetId,
    team: TeamId,
    name: String,
    /// `importing`, `ready` or `failed`.
    state: &'static str,
    /// Grows with every append.
    version: i64,
    /// Items of that version.
    count: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    created_at: Time,
}

impl From<Dataset> for DatasetView {
    fn from(dataset: Dataset) -> Self {
        Self {
            id: dataset.id,
            team: dataset.team,
            name: dataset.name,
            state: dataset.state.name(),
            version: dataset.version,
            count: dataset.items,
            error: dataset.error,
            created_at: dataset.created,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamQuery {
    name: Option<String>,
    team: Option<TeamId>,
}

pub(crate) async fn create(
    State(context): State<Context>,
    caller: Caller,
    key: IdempotencyKey,
    Search(query): Search<StreamQuery>,
    request: Request,
) -> Result<(StatusCode, Json<DatasetView>)> {
    let key = key.request(caller.user(), ROUTE);
    let dataset = match Kind::of_content_type(media_type(request.headers())) {
        Some(kind) => from_stream(&context, &caller, key, query, (kind, request)).await?,
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let most = context.config.server.body_bytes;
            let bytes =
                body::collect(request.into_body(), most, (&context.requests, Some(caller.user()))).await?;
            let request = body::parse(&bytes)?;
            match begin(&context, key, digest(&bytes)).await? {
                Start::Go(attempt) => {
                    from_source(&context, &caller, request, (attempt, digest(&bytes))).await?
                }
                Start::Answered(first) => first_dataset(first)?,
            }
        }
        None => return Err(unknown_type()),
    };
    Ok((StatusCode::CREATED, Json(view(&context, dataset).await?)))
}

fn unknown_type() -> Problem {
    Problem::media_type("the body must be application/json, application/x-ndjson or text/csv")
}

/// What a request under a key begins with: the right to be carried out, or the first answer to it.
enum Start {
    Go(Option<Attempt>),
    Answered(serde_json::Value),
}

async fn begin(context: &Context, key: Option<RequestKey>, digest: Vec<u8>) -> Result<Start> {
    let asked = key.as_ref().map(|key| key.asked(digest));
    match (attempt::start(context, key).await?, asked) {
        (attempt::Start::Answered(first), Some(asked)) => Ok(Start::Answered(first.to(&asked)?)),
        (attempt::Start::Answered(_), None) => Err(Problem::internal()),
        (attempt::Start::Go(attempt), _) => Ok(Start::Go(attempt)),
    }
}

/// As [`begin`], for a body that is still to be read. It is read to its end where the request is not carried out: only
/// then is it known to be the first one again, and a client that is still sending does not listen.
async fn begin_stream(
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
async fn refused_stream(body: Body, most: u64, problem: Problem) -> Problem {
    match body::digest(body, &[], most).await {
        Ok(_) => problem,
        Err(interrupted) => interrupted,
    }
}

/// The dataset that the first request under the same key made.
fn first_dataset(answer: serde_json::Value) -> Result<DatasetId> {
    serde_json::from_value(answer).map_err(|_| Problem::internal())
}

async fn from_stream(
    context: &Context,
    caller: &Caller,
    key: Option<RequestKey>,
    query: StreamQuery,
    (kind, request): (Kind, Request),
) -> Result<DatasetId> {
    let team = caller.team(query.team, MANAGER)?;
    let name = query.name.ok_or_else(|| Problem::field("name", "is needed in the query"))?;
    check_name(&name)?;
    let prefix = format!("{team}\n{name}\n{kind:?}\n").into_bytes();
    let (attempt, body) = match begin_stream(context, key, &prefix, request.into_body()).await? {
        Ok(go) => go,
        Err(first) => return first_dataset(first),
    };
    let most = context.config.server.upload_bytes;
    let id = match open(context, (team, caller.user()), name).await {
        Ok(id) => id,
        Err(problem) => return Err(refused_stream(body, most, problem).await),
    };
    let import = Import::start(context.clone(), first_version(id, team), Naming::Line, (attempt, prefix));
    import.stream(kind, body, most).await?;
    Ok(id)
}

async fn from_source(
    context: &Context,
    caller: &Caller,
    request: NewDatasetRequest,
    attempt: (Option<Attempt>, Vec<u8>),
) -> Result<DatasetId> {
    let team = caller.team(request.team, MANAGER)?;
    check_name(&request.name)?;
    let owner = (team, caller.user());
    let (name, most) = (request.name, context.config.server.upload_bytes);
    let start =
        |id, naming, attempt| Import::start(context.clone(), first_version(id, team), naming, attempt);
    match request.source {
        SourceRequest { pattern: Some(pattern), count, folder: None, manifest: None, items: None } => {
            from_pattern(context, owner, name, (pattern, count), attempt).await
        }
        SourceRequest { items: Some(items), pattern: None, count: None, folder: None, manifest: None } => {
            check_items("source.items", &items)?;
            let id = open(context, owner, name).await?;
            start(id, Naming::Index("source.items"), attempt).list(items).await?;
            Ok(id)
        }
        SourceRequest { folder: Some(folder), pattern: None, count: None, items: None, manifest: None } => {
            let access = context.media.of(&context.store, team).await?;
            let id = open(context, owner, name).await?;
            let import = start(id, Naming::Uri, attempt);
            let patience = import.patience();
            patiently(import.folder(access.places.clone(), PathBuf::from(folder)), &patience).await?;
            Ok(id)
        }
        SourceRequest { manifest: Some(manifest), pattern: None, count: None, items: None, folder: None } => {
            let (place, kind) = manifest_place(context, team, manifest).await?;
            let id = open(context, owner, name).await?;
            let import = start(id, Naming::Line, attempt);
            let patience = import.patience();
            match place {
                Place::File(file) => patiently(import.file(file, kind, most), &patience).await?,
                Place::Object(url) => patiently(import.object(url, kind, most), &patience).await?,
            }
            Ok(id)
        }
        _ => Err(Problem::field(
            "source",
            "must be exactly one of folder, manifest, items, or pattern with count",
        )),
    }
}

/// Waits for an import for a while; a long one goes on by itself, and the dataset says how it ends.
async fn patiently(
    import: impl Future<Output = Result<()>> + Send + 'static,
    patience: &Patience,
) -> Result<()> {
    let mut task = tokio::spawn(import);
    match tokio::time::timeout(IMPORT_WAIT, &mut task).await {
        Ok(outcome) => outcome.map_err(|_| Problem::internal())?,
        Err(_) if patience.claim() => Ok(()),
        // It has ended in this very moment.
        Err(_) => task.await.map_err(|_| Problem::internal())?,
    }
}

async fn from_pattern(
    context: &Context,
    (team, creator): (TeamId, UserId),
    name: String,
    (pattern, count): (String, Option<i64>),
    (attempt, digest): (Option<Attempt>, Vec<u8>),
) -> Result<DatasetId> {
    let mut errors = Vec::new();
    check_text("source.pattern", &pattern, limits::URI_MAX - 40, &mut errors);
    if fill_pattern(&pattern, 0).is_none() {
        errors.push(FieldError::new("source.pattern", "needs one {} or {:08} where the number goes"));
    }
    let count = count.unwrap_or_default();
    if !(1..=limits::ITEMS_MAX).contains(&count) {
        errors.push(FieldError::new("source.count", format!("must be between 1 and {}", limits::ITEMS_MAX)));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    // The others lie between the two; whether the team may use each is asked again when it is shown.
    let ends = [0, count - 1].into_iter().filter_map(|index| fill_pattern(&pattern, index)).collect();
    if let Some((_, message)) = media_check::first_fault(context, team, ends).await? {
        return Err(Problem::field("source.pattern", message));
    }
    let base = shared_base(None, pattern.split('{').next().unwrap_or_default());
    let (id, now) = (DatasetId(context.next_id()), context.now());
    let new = NewDataset { id, team, name, creator, base, source: Source::Pattern { pattern, count }, now };
    let completion = attempt.as_ref().map(|attempt| attempt.completion(digest));
    let id = context.store.dataset_create(new, completion).await?;
    attempt.into_iter().for_each(Attempt::done);
    Ok(id)
}

fn check_name(name: &str) -> Result<()> {
    let mut errors = Vec::new();
    check_line("name", name, limits::NAME_MAX, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

fn check_items(path: &str, items: &[ManifestItem]) -> Result<()> {
    if items.is_empty() {
        return Err(Problem::field(path, "holds no item"));
    }
    for (index, item) in items.iter().enumerate() {
        let errors: Vec<_> =
            check_item(item).into_iter().map(|error| error.within(&format!("{path}[{index}]"))).collect();
        if !errors.is_empty() {
            let mut problem = Problem::invalid(errors);
            problem.errors.iter_mut().for_each(|fault| fault.index = Some(index as i64));
            return Err(problem);
        }
    }
    Ok(())
}

async fn open(context: &Context, (team, creator): (TeamId, UserId), name: String) -> Result<DatasetId> {
    let (id, now) = (DatasetId(context.next_id()), context.now());
    let new = NewDataset { id, team, name, creator, base: String::new(), source: Source::Rows, now };
    Ok(context.store.dataset_create(new, None).await?)
}

fn first_version(dataset: DatasetId, team: TeamId) -> Target {
    Target { dataset, team, version: 1, base: None }
}

async fn view(context: &Context, id: DatasetId) -> Result<DatasetView> {
    Ok(context.store.dataset(id).await?.ok_or_else(Problem::not_found)?.into())
}

/// A dataset of a team that the caller manages.
async fn own(context: &Context, caller: &Caller, id: DatasetId) -> Result<Dataset> {
    let dataset = context.store.dataset(id).await?.ok_or_else(Problem::not_found)?;
    caller.require(dataset.team, MANAGER)?;
    Ok(dataset)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    team: Option<TeamId>,
    limit: Option<i64>,
    after: Option<String>,
}

pub(crate) async fn list(
    State(context): State<Context>,
    caller: Caller,
    Search(query): Search<ListQuery>,
) -> Result<Json<Page<DatasetView>>> {
    let team = caller.team(query.team, MANAGER)?;
    let (limit, after) = (pages::limit(query.limit)?, pages::after_id(query.after.as_deref())?);
    let datasets = context.store.datasets(team, after, limit).await?;
    let datasets = datasets.into_iter().map(DatasetView::from).collect();
    Ok(Json(Page::new(datasets, limit, |dataset: &DatasetView| dataset.id.to_string())))
}

pub(crate) async fn show(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<DatasetId>,
) -> Result<Json<DatasetView>> {
    Ok(Json(own(&context, &caller, id).await?.into()))
}

pub(crate) async fn append(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<DatasetId>,
    key: IdempotencyKey,
    request: Request,
) -> Result<(StatusCode, Json<DatasetView>)> {
    let dataset = own(&context, &caller, id).await?;
    let key = key.request(caller.user(), APPEND);
    let first = match Kind::of_content_type(media_type(request.headers())) {
        Some(kind) => {
            let prefix = format!("{id}\n{kind:?}\n").into_bytes();
            match begin_stream(&context, key, &prefix, request.into_body()).await? {
                Ok((attempt, body)) => {
                    let most = context.config.server.upload_bytes;
                    match next_version(&context, &dataset, Naming::Line, (attempt, prefix)).await {
                        Ok(import) => import.stream(kind, body, most).await?,
                        Err(problem) => return Err(refused_stream(body, most, problem).await),
                    }
                    None
                }
                Err(first) => Some(first),
            }
        }
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let bytes = body::collect(
                request.into_body(),
                context.config.server.body_bytes,
                (&context.requests, Some(caller.user())),
            )
            .await?;
            let more: MoreItems = body::parse(&bytes)?;
            check_items("items", &more.items)?;
            let digest = digest(&[format!("{id}\n").as_bytes(), &bytes].concat());
            match begin(&context, key, digest.clone()).await? {
                Start::Go(attempt) => {
                    let naming = Naming::Index("items");
                    next_version(&context, &dataset, naming, (attempt, digest))
                        .await?
                        .list(more.items)
                        .await?;
                    None
                }
                Start::Answered(first) => Some(first),
            }
        }
        None => return Err(unknown_type()),
    };
    let mut view = view(&context, id).await?;
    if let Some(first) = first {
        let number = |field: &str, now: i64| first[field].as_i64().unwrap_or(now);
        (view.version, view.count) = (number("version", view.version), number("count", view.count));
    }
    Ok((StatusCode::CREATED, Json(view)))
}

async fn next_version(
    context: &Context,
    dataset: &Dataset,
    naming: Naming,
    attempt: (Option<Attempt>, Vec<u8>),
) -> Result<Import> {
    if dataset.state != DatasetState::Ready {
        return Err(Problem::conflict("the dataset is not ready"));
    }
    let opened = context.store.dataset_open_version(dataset.id, context.now()).await;
    let (version, _) = opened.map_err(|error| match error {
        StoreError::Conflict(detail) => attempt::in_progress(&detail),
        error => error.into(),
    })?;
    let target =
        Target { dataset: dataset.id, team: dataset.team, version, base: Some(dataset.base.clone()) };
    Ok(Import::start(context.clone(), target, naming, attempt))
}

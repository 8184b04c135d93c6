//! Datasets: made from a folder, a manifest, a list or a pattern; appended to; looked at.

use std::path::PathBuf;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_domain::labels::check_text;
use swath_domain::{FieldError, Time, limits};
use swath_runtime::access::MANAGER;
use swath_runtime::body::{self, media_type};
use swath_runtime::pages::{self, Page};
use swath_runtime::{Caller, Context, IdempotencyKey, PathId, Problem, Result, Search};
use swath_store::{Asked, Dataset, DatasetState, NewDataset, Source, fill_pattern};

use crate::export::shared_base;
use crate::importer::place::{Place, manifest_place};
use crate::importer::{Import, Naming, Target, media_check};
use crate::manifest::{Kind, ManifestItem, check_item};

/// How long a request waits for an import before it answers `importing`.
const PATIENCE: Duration = Duration::from_secs(10);
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
    let dataset = match Kind::of_content_type(media_type(request.headers())) {
        Some(kind) => from_stream(&context, &caller, key, query, kind, request).await?,
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let bytes =
                body::collect(request.into_body(), context.config.server.body_bytes, &context.requests)
                    .await?;
            let asked = key.asked(caller.user(), ROUTE, &bytes);
            from_source(&context, &caller, asked, body::parse(&bytes)?).await?
        }
        None => return Err(unknown_type()),
    };
    Ok((StatusCode::CREATED, Json(view(&context, dataset).await?)))
}

fn unknown_type() -> Problem {
    Problem::media_type("the body must be application/json, application/x-ndjson or text/csv")
}

async fn from_stream(
    context: &Context,
    caller: &Caller,
    key: IdempotencyKey,
    query: StreamQuery,
    kind: Kind,
    request: Request,
) -> Result<DatasetId> {
    let team = caller.team(query.team, MANAGER)?;
    let name = query.name.ok_or_else(|| Problem::field("name", "is needed in the query"))?;
    check_name(&name)?;
    let asked = key.asked(caller.user(), ROUTE, name.as_bytes());
    if let Some(first) = first_dataset(context, asked.as_ref()).await? {
        return Ok(first);
    }
    let id = open(context, (team, caller.user()), name, asked).await?;
    let import = Import::start(context.clone(), first_version(id, team), Naming::Line);
    import.stream(kind, request.into_body(), context.config.server.upload_bytes).await?;
    Ok(id)
}

async fn from_source(
    context: &Context,
    caller: &Caller,
    asked: Option<Asked>,
    request: NewDatasetRequest,
) -> Result<DatasetId> {
    let team = caller.team(request.team, MANAGER)?;
    check_name(&request.name)?;
    if let Some(first) = first_dataset(context, asked.as_ref()).await? {
        return Ok(first);
    }
    let owner = (team, caller.user());
    match request.source {
        SourceRequest { pattern: Some(pattern), count, folder: None, manifest: None, items: None } => {
            from_pattern(context, owner, request.name, (pattern, count), asked).await
        }
        SourceRequest { items: Some(items), pattern: None, count: None, folder: None, manifest: None } => {
            check_items("source.items", &items)?;
            let id = open(context, owner, request.name, asked).await?;
            Import::start(context.clone(), first_version(id, team), Naming::Index("source.items"))
                .list(items)
                .await?;
            Ok(id)
        }
        SourceRequest { folder: Some(folder), pattern: None, count: None, items: None, manifest: None } => {
            let id = open(context, owner, request.name, asked).await?;
            let import = Import::start(context.clone(), first_version(id, team), Naming::Uri);
            let access = context.media.of(&context.store, team).await?;
            patiently(import.folder(access.places.clone(), PathBuf::from(folder))).await?;
            Ok(id)
        }
        SourceRequest { manifest: Some(manifest), pattern: None, count: None, items: None, folder: None } => {
            let (place, kind) = manifest_place(context, team, manifest).await?;
            let id = open(context, owner, request.name, asked).await?;
            let import = Import::start(context.clone(), first_version(id, team), Naming::Line);
            let most = context.config.server.upload_bytes;
            match place {
                Place::File(file) => patiently(import.file(file, kind, most)).await?,
                Place::Object(url) => patiently(import.object(url, kind, most)).await?,
            }
            Ok(id)
        }
        _ => Err(Problem::field(
            "source",
            "must be exactly one of folder, manifest, items, or pattern with count",
        )),
    }
}

/// Waits for an import for a while; a long one goes on by itself and the dataset says `importing` meanwhile.
async fn patiently(import: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let task = tokio::spawn(import);
    match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(Problem::internal()),
        Err(_) => Ok(()),
    }
}

async fn from_pattern(
    context: &Context,
    (team, creator): (TeamId, UserId),
    name: String,
    (pattern, count): (String, Option<i64>),
    asked: Option<Asked>,
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
    Ok(context.store.dataset_create(new, asked).await?)
}

fn check_name(name: &str) -> Result<()> {
    let mut errors = Vec::new();
    check_text("name", name, limits::NAME_MAX, &mut errors);
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

/// The dataset that the first request under the same key made, if it came to something.
async fn first_dataset(context: &Context, asked: Option<&Asked>) -> Result<Option<DatasetId>> {
    let Some(asked) = asked else { return Ok(None) };
    let Some(first) = context.store.answer(asked).await? else { return Ok(None) };
    let Ok(id) = serde_json::from_value(first) else { return Ok(None) };
    if context.store.dataset(id).await?.is_some() {
        return Ok(Some(id));
    }
    // That import was refused and left nothing behind, so this is a first request again.
    context.store.answer_forget(asked).await?;
    Ok(None)
}

async fn open(
    context: &Context,
    (team, creator): (TeamId, UserId),
    name: String,
    asked: Option<Asked>,
) -> Result<DatasetId> {
    let (id, now) = (DatasetId(context.next_id()), context.now());
    let new = NewDataset { id, team, name, creator, base: String::new(), source: Source::Rows, now };
    Ok(context.store.dataset_create(new, asked).await?)
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
    request: Request,
) -> Result<(StatusCode, Json<DatasetView>)> {
    let dataset = own(&context, &caller, id).await?;
    if dataset.state != DatasetState::Ready {
        return Err(Problem::conflict("the dataset is not ready"));
    }
    match Kind::of_content_type(media_type(request.headers())) {
        Some(kind) => {
            let import = next_version(&context, &dataset, Naming::Line).await?;
            import.stream(kind, request.into_body(), context.config.server.upload_bytes).await?;
        }
        None if media_type(request.headers()).eq_ignore_ascii_case("application/json") => {
            let bytes =
                body::collect(request.into_body(), context.config.server.body_bytes, &context.requests)
                    .await?;
            let more: MoreItems = body::parse(&bytes)?;
            check_items("items", &more.items)?;
            next_version(&context, &dataset, Naming::Index("items")).await?.list(more.items).await?;
        }
        None => return Err(unknown_type()),
    }
    Ok((StatusCode::CREATED, Json(view(&context, id).await?)))
}

async fn next_version(context: &Context, dataset: &Dataset, naming: Naming) -> Result<Import> {
    let (version, _) = context.store.dataset_open_version(dataset.id, context.now()).await?;
    let target =
        Target { dataset: dataset.id, team: dataset.team, version, base: Some(dataset.base.clone()) };
    Ok(Import::start(context.clone(), target, naming))
}

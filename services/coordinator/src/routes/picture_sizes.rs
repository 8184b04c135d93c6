//! Sizes of pictures that a manager gives after the import, in a list or as JSON lines.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use http_body_util::BodyExt;
use serde_json::json;
use swath_api::datasets::{PictureSize, SizesRequest, SizesView};
use swath_domain::ids::DatasetId;
use swath_domain::{FieldError, ItemIndex};
use swath_formats::manifest::{Kind, Lines, check_sides};
use swath_runtime::body::{self, interrupted, media_type};
use swath_runtime::budget::Share;
use swath_runtime::problem::Fault;
use swath_runtime::{Access, Caller, Context, PathId, Problem, Result, Route};
use swath_store::{Dataset, DatasetState, NewSize, SizeSource};

use super::datasets::own;
use crate::faults::{Faults, problem_of};

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/v1/datasets/{dataset_id}/sizes",
            Access::MANAGER,
            "Tells the sizes of pictures, one JSON line `{index, width, height}` each.",
            put,
        )
        .takes::<SizesRequest>(json!({"sizes": [{"index": 0, "width": 640, "height": 480}]}))
        .takes_stream(&[("application/x-ndjson", "{\"index\": 0, \"width\": 640, \"height\": 480}\n")])
        .gives::<SizesView>(200)
        .streamed(),
    ]
}

/// Sizes in one request, at most.
const SIZES_MAX: usize = 1_000_000;
/// Sizes in one transaction.
const PAGE_SIZES: usize = 1_000;
/// From this number of sizes on, a request takes a share of the memory for large requests.
const SHARED_FROM: usize = 10_000;

/// A size that waits for the end of the body.
#[derive(Debug, Clone, Copy)]
struct GivenSize {
    item: ItemIndex,
    line: u64,
    width: i32,
    height: i32,
}

pub(crate) async fn put(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<DatasetId>,
    request: Request,
) -> Result<Json<SizesView>> {
    let dataset = own(&context, &caller, id).await?;
    let kind = media_type(request.headers());
    let is_stream = Kind::of_content_type(kind) == Some(Kind::Jsonl);
    if !is_stream && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::media_type("the body must be application/json or application/x-ndjson"));
    }
    if dataset.state != DatasetState::Ready {
        return Err(Problem::conflict(format!("the dataset is {}", dataset.state.name())));
    }
    let (sizes, _share) = match is_stream {
        true => read(&context, &caller, &dataset, request.into_body()).await?,
        false => (listed(&context, &caller, &dataset, request.into_body()).await?, Share::default()),
    };
    let mut changed = 0;
    for page in sizes.chunks(PAGE_SIZES) {
        let size = |given: &GivenSize| NewSize {
            item: given.item,
            size: (given.width.into(), given.height.into()),
            orientation: None,
        };
        let page = page.iter().map(size).collect();
        changed += context.store.sizes_put(id, SizeSource::Told, page).await?;
    }
    Ok(Json(SizesView { told: sizes.len() as u64, changed }))
}

/// The sizes of a JSON body.
async fn listed(context: &Context, caller: &Caller, dataset: &Dataset, body: Body) -> Result<Vec<GivenSize>> {
    let max = context.config.server.body_bytes;
    let bytes = body::collect(body, max, &context.requests, Some(caller.user())).await?;
    let request: SizesRequest = body::parse(&bytes)?;
    let mut reading = Reading::of(dataset, Position::Entry);
    request.sizes.iter().zip(0..).for_each(|(size, index)| reading.add(index, size));
    reading.end()
}

/// Reads the whole body before anything is written, so that a fault changes nothing.
async fn read(
    context: &Context,
    caller: &Caller,
    dataset: &Dataset,
    mut body: Body,
) -> Result<(Vec<GivenSize>, Share)> {
    let max = context.config.server.upload_bytes;
    let mut lines = Lines::default();
    let mut reading = Reading::of(dataset, Position::Line);
    let (mut share, mut bytes, mut failed) = (Share::default(), 0, None);
    // A refusal is answered only once the body has been read to its end, because a client that is still sending does not
    // read the answer.
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| interrupted(&error))?;
        let Some(data) = frame.data_ref() else { continue };
        bytes += data.len() as u64;
        if bytes > max {
            return Err(too_many(max));
        }
        if failed.is_some() {
            continue;
        }
        let before = reading.sizes.len();
        failed = lines.push(data, |number, line| reading.line(number, line)).err().map(problem_of);
        if reading.sizes.len() > SIZES_MAX {
            failed = Some(too_many(max));
        }
        if before < SHARED_FROM && reading.sizes.len() >= SHARED_FROM {
            share = context.requests.share(Some(caller.user()), SIZES_MAX * size_of::<GivenSize>()).await?;
        }
    }
    if let Some(problem) = failed {
        return Err(problem);
    }
    lines.finish(|number, line| reading.line(number, line)).map_err(problem_of)?;
    Ok((reading.end()?, share))
}

fn too_many(bytes: u64) -> Problem {
    Problem::too_large(format!("a request tells at most {SIZES_MAX} sizes, in at most {bytes} bytes"))
}

/// The sizes of a request, collected while it is read.
struct Reading {
    /// Items of the dataset.
    count: i64,
    position: Position,
    sizes: Vec<GivenSize>,
    faults: Faults,
}

/// How errors name the position of a size in the request.
#[derive(Debug, Clone, Copy)]
enum Position {
    /// By its line, from 1.
    Line,
    /// By its index in `sizes`, from 0.
    Entry,
}

impl Position {
    fn name(self, number: u64) -> String {
        match self {
            Self::Line => format!("line {number}"),
            Self::Entry => format!("sizes[{number}]"),
        }
    }
}

impl Reading {
    fn of(dataset: &Dataset, position: Position) -> Self {
        Self { count: dataset.items, position, sizes: Vec::new(), faults: Faults::default() }
    }

    fn line(&mut self, number: u64, text: &[u8]) {
        match serde_json::from_slice::<PictureSize>(text) {
            Ok(line) => self.add(number, &line),
            Err(error) => self.fault(number, &FieldError::new("", format!("is not a size: {error}"))),
        }
    }

    fn add(&mut self, number: u64, line: &PictureSize) {
        let mut errors = Vec::new();
        if !(0..self.count).contains(&line.index) {
            let message = format!("is not an item of the dataset, which has {}", self.count);
            errors.push(FieldError::new("index", message));
        }
        check_sides(Some(line.width), Some(line.height), &mut errors);
        errors.iter().for_each(|error| self.fault(number, error));
        if let (Ok(width), Ok(height), true) =
            (i32::try_from(line.width), i32::try_from(line.height), errors.is_empty())
        {
            self.sizes.push(GivenSize { item: ItemIndex(line.index), line: number, width, height });
        }
    }

    fn fault(&mut self, line: u64, error: &FieldError) {
        let message = error.message.clone();
        self.faults.add(match self.position {
            Position::Line => {
                let field = Some(error.field.clone()).filter(|field| !field.is_empty());
                Fault { field, line: Some(line), message, index: None }
            }
            Position::Entry => {
                let field = error.clone().within(&format!("sizes[{line}]")).field;
                Fault { field: Some(field), message, ..Fault::default() }
            }
        });
    }

    /// The sizes in the order of their items, of which each has one.
    fn end(mut self) -> Result<Vec<GivenSize>> {
        self.sizes.sort_unstable_by_key(|given| (given.item, given.line));
        let mut doubles = Vec::new();
        for pair in self.sizes.windows(2) {
            let [first, second] = pair else { continue };
            if first.item == second.item && (first.width, first.height) != (second.width, second.height) {
                doubles.push((*first, *second));
            }
        }
        for (first, second) in doubles {
            let message =
                format!("item {} has another size at {}", second.item, self.position.name(first.line));
            self.fault(second.line, &FieldError::new("", message));
        }
        self.sizes.dedup_by_key(|given| given.item);
        if self.sizes.is_empty() && self.faults.is_empty() {
            return Err(Problem::invalid(vec![FieldError::new("", "the body tells no size")]));
        }
        self.faults.into_problem().map_or(Ok(self.sizes), Err)
    }
}

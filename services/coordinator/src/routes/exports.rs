//! Exports: streams the accepted items page by page, or with `items=all` every stored annotation.

mod accepted;
mod lossless;
mod stream;

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use swath_domain::Slot;
use swath_domain::ids::JobId;
use swath_formats::export::{Encoder, Format, Head, stored_line};
use swath_runtime::access::LEADS;
use swath_runtime::panics::spawn_stream;
use swath_runtime::{Access, Caller, Context, PathId, Problem, Result, Route, Search};
use swath_store::AssignmentFilter;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use self::accepted::AcceptedItems;
use self::lossless::{lossless, refusal};
use self::stream::{Chunks, encoded, send, store_failure};
use super::jobs;
use crate::stored_items::StoredItems;
use serde_json::json;

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/export",
            Access::LEADS,
            "The accepted items.",
            export,
        )
        .query("format", json!({"type": "string", "enum": ["jsonl", "coco", "supervisely"]}), "The form.")
        .query(
            "items",
            json!({"type": "string", "enum": ["accepted", "all"]}),
            "`all`: every stored annotation, as JSON lines.",
        )
        .query(
            "orientation",
            json!({"type": "string", "enum": ["displayed", "stored"]}),
            "`stored`: coordinates and sizes of pictures as their files store them, where EXIF turns one.",
        )
        .query(
            "lossy",
            json!({"type": "boolean"}),
            "Leave out what the format does not take, instead of refusing.",
        )
        .query(
            "slot",
            json!({"type": "integer", "minimum": 0, "maximum": 15}),
            "Only the opinions of this slot, from 0.",
        )
        .gives_stream(&["application/x-ndjson", "application/json", "application/x-tar"]),
    ]
}

/// Assignments read at once for `items=all`.
const PAGE_ASSIGNMENTS: i64 = 20;
/// Chunks that may wait for the client.
const CHUNK_CAPACITY: usize = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    format: Option<String>,
    items: Option<String>,
    #[serde(default)]
    lossy: bool,
    slot: Option<Slot>,
    orientation: Option<String>,
}

pub(crate) async fn export(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
    Search(query): Search<ExportQuery>,
) -> Result<Response> {
    let job = jobs::own_whole(&context, &caller, id, LEADS).await?;
    let format: Format = query
        .format
        .as_deref()
        .unwrap_or("jsonl")
        .parse()
        .map_err(|e: String| Problem::field("format", e))?;
    let is_everything = match query.items.as_deref() {
        None | Some("accepted") => false,
        Some("all") if format == Format::Jsonl => true,
        Some("all") => return Err(Problem::field("items", "`all` goes with the format jsonl alone")),
        Some(_) => return Err(Problem::field("items", "is not one of `accepted`, `all`")),
    };
    if query.slot.is_some_and(|slot| !(0..job.slots).contains(&slot.0)) {
        return Err(Problem::field("slot", format!("must be between 0 and {}", job.slots - 1)));
    }
    let is_stored = match query.orientation.as_deref() {
        None | Some("displayed") => false,
        Some("stored") if !is_everything => true,
        Some("stored") => {
            return Err(Problem::field("orientation", "`stored` goes with accepted items alone"));
        }
        Some(_) => return Err(Problem::field("orientation", "is not one of `displayed`, `stored`")),
    };
    let dataset = context.store.dataset(job.dataset).await?.ok_or_else(Problem::not_found)?;
    let base = context.store.dataset_base(job.dataset, job.version).await?.ok_or_else(Problem::not_found)?;
    let name = format!("attachment; filename=\"swath-{id}.{}\"", format.file_extension());
    let name = HeaderValue::from_str(&name).map_err(|_| Problem::internal())?;
    let (chunks, waiting) = mpsc::channel(CHUNK_CAPACITY);
    let head = Head { job, dataset_name: dataset.name, base, slot: query.slot, is_stored };
    if !query.lossy {
        lossless(&context, format, &head).await?;
    }
    spawn_stream(chunks.clone(), async move {
        if is_everything {
            write_everything(&context, &head, &chunks).await
        } else {
            write_accepted(&context, Accepted { format, is_lossy: query.lossy, head }, &chunks).await
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(waiting))).into_response())
}

/// An export of accepted items.
struct Accepted {
    format: Format,
    /// Whether it may leave out what the format cannot hold.
    is_lossy: bool,
    head: Head,
}

async fn write_accepted(context: &Context, export: Accepted, chunks: &Chunks) -> io::Result<()> {
    let Accepted { format, is_lossy, head } = export;
    let mut encoder = Encoder::new(format, head.clone())?;
    send(chunks, encoder.begin()?).await?;
    let mut accepted = AcceptedItems::of(context, &head);
    while let Some(page) = accepted.next().await? {
        let bytes;
        (encoder, bytes) = encoded(encoder, page).await?;
        // Since the check, items may have been accepted that the format cannot hold.
        if !is_lossy && encoder.summary().and_then(refusal).is_some() {
            return Err(io::Error::other("the export would leave something out by now"));
        }
        send(chunks, bytes).await?;
    }
    for chunk in encoder.finish()? {
        send(chunks, chunk?).await?;
    }
    Ok(())
}

/// Every stored annotation, by round, number, slot, author and item.
async fn write_everything(context: &Context, head: &Head, chunks: &Chunks) -> io::Result<()> {
    let job = &head.job;
    let mut after = Uuid::nil();
    loop {
        let filter = AssignmentFilter::default();
        let page = context
            .store
            .assignments(job.id, filter, after, PAGE_ASSIGNMENTS)
            .await
            .map_err(store_failure)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id.0;
        let mut stored = StoredItems::of(&context.store, job, page).await.map_err(store_failure)?;
        while let Some(items) = stored.next().await? {
            let mut bytes = Vec::new();
            for mut item in items.into_iter().filter(|item| head.slot.is_none_or(|slot| item.slot == slot)) {
                item.uri = context.media.files.shown_uri(&item.uri);
                stored_line(&item, &mut bytes)?;
            }
            send(chunks, bytes).await?;
        }
    }
}

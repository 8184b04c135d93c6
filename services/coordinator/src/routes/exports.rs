//! Exports: accepted items streamed page by page; with `items=all` every annotation that is stored.

use std::collections::HashMap;
use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use swath_domain::Ranges;
use swath_domain::ids::JobId;
use swath_runtime::access::LEADS;
use swath_runtime::panics::spawn_stream;
use swath_runtime::problem::Fault;
use swath_runtime::{Caller, Context, PathId, Problem, Result, Search};
use swath_store::{AcceptedItem, AssignmentFilter, ItemRow, StoreError};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::jobs;
use crate::export::stored::{PAGE_BYTES, StoredItems, annotation, stored_line};
use crate::export::{Encoder, Format, Head, Item, Summary};

/// Assignments looked at at once for `items=all`.
const ASSIGNMENTS: i64 = 20;
/// Pages that may wait for the client.
const WAITING: usize = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    format: Option<String>,
    items: Option<String>,
    #[serde(default)]
    lossy: bool,
    slot: Option<i64>,
}

type Chunks = mpsc::Sender<io::Result<Vec<u8>>>;

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
    let everything = match query.items.as_deref() {
        None | Some("accepted") => false,
        Some("all") if format == Format::Jsonl => true,
        Some("all") => return Err(Problem::field("items", "`all` goes with the format jsonl alone")),
        Some(_) => return Err(Problem::field("items", "is not one of `accepted`, `all`")),
    };
    if query.slot.is_some_and(|slot| !(0..job.slots).contains(&slot)) {
        return Err(Problem::field("slot", format!("must be between 0 and {}", job.slots - 1)));
    }
    let dataset = context.store.dataset(job.dataset).await?.ok_or_else(Problem::not_found)?;
    let base = context.store.dataset_base(job.dataset, job.version).await?.ok_or_else(Problem::not_found)?;
    let name = format!("attachment; filename=\"swath-{id}.{}\"", format.file_extension());
    let name = HeaderValue::from_str(&name).map_err(|_| Problem::not_found())?;
    let (chunks, waiting) = mpsc::channel(WAITING);
    let head = Head { job, dataset_name: dataset.name, base, slot: query.slot };
    if !query.lossy {
        lossless(&context, format, &head).await?;
    }
    spawn_stream(chunks.clone(), async move {
        if everything {
            write_everything(&context, &head, &chunks).await
        } else {
            write_accepted(&context, (format, query.lossy), head, &chunks).await
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(waiting))).into_response())
}

/// Refuses an export that would leave something out, before its first byte.
async fn lossless(context: &Context, format: Format, head: &Head) -> Result<()> {
    let unknown = if format.needs_sizes() { context.store.sizes_unknown(head.job.id).await? } else { 0 };
    if unknown == 0 && !format.may_lose(&head.job.spec.classes) {
        return Ok(());
    }
    let unwritable = |error: io::Error| {
        tracing::error!(%error, job = %head.job.id, "an export could not be tried");
        Problem::internal()
    };
    let mut encoder = Encoder::new(format, head.clone()).map_err(unwritable)?;
    encoder.begin().map_err(unwritable)?;
    let mut accepted = AcceptedItems::of(context, head);
    while let Some(page) = accepted.next().await.map_err(unwritable)? {
        (encoder, _) = encoded(encoder, page).await.map_err(unwritable)?;
    }
    encoder.summary().and_then(refusal).map_or(Ok(()), Err)
}

/// What a person is told of an export that would leave something out; none of one that is whole.
fn refusal(summary: &Summary) -> Option<Problem> {
    let (left_out, losses) = summary.losses();
    if losses.items == 0 {
        return None;
    }
    let detail = format!(
        "{} {} would be missing in whole or in part: tell the sizes of pictures, choose another format, or ask with \
         lossy=true for what is left",
        losses.items,
        if losses.items == 1 { "item" } else { "items" },
    );
    let fault =
        |(index, kind): &(i64, &str)| Fault { index: Some(*index), message: said(kind), ..Fault::default() };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "lossy", detail);
    let problem = Problem { errors: losses.first.iter().map(fault).collect(), ..problem };
    Some(problem.with("items", losses.items).with("left_out", left_out))
}

/// What is left out of an item, for people.
fn said(kind: &str) -> String {
    match kind {
        "unknown_size" => "its picture's size is unknown".to_owned(),
        kind => format!("the format does not take `{kind}`"),
    }
}

async fn write_accepted(
    context: &Context,
    (format, is_lossy): (Format, bool),
    head: Head,
    chunks: &Chunks,
) -> io::Result<()> {
    let mut encoder = Encoder::new(format, head.clone())?;
    send(chunks, encoder.begin()?).await?;
    let mut accepted = AcceptedItems::of(context, &head);
    while let Some(page) = accepted.next().await? {
        let bytes;
        (encoder, bytes) = encoded(encoder, page).await?;
        // What was accepted since it was tried may be what the format does not take.
        if !is_lossy && encoder.summary().and_then(refusal).is_some() {
            return Err(io::Error::other("the export would leave something out by now"));
        }
        send(chunks, bytes).await?;
    }
    for piece in encoder.finish()? {
        send(chunks, piece?).await?;
    }
    Ok(())
}

/// The accepted items of a job, page by page.
struct AcceptedItems<'a> {
    context: &'a Context,
    head: &'a Head,
    after: (i64, i64),
}

impl<'a> AcceptedItems<'a> {
    fn of(context: &'a Context, head: &'a Head) -> Self {
        Self { context, head, after: (-1, -1) }
    }

    async fn next(&mut self) -> io::Result<Option<Vec<Item>>> {
        let (store, job) = (&self.context.store, &self.head.job);
        let mut page = store.accepted(job.id, self.after, PAGE_BYTES).await.map_err(broken)?;
        let Some(last) = page.last() else { return Ok(None) };
        self.after = (last.annotation.item, last.slot);
        page.retain(|item| self.head.slot.is_none_or(|slot| item.slot == slot));
        let mut numbers: Vec<_> = page.iter().map(|item| item.annotation.item).collect();
        numbers.dedup();
        let rows = store.items(job.dataset, &Ranges::of_items(numbers)).await.map_err(broken)?;
        let rows: HashMap<i64, ItemRow> = rows.into_iter().map(|row| (row.index, row)).collect();
        page.into_iter().map(|item| exported(self.context, item, &rows)).collect::<io::Result<_>>().map(Some)
    }
}

/// Writes a page on a thread of its own: a page of masks keeps a processor busy for a while.
async fn encoded(mut encoder: Encoder, items: Vec<Item>) -> io::Result<(Encoder, Vec<u8>)> {
    let written = spawn_blocking(move || encoder.items(&items).map(|bytes| (encoder, bytes)));
    written.await.map_err(io::Error::other)?
}

fn exported(context: &Context, accepted: AcceptedItem, rows: &HashMap<i64, ItemRow>) -> io::Result<Item> {
    let stored = accepted.annotation;
    let row =
        rows.get(&stored.item).ok_or_else(|| io::Error::other(format!("item {} is missing", stored.item)))?;
    Ok(Item {
        index: stored.item,
        uri: row.uri.clone(),
        shown_uri: context.media.files.shown_uri(&row.uri),
        size: row.size,
        slot: accepted.slot,
        round: accepted.round,
        annotation: annotation(&stored)?,
        author: stored.author,
        reviewer: accepted.reviewer,
        revision: stored.revision,
        accepted_at: accepted.accepted,
        assignment: stored.assignment,
    })
}

/// Every stored annotation, by round, number, slot, author and item.
async fn write_everything(context: &Context, head: &Head, chunks: &Chunks) -> io::Result<()> {
    let job = &head.job;
    let mut after = Uuid::nil();
    loop {
        let filter = AssignmentFilter::default();
        let page = context.store.assignments(job.id, filter, after, ASSIGNMENTS).await.map_err(broken)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id.0;
        let mut stored = StoredItems::of(&context.store, job, page).await.map_err(broken)?;
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

async fn send(chunks: &Chunks, bytes: Vec<u8>) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    chunks.send(Ok(bytes)).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

fn broken(error: StoreError) -> io::Error {
    io::Error::other(error.to_string())
}

//! Decision logs: of an assignment as a page, of a job as a stream of JSON lines.

use std::io;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use swath_api::logs::EntryView;
use swath_domain::ids::{AssignmentId, JobId};
use swath_domain::log::Entry;
use swath_runtime::access::LEADS;
use swath_runtime::pages::{self, Page, PageQuery};
use swath_runtime::panics::spawn_stream;
use swath_runtime::{Access, Caller, Context, Cursor, PathId, Result, Route, Search};
use swath_store::LogPage;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::names::Names;
use super::{assignments, jobs};

/// The routes of this module.
pub(super) fn table() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/v1/jobs/{job_id}/log",
            Access::LEADS,
            "A job's decision log, as JSON lines.",
            job,
        )
        .gives_stream(&["application/x-ndjson"]),
        Route::new(
            Method::GET,
            "/v1/assignments/{assignment_id}/log",
            Access::LEADS,
            "Its decision log.",
            assignment,
        )
        .gives_page::<EntryView>(Cursor::Number),
    ]
}

/// Entries of the job itself that are read at once.
const PAGE_ENTRIES: i64 = 1_000;
/// Pages that may wait for the client.
const PAGE_CAPACITY: usize = 1;

fn view(entry: Entry, job: JobId, names: &Names) -> EntryView {
    EntryView {
        actor_name: entry.actor.and_then(|actor| names.user(actor)),
        token_maker_name: entry.token_maker.and_then(|maker| names.user(maker)),
        assignment: (entry.subject != job.0).then_some(AssignmentId(entry.subject)),
        seq: entry.seq,
        at: entry.at,
        actor: entry.actor,
        token_maker: entry.token_maker,
        action: entry.action,
        from: entry.from,
        to: entry.to,
        lease_id: entry.lease_id,
        fence: entry.fence,
        reason: entry.reason,
        detail: entry.detail,
    }
}

pub(crate) async fn assignment(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<AssignmentId>,
    Search(query): Search<PageQuery>,
) -> Result<Json<Page<EntryView>>> {
    let assignment = assignments::own(&context, &caller, id, LEADS).await?;
    let (limit, after) = (pages::limit(query.limit)?, pages::after_number(query.after.as_deref())?);
    let LogPage { entries, has_more } = context.store.log(id.0, after.unwrap_or(0), limit).await?;
    let names = actors(&context, &entries).await?;
    let entries = entries.into_iter().map(|entry| view(entry, assignment.key.job, &names)).collect();
    Ok(Json(Page::cut(entries, has_more, |entry: &EntryView| entry.seq.to_string())))
}

/// The names of the users who acted, and of those who made the tokens that were used.
async fn actors(context: &Context, entries: &[Entry]) -> Result<Names> {
    let users: Vec<_> = entries.iter().flat_map(|entry| [entry.actor, entry.token_maker]).flatten().collect();
    Names::of_users(context, users).await
}

pub(crate) async fn job(
    State(context): State<Context>,
    caller: Caller,
    PathId(id): PathId<JobId>,
) -> Result<Response> {
    jobs::own(&context, &caller, id, LEADS).await?;
    let (pages, waiting) = mpsc::channel(PAGE_CAPACITY);
    spawn_stream(pages.clone(), async move { write(&context, id, &pages).await });
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(([kind], Body::from_stream(ReceiverStream::new(waiting))).into_response())
}

type Chunks = mpsc::Sender<io::Result<Vec<u8>>>;

/// The job's own entries first, then those of its assignments by round, number and slot.
async fn write(context: &Context, id: JobId, pages: &Chunks) -> io::Result<()> {
    let mut after = 0;
    loop {
        let LogPage { entries, has_more } =
            context.store.log(id.0, after, PAGE_ENTRIES).await.map_err(io::Error::other)?;
        after = entries.last().map_or(after, |last| last.seq);
        send(context, pages, id, entries).await?;
        if !has_more {
            break;
        }
    }
    let mut after = (Uuid::nil(), 0);
    loop {
        let LogPage { entries, has_more } =
            context.store.log_page(id, after).await.map_err(io::Error::other)?;
        after = entries.last().map_or(after, |last| (last.subject, last.seq));
        send(context, pages, id, entries).await?;
        if !has_more {
            return Ok(());
        }
    }
}

/// Sends a page; an error once the client has gone away.
async fn send(context: &Context, pages: &Chunks, job: JobId, entries: Vec<Entry>) -> io::Result<()> {
    let names = actors(context, &entries).await.map_err(|problem| io::Error::other(problem.detail))?;
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, &view(entry, job, &names))?;
        lines.push(b'\n');
    }
    if lines.is_empty() {
        return Ok(());
    }
    pages.send(Ok(lines)).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
}

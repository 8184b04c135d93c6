//! The stream of events, as browsers read it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Deserialize;
use swath_runtime::{Caller, Problem, Result, Search};
use tokio_stream::wrappers::ReceiverStream;

use crate::events::Refused;
use crate::gateway::Gateway;

/// The header in which a client names the last message that it has read.
pub(super) const LAST_EVENT_ID: &str = "Last-Event-ID";
/// Seconds after which a refused client may ask again.
const RETRY_SECONDS: i64 = 5;
/// The same for a client that will probably be admitted.
const RETRY_SOON_SECONDS: i64 = 1;

#[derive(Debug, Deserialize)]
pub(crate) struct EventsQuery {
    after: Option<String>,
}

pub(crate) async fn stream(
    Extension(gateway): Extension<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    Search(query): Search<EventsQuery>,
) -> Result<Response> {
    // A browser that reconnects sends a newer id in the header than the address still has.
    let since = headers.get(LAST_EVENT_ID).and_then(|since| since.to_str().ok()).or(query.after.as_deref());
    let opened = gateway.events.open(caller.token().id, caller.user(), since).await;
    let chunks = opened.map_err(refusal)?;
    let kind = [
        (header::CONTENT_TYPE.as_str(), "text/event-stream"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Stops proxies from buffering the stream.
        ("x-accel-buffering", "no"),
    ];
    let body = Body::from_stream(ReceiverStream::new(chunks).map(Ok::<_, Infallible>));
    Ok((kind, body).into_response())
}

fn refusal(refused: Refused) -> Problem {
    let (problem, detail, seconds) = match refused {
        Refused::TooMany => {
            (Problem::rate_limited(), "you have as many streams open as one user may have", RETRY_SECONDS)
        }
        Refused::Unavailable => {
            let detail =
                "no stream can be opened here at the moment; ask for what you need from time to time";
            (Problem::unavailable(), detail, RETRY_SECONDS)
        }
        Refused::Changed => {
            let detail = "what you may do has changed a moment ago; ask again";
            (Problem::unavailable(), detail, RETRY_SOON_SECONDS)
        }
    };
    Problem { detail: detail.to_owned(), retry_after: Some(seconds), ..problem }
}

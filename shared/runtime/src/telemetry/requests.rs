//! Requests as traces and logs see them: every one has ids, which stand on each line that is logged on its behalf, and a
//! span where it is followed.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanContext, Status, TraceFlags, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Instrument;

use super::traces::{Traces, parse};
use crate::context::Context;

tokio::task_local! {
    /// The request that this task serves.
    static REQUEST: SpanContext;
}

/// The request that is being served, if one is.
pub(super) fn current() -> Option<SpanContext> {
    REQUEST.try_with(SpanContext::clone).ok()
}

/// Counts and times a request by its route's template, and gives it ids.
pub(crate) async fn observe(State(context): State<Context>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let asked = request.headers().get("traceparent").and_then(|value| parse(value.to_str().ok()?));
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let route = if route.starts_with("/docs") { "/docs" } else { route };
    let ids = ids(&context.traces, asked.as_ref());
    let span = context.traces.request(&ids, asked, || format!("{} {route}", label(&method)));
    let logged = tracing::info_span!("request", trace_id = %ids.trace_id(), span_id = %ids.span_id(), route);
    let response = REQUEST.scope(ids, next.run(request)).instrument(logged).await;
    let status = response.status();
    context.http.requests.with_label_values(&[label(&method), route, status.as_str()]).inc();
    context.http.seconds.with_label_values(&[route]).observe(started.elapsed().as_secs_f64());
    if let Some(mut span) = span {
        span.set_attribute(KeyValue::new("http.request.method", label(&method).to_owned()));
        span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_status(Status::error(status.as_str().to_owned()));
        }
    }
    response
}

/// The ids of a request: in the trace of whoever sent it, if they say so.
fn ids(traces: &Traces, asked: Option<&SpanContext>) -> SpanContext {
    let random = RandomIdGenerator::default();
    let (trace, is_followed) = match asked {
        Some(asked) => (asked.trace_id(), asked.is_sampled()),
        None => {
            let trace = random.new_trace_id();
            let [first, second, ..] = trace.to_bytes();
            let drawn = f64::from(u16::from_be_bytes([first, second])) / (f64::from(u16::MAX) + 1.0);
            (trace, drawn < traces.share())
        }
    };
    let flags = TraceFlags::default().with_sampled(is_followed);
    SpanContext::new(trace, random.new_span_id(), flags, false, TraceState::NONE)
}

/// Methods are free text to HTTP; a label is not.
fn label(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => known,
        _ => "other",
    }
}

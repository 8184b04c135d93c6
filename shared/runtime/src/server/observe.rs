//! The middleware that counts, times and traces requests. Every request has ids, which are on all of its log lines,
//! and a span if it is sampled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanContext, Status, TraceFlags, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Instrument;

use crate::context::Context;
use crate::panics::contained;
use crate::problem::Problem;
use crate::telemetry::{Current, Traces, parse_traceparent};

/// Counts and times a request by its route's template, and gives it ids. A request that panics is answered 500 and is
/// counted like any other.
pub(super) async fn observe(State(context): State<Context>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let sender =
        request.headers().get("traceparent").and_then(|value| parse_traceparent(value.to_str().ok()?));
    let current = Current { ids: ids(&context.traces, sender.as_ref()), route };
    let (ids, route) = (&current.ids, current.route());
    let span = context.traces.request(ids, sender, || format!("{} {route}", label(&method)));
    let logged = tracing::info_span!("request", trace_id = %ids.trace_id(), span_id = %ids.span_id(), route);
    let response = current.clone().scope(contained(next.run(request))).instrument(logged).await;
    let response = response.unwrap_or_else(|| Problem::internal().into_response());
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
    response.map(|body| Body::new(Streamed { body, current }))
}

/// The body of a response, which runs as part of its request. If it panics, it ends with an error, and so does the
/// connection, so that the client does not take a part for the whole.
struct Streamed {
    body: Body,
    current: Current,
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let current = self.current.clone();
        let poll = AssertUnwindSafe(|| current.sync_scope(|| Pin::new(&mut self.body).poll_frame(cx)));
        catch_unwind(poll).unwrap_or_else(|_| {
            self.body = Body::empty();
            Poll::Ready(Some(Err(axum::Error::new("the response panicked"))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The ids of a request. They are in the sender's trace if it has sent one.
fn ids(traces: &Traces, sender: Option<&SpanContext>) -> SpanContext {
    let random = RandomIdGenerator::default();
    let (trace, is_sampled) = match sender {
        Some(sender) => (sender.trace_id(), sender.is_sampled()),
        None => {
            let trace = random.new_trace_id();
            let [first, second, ..] = trace.to_bytes();
            let drawn = f64::from(u16::from_be_bytes([first, second])) / (f64::from(u16::MAX) + 1.0);
            (trace, drawn < traces.share())
        }
    };
    let flags = TraceFlags::default().with_sampled(is_sampled);
    SpanContext::new(trace, random.new_span_id(), flags, false, TraceState::NONE)
}

/// The metric's label of a method. HTTP allows any method, which must not make any number of labels.
fn label(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => known,
        _ => "other",
    }
}

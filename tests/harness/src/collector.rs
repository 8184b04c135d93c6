//! An OpenTelemetry collector that keeps the spans it receives, as protobuf over HTTP.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::post;
use axum::{Router, serve};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{Span as OtlpSpan, status::StatusCode as Outcome};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A received span.
#[derive(Clone, Debug)]
pub struct Span {
    /// The attribute `service.name` of the process that sent it.
    pub service: String,
    /// The name of the operation.
    pub name: String,
    /// The trace id, in hexadecimal.
    pub trace: String,
    /// The span id, in hexadecimal.
    pub id: String,
    /// The parent's span id; empty for a root.
    pub parent: String,
    /// The trace ids of the linked spans.
    pub links: Vec<String>,
    /// The error message, if the operation failed.
    pub error: Option<String>,
}

/// True if all spans of a trace hang together below one root, which is the cut.
pub fn is_whole(spans: &[Span]) -> bool {
    let ids: HashSet<_> = spans.iter().map(|span| &span.id).collect();
    let roots = spans.iter().filter(|span| span.parent.is_empty()).map(|span| span.name.as_str());
    ids.len() == spans.len()
        && roots.eq(["cut"])
        && spans.iter().all(|span| span.parent.is_empty() || ids.contains(&span.parent))
}

type Received = Arc<Mutex<Vec<Span>>>;

/// The collector. It listens until it is dropped.
#[derive(Debug)]
pub struct Collector {
    endpoint: String,
    received: Received,
    serving: JoinHandle<()>,
}

impl Collector {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let received = Received::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(received.clone());
        let serving = tokio::spawn(async move {
            // The server stops when the collector is dropped, and its result does not matter.
            let _ = serve(listener, router).await;
        });
        Ok(Self { endpoint, received, serving })
    }

    /// The URL that it listens on.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The traces with a span of this name.
    pub fn traces_with(&self, name: &str) -> HashSet<String> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().filter(|span| span.name == name).map(|span| span.trace.clone()).collect()
    }

    /// The spans of a trace that have arrived so far.
    pub fn trace(&self, trace: &str) -> Vec<Span> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().filter(|span| span.trace == trace).cloned().collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(
    State(received): State<Received>,
    body: Bytes,
) -> Result<([(header::HeaderName, &'static str); 1], Vec<u8>), StatusCode> {
    let request = ExportTraceServiceRequest::decode(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
    for resource in request.resource_spans {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = text(&attributes, "service.name");
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        received.extend(spans.map(|sent| span(&service, sent)));
    }
    Ok((
        [(header::CONTENT_TYPE, "application/x-protobuf")],
        ExportTraceServiceResponse::default().encode_to_vec(),
    ))
}

fn span(service: &str, sent: OtlpSpan) -> Span {
    let failed = sent.status.filter(|status| status.code == i32::from(Outcome::Error));
    Span {
        service: service.to_owned(),
        name: sent.name,
        trace: hex(&sent.trace_id),
        id: hex(&sent.span_id),
        parent: hex(&sent.parent_span_id),
        links: sent.links.iter().map(|link| hex(&link.trace_id)).collect(),
        error: failed.map(|status| status.message),
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        _ => String::new(),
    }
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

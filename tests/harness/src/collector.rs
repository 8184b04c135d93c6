//! An OpenTelemetry collector that keeps what it is told: spans over OTLP, as protobuf over HTTP.

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
use opentelemetry_proto::tonic::trace::v1::{Span as Told, status::StatusCode as Outcome};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A span as it was told.
#[derive(Clone, Debug)]
pub struct Span {
    /// `service.name` of whoever told of it.
    pub service: String,
    /// What it is.
    pub name: String,
    /// Its trace, in hexadecimal.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// Its parent's id; empty where it has none.
    pub parent: String,
    /// The traces of the spans that it is linked to.
    pub links: Vec<String>,
    /// What it failed with, if it did.
    pub error: Option<String>,
}

/// Whether each of a trace's spans stands under another one, but for the first, which is the cut.
pub fn is_whole(spans: &[Span]) -> bool {
    let ids: HashSet<_> = spans.iter().map(|span| &span.id).collect();
    let roots = spans.iter().filter(|span| span.parent.is_empty()).map(|span| span.name.as_str());
    ids.len() == spans.len()
        && roots.eq(["cut"])
        && spans.iter().all(|span| span.parent.is_empty() || ids.contains(&span.parent))
}

type Heard = Arc<Mutex<Vec<Span>>>;

/// The collector; it listens until it is dropped.
#[derive(Debug)]
pub struct Collector {
    endpoint: String,
    heard: Heard,
    serving: JoinHandle<()>,
}

impl Collector {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let heard = Heard::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(heard.clone());
        let serving = tokio::spawn(async move {
            // It ends with the test.
            let _ = serve(listener, router).await;
        });
        Ok(Self { endpoint, heard, serving })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The traces with a span of this name.
    pub fn traces_with(&self, name: &str) -> HashSet<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(|span| span.name == name).map(|span| span.trace.clone()).collect()
    }

    /// The spans of a trace that have been told so far.
    pub fn trace(&self, trace: &str) -> Vec<Span> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.iter().filter(|span| span.trace == trace).cloned().collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn take(
    State(heard): State<Heard>,
    body: Bytes,
) -> Result<([(header::HeaderName, &'static str); 1], Vec<u8>), StatusCode> {
    let request = ExportTraceServiceRequest::decode(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    for resource in request.resource_spans {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = text(&attributes, "service.name");
        let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        heard.extend(spans.map(|told| span(&service, told)));
    }
    Ok((
        [(header::CONTENT_TYPE, "application/x-protobuf")],
        ExportTraceServiceResponse::default().encode_to_vec(),
    ))
}

fn span(service: &str, told: Told) -> Span {
    let failed = told.status.filter(|status| status.code == i32::from(Outcome::Error));
    Span {
        service: service.to_owned(),
        name: told.name,
        trace: hex(&told.trace_id),
        id: hex(&told.span_id),
        parent: hex(&told.parent_span_id),
        links: told.links.iter().map(|link| hex(&link.trace_id)).collect(),
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

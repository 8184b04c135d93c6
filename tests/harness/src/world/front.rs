//! A reverse proxy that gives a world of several processes one origin: by path prefix, round robin.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::{Service, http, ports};

/// The role that serves each path prefix. The coordinator serves the rest.
const PREFIXES: [(&str, &str); 9] = [
    ("/v1/events", "gateway"),
    ("/v1/leases", "gateway"),
    ("/v1/media", "gateway"),
    ("/v1/reviews", "review"),
    ("/console/", "gateway"),
    ("/work", "gateway"),
    ("/mine", "gateway"),
    ("/reviews", "gateway"),
    ("/manage", "gateway"),
];

/// More than any test sends.
const BODY_BYTES_MAX: usize = 256 << 20;

/// The URL of a reverse proxy for all `services`.
pub(super) async fn origin(services: &[Service]) -> anyhow::Result<String> {
    if let [only] = services {
        return Ok(only.url());
    }
    let front = Arc::new(ReverseProxy::of(services));
    let listener = TcpListener::bind(ports::local(0)).await?;
    let address = listener.local_addr()?;
    let app = Router::new().fallback(forward).with_state(front);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

struct ReverseProxy {
    client: reqwest::Client,
    services: Vec<(String, String)>,
    turn: AtomicUsize,
}

impl ReverseProxy {
    fn of(services: &[Service]) -> Self {
        let services = services.iter().map(|service| (service.name().to_owned(), service.url())).collect();
        Self { client: http::client(), services, turn: AtomicUsize::new(0) }
    }

    fn target(&self, path: &str) -> Option<&str> {
        let routed = PREFIXES.iter().find(|(prefix, _)| path.starts_with(prefix));
        let role = match routed {
            Some((_, role)) => role,
            None if path == "/" => "gateway",
            None => "coordinator",
        };
        let able: Vec<_> = self.services.iter().filter(|(name, _)| name.starts_with(role)).collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        able.get(turn.checked_rem(able.len())?).map(|(_, url)| url.as_str())
    }
}

async fn forward(State(front): State<Arc<ReverseProxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Some(target) = front.target(path) else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut headers = parts.headers;
    headers.remove("host");
    let sent = front.client.request(parts.method, format!("{target}{path}")).headers(headers);
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match sent.body(body).send().await {
        Ok(answer) => relay(answer),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:?}")).into_response(),
    }
}

fn relay(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    // The body is streamed again, so hyper chooses the transfer encoding.
    response.headers_mut().remove("transfer-encoding");
    response
}

//! One origin for a world of several processes, as an ingress gives one: by path prefix, in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use crate::{Service, http, ports};

/// Which role serves which prefix; the coordinator serves the rest.
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

/// More than any test sends, in bytes.
const BODY_LIMIT: usize = 256 << 20;

/// The address under which all of `services` appear as one.
pub(super) async fn origin(services: &[Service]) -> anyhow::Result<String> {
    if let [only] = services {
        return Ok(only.url());
    }
    let front = Arc::new(Front::of(services));
    let listener = TcpListener::bind(ports::local(0)).await?;
    let address = listener.local_addr()?;
    let app = Router::new().fallback(forward).with_state(front);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

struct Front {
    client: reqwest::Client,
    services: Vec<(String, String)>,
    turn: AtomicUsize,
}

impl Front {
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

async fn forward(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let Some(target) = front.target(path) else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut headers = parts.headers;
    headers.remove("host");
    let sent = front.client.request(parts.method, format!("{target}{path}")).headers(headers);
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match sent.body(body).send().await {
        Ok(answer) => back(answer),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:?}")).into_response(),
    }
}

fn back(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    // The body is streamed anew, so its framing is decided anew.
    response.headers_mut().remove("transfer-encoding");
    response
}

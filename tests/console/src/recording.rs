//! A proxy between browsers and the server that records every call and its answer, for the checker to compare with
//! what the server returns afterwards.
//!
//! A second proxy in front of it can be cut by a test. So a call is recorded even if its answer is lost on the way to
//! the browser.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use swath_client::Client;
use swath_harness::client::Job;
use swath_harness::proxy::Proxy;
use swath_harness::{Team, World, http, ports};
use swath_load::{Scene, verify};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::history::{History, Reply};

/// More than any test sends.
const BODY_BYTES_MAX: usize = 64 << 20;
/// Headers of a single connection, or headers that the client sets itself.
const OWN_HEADERS: [header::HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The recording proxy, with the proxy that can be cut.
pub struct Recording {
    /// The proxy to which browsers connect; a test may cut it.
    pub proxy: Proxy,
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    client: reqwest::Client,
    server: String,
    history: History,
    refuses_saves: AtomicBool,
}

impl Recording {
    /// Starts a recording proxy to the world's server.
    pub async fn to(world: &World) -> Self {
        let listener = TcpListener::bind(ports::local(0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            client: http::client(),
            server: world.origin().to_owned(),
            history: History::new(world.origin()),
            refuses_saves: AtomicBool::new(false),
        });
        let app = Router::new().fallback(forward).with_state(shared.clone());
        let listening = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { proxy: Proxy::to(address.port()).await.unwrap(), address, shared, listening }
    }

    /// The origin for browsers.
    pub fn origin(&self) -> String {
        format!("http://{}", self.proxy.address())
    }

    /// The origin for clients other than browsers: recorded as well, and never cut.
    pub fn direct(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts or stops to refuse saves, as an overloaded server would.
    pub fn refuse_saves(&self, refuses: bool) {
        self.shared.refuses_saves.store(refuses, Ordering::Release);
    }

    /// How many calls of a kind have succeeded.
    pub fn done(&self, is_such: impl Fn(&swath_checker::Call) -> bool) -> usize {
        let events = self.shared.history.events();
        events.iter().filter(|event| event.is_done() && is_such(&event.call)).count()
    }

    /// Compares the recorded calls with what the server says about the job. Panics with the violations.
    pub async fn agrees(&self, team: &Team, job: &Job) {
        let manager = Client::new(&self.shared.server).unwrap().with_token(team.manager.token()).unwrap();
        let scene =
            Scene { job: job.id.parse().unwrap(), annotators: Vec::new(), reviewers: Vec::new(), manager };
        let findings = verify(&scene, self.shared.history.sorted()).await.unwrap();
        assert_eq!(findings.count, 0, "{:#?}", findings.violations);
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Forwards a request. If the browser hangs up meanwhile, the call is still carried out and recorded.
async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let carried = tokio::spawn(async move { carry(&shared, request).await });
    carried.await.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, error.to_string()).into_response())
}

async fn carry(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let pending = shared.history.begin(&parts.method, parts.uri.path(), &parts.headers, &body).await;
    let is_save = parts.method == Method::PUT && path.contains("/items/");
    if is_save && shared.refuses_saves.load(Ordering::Acquire) {
        shared.history.end(pending, Reply::Nothing);
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let sent = shared.client.request(parts.method, format!("{}{path}", shared.server));
    let sent = sent.headers(without_own(parts.headers)).body(body).send().await;
    let sent = match sent {
        Ok(answer) if is_stream(&answer) => return streamed(answer),
        other => other,
    };
    match whole(sent).await {
        Ok((status, headers, body)) => {
            shared.history.end(pending, Reply::Answer(status, parsed(&body)));
            relay(status, headers, Body::from(body))
        }
        Err(error) => {
            shared.history.end(pending, Reply::Nothing);
            (StatusCode::BAD_GATEWAY, format!("{error:?}")).into_response()
        }
    }
}

/// True for a stream of events, which never ends.
fn is_stream(answer: &reqwest::Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream")
}

fn streamed(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), answer.headers().clone());
    relay(status, headers, Body::from_stream(answer.bytes_stream()))
}

async fn whole(
    answer: reqwest::Result<reqwest::Response>,
) -> reqwest::Result<(StatusCode, HeaderMap, Bytes)> {
    let answer = answer?;
    Ok((answer.status(), answer.headers().clone(), answer.bytes().await?))
}

fn without_own(mut headers: HeaderMap) -> HeaderMap {
    for own in OWN_HEADERS {
        headers.remove(own);
    }
    headers
}

fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn relay(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = without_own(headers);
    response
}

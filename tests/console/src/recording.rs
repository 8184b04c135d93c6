//! The way from a browser to the server, on which every call is written down: what a page did and what came back, for the
//! checker to compare with what the server says afterwards.
//!
//! In front of it lies a wire that a test can cut, so that a call is written down also where its answer is lost.

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

use crate::history::{History, Told};

/// More than any test sends, in bytes.
const BODY_LIMIT: usize = 64 << 20;
/// Headers that belong to one connection, or that the client writes anew.
const OWN_HEADERS: [header::HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// See the module.
pub struct Recording {
    /// Where browsers connect to; a test may cut it.
    pub wire: Proxy,
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
    /// Lays a recorded way to the world's server.
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
        Self { wire: Proxy::to(address.port()).await.unwrap(), address, shared, listening }
    }

    /// The origin for browsers.
    pub fn origin(&self) -> String {
        format!("http://{}", self.wire.address())
    }

    /// The origin for people without a browser: recorded as well, and never cut.
    pub fn direct(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on items are not saved, as with a server that is overloaded, or they are again.
    pub fn refuse_saves(&self, refuses: bool) {
        self.shared.refuses_saves.store(refuses, Ordering::Release);
    }

    /// How many calls of a kind the server has answered with success.
    pub fn done(&self, is_such: impl Fn(&swath_checker::Call) -> bool) -> usize {
        let events = self.shared.history.events();
        events.iter().filter(|event| event.is_done() && is_such(&event.call)).count()
    }

    /// Compares what was written down with what the server says of the job; panics with what does not agree.
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

/// Answers by way of the server. The call goes on and is written down when the browser hangs up meanwhile.
async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let carried = tokio::spawn(async move { carry(&shared, request).await });
    carried.await.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, error.to_string()).into_response())
}

async fn carry(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let begun = shared.history.begin(&parts.method, parts.uri.path(), &parts.headers, &body).await;
    let is_save = parts.method == Method::PUT && path.contains("/items/");
    if is_save && shared.refuses_saves.load(Ordering::Acquire) {
        shared.history.end(begun, Told::Nothing);
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
            shared.history.end(begun, Told::Answer(status, parsed(&body)));
            back(status, headers, Body::from(body))
        }
        Err(error) => {
            shared.history.end(begun, Told::Nothing);
            (StatusCode::BAD_GATEWAY, format!("{error:?}")).into_response()
        }
    }
}

/// Whether an answer has no end: events as they happen.
fn is_stream(answer: &reqwest::Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream")
}

fn streamed(answer: reqwest::Response) -> Response {
    let (status, headers) = (answer.status(), answer.headers().clone());
    back(status, headers, Body::from_stream(answer.bytes_stream()))
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

fn back(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = without_own(headers);
    response
}

//! Tests of the server over real sockets.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use futures::stream;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;
use crate::boot::{self, Opened};
use crate::budget::Budget;
use crate::config::{Config, Sources};
use crate::telemetry;

/// The time limit for everything that a test awaits.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
const GET: &str = "GET /healthz HTTP/1.1\r\nHost: swath\r\n\r\n";

struct Server {
    context: Context,
    address: SocketAddr,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Server {
    async fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_with(settings, None).await
    }

    async fn start_with(settings: &[(&str, &str)], park: Option<Duration>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data").display().to_string();
        let mut overrides = vec![("data.dir".to_owned(), data)];
        overrides.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let config = Config::load(&Sources { file: None, overrides }).unwrap();
        telemetry::log(&config);
        let Opened { context, .. } = boot::open(config, true, "test").await.unwrap();
        let router = router(&context, routes(), || json!({}), docs_first());
        let (listener, address) = bind("127.0.0.1:0").await.unwrap();
        let bounds = Bounds::of(&context.config.server, 65_536);
        let serving = accept::serve(context.clone(), listener, router, bounds, park);
        Self { serving: tokio::spawn(serving), context, address, _folder: folder }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection on which `text` has been sent.
    async fn sent(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    fn closed(&self, reason: &str) -> u64 {
        let families = self.context.registry.gather();
        let family = families.iter().find(|family| family.name() == "swath_http_connections_closed_total");
        let metric =
            family.unwrap().get_metric().iter().find(|metric| metric.get_label()[0].value() == reason);
        metric.unwrap().get_counter().get_value() as u64
    }

    fn open(&self) -> i64 {
        self.context.http.connections.open.get()
    }
}

fn routes() -> Vec<Route> {
    let endless =
        || async { Body::from_stream(stream::repeat_with(|| Ok::<_, Infallible>(vec![b'x'; 65_536]))) };
    let broken = || async {
        let chunks = ["first", "second"].into_iter();
        Body::from_stream(stream::iter(chunks.map(|chunk| {
            assert_eq!(chunk, "first", "a planted panic");
            Ok::<_, Infallible>(chunk)
        })))
    };
    let read = |body: Body| async {
        crate::body::collect(body, 1 << 20, &Budget::default(), None)
            .await
            .map(|bytes| bytes.len().to_string())
    };
    vec![
        Route::new(Method::GET, "/v1/panics", Access::Open, "Panics.", || async {
            if true {
                panic!("a planted panic")
            }
        }),
        Route::new(Method::GET, "/v1/broken", Access::Open, "Panics while it streams.", broken),
        Route::new(Method::GET, "/v1/endless", Access::Open, "Never ends.", endless).streamed(),
        Route::new(Method::POST, "/v1/read", Access::Open, "Reads.", read).streamed(),
        Route::new(Method::GET, "/v1/own", Access::SignedIn, "Is for somebody.", || async { "own" }),
    ]
}

/// Reads a response with a `Content-Length`.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    timeout(TEST_TIMEOUT, async {
        loop {
            let mut bytes = [0; 4_096];
            let count = stream.read(&mut bytes).await.unwrap();
            text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                assert_ne!(count, 0, "no answer: {text}");
                continue;
            };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return;
            }
            assert_ne!(count, 0, "half an answer: {text}");
        }
    })
    .await
    .unwrap();
    text
}

/// Reads until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset counts as closed, too.
    let _ = timeout(TEST_TIMEOUT, stream.read_to_end(&mut bytes))
        .await
        .expect("the server closes the connection");
    String::from_utf8(bytes).unwrap()
}

/// Waits for a condition that another task fulfils.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(TEST_TIMEOUT, waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

fn get(path: &str) -> String {
    GET.replace("/healthz", path)
}

#[tokio::test]
async fn a_panic_is_answered_as_a_problem_and_counted_and_the_connection_goes_on() {
    let server = Server::start(&[]).await;
    let mut stream = server.connect().await;
    for number in 1..3 {
        stream.write_all(get("/v1/panics").as_bytes()).await.unwrap();
        let text = answer(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 500") && text.contains("application/problem+json"), "{text}");
        assert!(text.contains(r#""code":"internal""#) && !text.contains("planted"), "{text}");
        let requests = &server.context.http.requests;
        assert_eq!(requests.with_label_values(&["GET", "/v1/panics", "500"]).get(), number);
    }
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    let panics = server.context.registry.gather();
    let panics = panics.iter().find(|family| family.name() == "swath_panics_total").unwrap();
    assert!(panics.get_metric()[0].get_counter().get_value() >= 2.0);
}

#[tokio::test]
async fn a_response_that_panics_is_not_taken_for_a_complete_one() {
    let server = Server::start(&[]).await;
    let text = rest(server.sent(&get("/v1/broken")).await).await;
    assert!(!text.contains("second") && !text.ends_with("0\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn a_client_that_sends_no_complete_head_is_closed_in_time() {
    let server = Server::start(&[("server.header_seconds", "1")]).await;
    let silent = server.connect().await;
    let half = server.sent(&GET[..20]).await;
    let mut slow = server.connect().await;
    for byte in GET.bytes().cycle() {
        // The write fails once the server has closed the connection.
        if slow.write_all(&[byte.max(b'a')]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(rest(silent).await, "");
    assert_eq!(rest(half).await, "");
    assert_eq!(server.closed("header"), 3);
    until("all are gone", || server.open() == 0).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let server = Server::start(&[("server.idle_seconds", "1"), ("server.header_seconds", "60")]).await;
    let mut stream = server.sent(GET).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    assert_eq!(rest(stream).await, "");
    assert_eq!(server.closed("idle"), 1);
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_ended_on_streamed_routes_too() {
    let server = Server::start(&[("server.body_seconds", "1")]).await;
    let head = "POST /v1/read HTTP/1.1\r\nHost: swath\r\nContent-Length: 10\r\n\r\nfive!";
    let text = rest(server.sent(head).await).await;
    assert!(text.starts_with("HTTP/1.1 408") && text.contains(r#""code":"timeout""#), "{text}");
    assert_eq!(server.closed("body"), 1);
    let mut whole = server.sent(&format!("{head}five!")).await;
    assert!(answer(&mut whole).await.ends_with("10"));
}

#[tokio::test]
async fn a_client_that_reads_nothing_of_a_response_is_closed_in_time() {
    let server = Server::start(&[("server.stall_seconds", "1")]).await;
    let stream = server.sent(&get("/v1/endless")).await;
    until("the stalled answer to end", || server.closed("stall") == 1).await;
    until("the connection to be gone", || server.open() == 0).await;
    drop(stream);
}

#[tokio::test]
async fn at_the_limit_the_oldest_silent_connections_are_closed() {
    let server =
        Server::start(&[("server.connections", "64"), ("server.unauthenticated_connections", "16")]).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(server.sent(&GET[..20]).await);
    }
    let mut stream = server.sent(GET).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    until("the bound to be kept", || server.open() <= 16).await;
    assert!(server.closed("evicted") >= 85, "{}", server.closed("evicted"));
    assert_eq!(rest(silent.remove(0)).await, "");
}

#[tokio::test]
async fn authenticated_connections_stay_open_when_silent_ones_come() {
    let server =
        Server::start(&[("server.connections", "64"), ("server.unauthenticated_connections", "16")]).await;
    let mut known = Vec::new();
    for _ in 0..20 {
        let mut stream = server.sent(&get("/v1/broken").replace("GET", "HEAD")).await;
        let mut head = [0; 12];
        timeout(TEST_TIMEOUT, stream.read_exact(&mut head)).await.unwrap().unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        known.push(stream);
    }
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(server.connect().await);
    }
    until("the bound to be kept", || server.closed("evicted") >= 40).await;
    for mut stream in known {
        let mut bytes = [0; 4_096];
        while timeout(Duration::from_millis(1), stream.read(&mut bytes)).await.is_ok() {}
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_connection_that_was_idle_for_a_while_is_served_again() {
    let park = Duration::from_millis(2);
    let server = Server::start_with(&[], Some(park)).await;
    let mut stream = server.connect().await;
    for round in 0..50 {
        // In two parts, so that the first part ends the idle time.
        stream.write_all(&GET.as_bytes()[..20]).await.unwrap();
        tokio::time::sleep(park * (round % 3)).await;
        stream.write_all(&GET.as_bytes()[20..]).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"), "{round}");
        tokio::time::sleep(park * (round % 5)).await;
    }
    // Two requests at once, so that the second is left in a buffer.
    stream.write_all(format!("{GET}{GET}").as_bytes()).await.unwrap();
    answer(&mut stream).await;
    drop(stream);
    until("the connection to be gone", || server.open() == 0).await;
}

#[tokio::test]
async fn shutdown_closes_idle_connections_and_the_others_at_its_deadline() {
    let server = Server::start(&[("server.shutdown_seconds", "1")]).await;
    let mut idle = server.sent(GET).await;
    answer(&mut idle).await;
    let silent = server.connect().await;
    let endless = server.sent(&get("/v1/endless")).await;
    until("all are open", || server.open() == 3).await;
    server.context.shutdown.cancel();
    assert_eq!(rest(idle).await, "");
    assert_eq!(rest(silent).await, "");
    timeout(TEST_TIMEOUT, server.serving).await.expect("the server ends").unwrap();
    drop(endless);
}

/// The head of a response to a page of this origin, in lower case.
async fn response_head(server: &Server, request: &str, origin: &str) -> String {
    let request =
        format!("{request} HTTP/1.1\r\nHost: swath\r\nConnection: close\r\nOrigin: {origin}\r\n\r\n");
    let text = rest(server.sent(&request).await).await;
    let head = text.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
    assert!(!head.contains("access-control-allow-credentials"), "{head}");
    head
}

const PREFLIGHT: &str = "OPTIONS /v1/own";
const PAGE: &str = "https://labels.example.org";

#[tokio::test]
async fn pages_of_other_origins_are_allowed_only_if_configured() {
    let named = format!("{PAGE},https://b.example.org");
    for (origins, origin, allowed) in [
        ("", PAGE, None),
        (named.as_str(), PAGE, Some(PAGE)),
        (named.as_str(), "https://evil.example.org", None),
        (named.as_str(), "https://labels.example.org.evil.example", None),
        ("*", "https://evil.example.org", Some("*")),
    ] {
        let server = Server::start(&[("server.cors_origins", origins)]).await;
        for request in ["GET /v1/own", "GET /v1/none", PREFLIGHT] {
            let head = response_head(&server, request, origin).await;
            let mut lines = head.lines();
            let allows = lines.find_map(|line| line.strip_prefix("access-control-allow-origin: "));
            assert_eq!(allows, allowed, "{origins} {request}: {head}");
        }
    }
}

#[tokio::test]
async fn a_preflight_response_lists_headers_to_send_and_a_response_headers_to_read() {
    let server = Server::start(&[("server.cors_origins", "*")]).await;
    let asked = format!("{PAGE}\r\nAccess-Control-Request-Method: POST");
    let head = response_head(&server, PREFLIGHT, &asked).await;
    assert!(head.starts_with("http/1.1 200") && head.contains("access-control-max-age: 600"), "{head}");
    let list = |head: &str, name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>()
    };
    let sent = list(&head, "access-control-allow-headers");
    for name in
        ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "if-range", "range"]
    {
        assert!(sent.contains(&name.to_owned()), "{name}: {sent:?}");
    }
    // With this header, a foreign page could use a session to change something.
    assert!(!sent.contains(&crate::credential::CLIENT.to_string()), "{sent:?}");
    let methods = list(&head, "access-control-allow-methods");
    for method in ["get", "head", "post", "put", "patch", "delete"] {
        assert!(methods.contains(&method.to_owned()), "{method}: {methods:?}");
    }
    let head = response_head(&server, "GET /v1/own", PAGE).await;
    let shown = list(&head, "access-control-expose-headers");
    for name in ["etag", "content-range", "accept-ranges", "content-disposition", "retry-after"] {
        assert!(shown.contains(&name.to_owned()), "{name}: {shown:?}");
    }
}

#[tokio::test]
async fn a_session_cannot_be_used_by_pages_of_other_origins() {
    let server = Server::start(&[("server.cors_origins", PAGE)]).await;
    for site in ["cross-site", "same-site"] {
        let asked = format!("{PAGE}\r\nSec-Fetch-Site: {site}\r\nCookie: swath_session=secret");
        let head = response_head(&server, "GET /v1/own", &asked).await;
        assert!(head.starts_with("http/1.1 403"), "{site}: {head}");
    }
}

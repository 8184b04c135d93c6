//! A stub of a server: it gives prepared answers and records its requests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::Value;

/// The stub; it ends with the test.
pub struct Stub {
    address: String,
    script: Script,
}

/// A recorded request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub query: String,
    pub key: Option<String>,
    pub bearer: Option<String>,
    pub kind: Option<String>,
    pub body: String,
}

/// The result of a command.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<HashMap<String, VecDeque<Answer>>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

enum Answer {
    Document(u16, Value),
    BreaksOff,
}

impl Stub {
    /// Listens on a free port. Requests without a prepared answer get 500.
    pub async fn start() -> Self {
        let script = Script::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(play).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, script }
    }

    /// Prepares the next answer to a request.
    pub fn answers(&self, method: &str, path: &str, status: u16, document: Value) {
        self.prepare(method, path, Answer::Document(status, document));
    }

    /// Prepares an answer whose connection breaks before its end.
    pub fn breaks_off(&self, method: &str, path: &str) {
        self.prepare(method, path, Answer::BreaksOff);
    }

    fn prepare(&self, method: &str, path: &str, answer: Answer) {
        self.script.answers.lock().unwrap().entry(format!("{method} {path}")).or_default().push_back(answer);
    }

    /// All requests so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    /// Runs `swath` with arguments that contain no spaces.
    pub async fn swath(&self, line: &str) -> Ended {
        self.swath_with(&line.split(' ').collect::<Vec<_>>()).await
    }

    /// Runs `swath` with this server.
    pub async fn swath_with(&self, words: &[&str]) -> Ended {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_swath"))
            .args(words)
            .env("SWATH_URL", &self.address)
            .env("SWATH_TOKEN", "a-token")
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

async fn play(State(script): State<Script>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    script.asked.lock().unwrap().push(Asked {
        query: head.uri.query().unwrap_or_default().to_owned(),
        key: header(&head.headers, "idempotency-key"),
        bearer: header(&head.headers, "authorization"),
        kind: header(&head.headers, "content-type"),
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let line = format!("{} {}", head.method, head.uri.path());
    let answer = script.answers.lock().unwrap().get_mut(&line).and_then(VecDeque::pop_front);
    match answer {
        Some(Answer::Document(status, document)) => {
            (StatusCode::from_u16(status).unwrap(), document.to_string()).into_response()
        }
        Some(Answer::BreaksOff) => {
            let pieces = [Ok("half of "), Err(std::io::Error::other("gone"))];
            Body::from_stream(stream::iter(pieces)).into_response()
        }
        None => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("nothing is prepared for {line}")).into_response()
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

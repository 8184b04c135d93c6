//! Users who act through the API, with a token, with a session, or with neither.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use serde_json::Value;
use tokio::time::sleep;

use super::Answer;
use crate::http;

/// No request of a test takes longer, even on a busy machine.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How often [`User::patiently`] sends a request.
const TRIES_MAX: usize = 200;

/// A user of Swath for whom a test acts.
#[derive(Clone, Debug)]
pub struct User {
    http: reqwest::Client,
    origin: String,
    token: Option<String>,
    /// The value of the session cookie, if the user acts through a session.
    session: Option<String>,
    /// The name that the test gave the user.
    pub name: String,
    /// The user id; empty for the administrator and for strangers.
    pub id: String,
}

impl User {
    /// A user with a token.
    pub fn new(origin: &str, name: &str, token: &str) -> Self {
        Self { name: name.to_owned(), ..Self::stranger(origin, Some(token)) }
    }

    /// The token, for tools that act for this user; empty if there is none.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub(crate) fn stranger(origin: &str, token: Option<&str>) -> Self {
        let (name, token) = ("stranger".to_owned(), token.map(str::to_owned));
        Self {
            http: http::client(),
            origin: origin.to_owned(),
            token,
            session: None,
            name,
            id: String::new(),
        }
    }

    pub(crate) fn as_user(&self, name: &str, id: &str, token: &str) -> Self {
        let (name, id, token) = (name.to_owned(), id.to_owned(), Some(token.to_owned()));
        Self { http: self.http.clone(), origin: self.origin.clone(), token, session: None, name, id }
    }

    /// The same user at another address: another gateway, or a restarted server.
    #[must_use]
    pub fn at(&self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self.clone() }
    }

    /// The same user in a browser: with the session that `answer` opened, and without a token.
    ///
    /// # Panics
    /// If the answer sets no session cookie.
    #[must_use]
    pub fn through(&self, answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie");
        let value = cookie.strip_prefix("swath_session=").and_then(|rest| rest.split(';').next());
        let session = Some(value.unwrap_or_else(|| panic!("no session in `{cookie}`")).to_owned());
        Self { token: None, session, ..self.clone() }
    }

    /// The value of the session cookie; empty without a session.
    pub fn session(&self) -> &str {
        self.session.as_deref().unwrap_or_default()
    }

    /// Begins a request that needs headers or another body than JSON.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.origin) };
        let mut builder = self.http.request(method.clone(), url).timeout(REQUEST_TIMEOUT);
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(session) = &self.session {
            builder =
                builder.header(COOKIE, format!("swath_session={session}")).header("swath-client", "console");
        }
        Request { asked: format!("{} {method} {path}", self.name), builder }
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// Sends a POST request with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path).json(&body).send().await
    }

    /// Sends a PUT request with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path).json(&body).send().await
    }

    /// Sends a PATCH request with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path).json(&body).send().await
    }

    /// Sends a DELETE request.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// Repeats a request while Swath answers 503, as a client must when the outcome is unknown. The request must
    /// carry its own idempotency key.
    pub async fn patiently(&self, method: Method, path: &str, body: &Value) -> Answer {
        let mut answer = self.request(method.clone(), path).json(body).send_or_unreachable().await;
        for _ in 0..TRIES_MAX {
            match &answer {
                Ok(answer) if answer.status() != 503 => break,
                _ => sleep(Duration::from_millis(100)).await,
            }
            answer = self.request(method.clone(), path).json(body).send_or_unreachable().await;
        }
        answer.unwrap_or_else(|error| panic!("{} {method} {path}: {error}", self.name))
    }

    /// Reads all pages of a list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{joint}limit=1000{after}")).await.ok();
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { return all };
            after = format!("&after={next}");
        }
    }
}

/// No test reads a stream for longer.
const STREAM_TIMEOUT: Duration = Duration::from_secs(300);

/// A request that has not been sent yet.
#[derive(Debug)]
pub struct Request {
    asked: String,
    builder: reqwest::RequestBuilder,
}

impl Request {
    /// Adds a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self { builder: self.builder.json(body), ..self }
    }

    /// Sets a body with the content type `kind`.
    #[must_use]
    pub fn body(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { builder: self.builder.header(CONTENT_TYPE, kind).body(body.into()), ..self }
    }

    /// Sends the request. The test fails if the server cannot be reached.
    pub async fn send(self) -> Answer {
        let asked = self.asked.clone();
        self.send_or_unreachable().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"))
    }

    /// Sends the request, and returns the response before its body has arrived.
    pub async fn open(self) -> reqwest::Response {
        let answer = self.builder.timeout(STREAM_TIMEOUT).send().await;
        answer.unwrap_or_else(|error| panic!("{}: {error:?}", self.asked))
    }

    /// Sends the request to a server that may be down.
    ///
    /// # Errors
    /// When no complete answer arrives.
    pub async fn send_or_unreachable(self) -> reqwest::Result<Answer> {
        let response = self.builder.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // A stream of events never ends, so its body is not read here.
        let is_endless = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if is_endless { Vec::new() } else { response.bytes().await?.to_vec() };
        Ok(Answer::new(self.asked, status, headers, body))
    }
}

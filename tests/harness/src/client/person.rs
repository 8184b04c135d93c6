//! Somebody with a token, or without one.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, COOKIE};
use serde_json::Value;
use tokio::time::sleep;

use super::Answer;
use crate::http;

/// No honest request takes longer, however busy the machine.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a patient person asks again.
const TRIES: usize = 200;

/// A user of Swath, as a test plays them.
#[derive(Clone, Debug)]
pub struct Person {
    http: reqwest::Client,
    origin: String,
    token: Option<String>,
    /// What their browser's cookie holds, where they act through a session.
    session: Option<String>,
    /// The name that the test gave them.
    pub name: String,
    /// Their user id; empty for the administrator and for strangers.
    pub id: String,
}

impl Person {
    /// Somebody with a token.
    pub fn new(origin: &str, name: &str, token: &str) -> Self {
        let (name, token) = (name.to_owned(), Some(token.to_owned()));
        Self {
            http: http::client(),
            origin: origin.to_owned(),
            token,
            session: None,
            name,
            id: String::new(),
        }
    }

    /// The token, for tools that speak for this person; empty where there is none.
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

    /// The same person at another address: another gateway, or a server that was started again.
    #[must_use]
    pub fn at(&self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self.clone() }
    }

    /// The same person in a browser: through the session that `answer` has opened, and without a token.
    ///
    /// # Panics
    /// Where the answer sets no such cookie.
    #[must_use]
    pub fn through(&self, answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie");
        let value = cookie.strip_prefix("swath_session=").and_then(|rest| rest.split(';').next());
        let session = Some(value.unwrap_or_else(|| panic!("no session in `{cookie}`")).to_owned());
        Self { token: None, session, ..self.clone() }
    }

    /// What their browser's cookie holds; empty without a session.
    pub fn session(&self) -> &str {
        self.session.as_deref().unwrap_or_default()
    }

    /// Begins a request with headers or a body of its own kind.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.origin) };
        let mut builder = self.http.request(method.clone(), url).timeout(DEADLINE);
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token);
        }
        if let Some(session) = &self.session {
            builder =
                builder.header(COOKIE, format!("swath_session={session}")).header("swath-client", "console");
        }
        Request { asked: format!("{} {method} {path}", self.name), builder }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    /// Posts a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(Method::POST, path).json(&body).send().await
    }

    /// Puts a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, path).json(&body).send().await
    }

    /// Patches with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(Method::PATCH, path).json(&body).send().await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    /// Sends a request again while Swath says 503, a client's duty whenever an outcome is unknown. The
    /// request must carry its own key.
    pub async fn patiently(&self, method: Method, path: &str, body: &Value) -> Answer {
        let mut answer = self.request(method.clone(), path).json(body).send_or_unreachable().await;
        for _ in 0..TRIES {
            match &answer {
                Ok(answer) if answer.status() != 503 => break,
                _ => sleep(Duration::from_millis(100)).await,
            }
            answer = self.request(method.clone(), path).json(body).send_or_unreachable().await;
        }
        answer.unwrap_or_else(|error| panic!("{} {method} {path}: {error}", self.name))
    }

    /// All pages of a list.
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
const STREAM_DEADLINE: Duration = Duration::from_secs(300);

/// A request that is not sent yet.
#[derive(Debug)]
pub struct Request {
    asked: String,
    builder: reqwest::RequestBuilder,
}

impl Request {
    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self { builder: self.builder.json(body), ..self }
    }

    /// With a body of any kind.
    #[must_use]
    pub fn body(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { builder: self.builder.header(CONTENT_TYPE, kind).body(body.into()), ..self }
    }

    /// Sends it; a server that cannot be reached fails the test.
    pub async fn send(self) -> Answer {
        let asked = self.asked.clone();
        self.send_or_unreachable().await.unwrap_or_else(|error| panic!("{asked}: {error:?}"))
    }

    /// Sends it, for an answer that is read as it comes.
    pub async fn open(self) -> reqwest::Response {
        let answer = self.builder.timeout(STREAM_DEADLINE).send().await;
        answer.unwrap_or_else(|error| panic!("{}: {error:?}", self.asked))
    }

    /// Sends it to a server that may be down.
    ///
    /// # Errors
    /// When no whole answer comes back.
    pub async fn send_or_unreachable(self) -> reqwest::Result<Answer> {
        let response = self.builder.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // A stream of events has no end to wait for.
        let is_endless = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if is_endless { Vec::new() } else { response.bytes().await?.to_vec() };
        Ok(Answer::new(self.asked, status, headers, body))
    }
}

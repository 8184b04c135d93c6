//! An answer, and the assertions that a test makes about it.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;

/// An answer of Swath: status, headers and the whole body.
#[derive(Clone, Debug)]
pub struct Answer {
    asked: String,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(asked: String, status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { asked, status, headers, body }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header; empty if the header is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as text; invalid UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as JSON lines.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().filter(|line| !line.is_empty());
        let parsed = lines.map(|line| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}: {error} in the line {line}", self.asked))
        });
        parsed.collect()
    }

    /// The seconds of `Retry-After`, if the answer has that header.
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
    }

    /// The stable code of a problem document; empty for any other answer.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, self.text());
        self
    }

    /// Asserts 200, and returns the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.is(200).json()
    }

    /// Asserts 201, and returns the body.
    #[track_caller]
    pub fn created(self) -> Value {
        self.is(201).json()
    }

    /// Asserts 204 and an empty body.
    #[track_caller]
    pub fn no_content(self) {
        let answer = self.is(204);
        assert!(answer.body.is_empty(), "{}: a 204 with a body", answer.asked);
    }

    /// Asserts 302, and returns the location.
    #[track_caller]
    pub fn found(self) -> String {
        let answer = self.is(302);
        answer.header(LOCATION.as_str()).to_owned()
    }

    /// Asserts a problem document as RFC 9457 defines it, with this status and stable code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        let answer = self.is(status);
        let kind = answer.header(CONTENT_TYPE.as_str());
        assert!(kind.starts_with("application/problem+json"), "{}: content type {kind}", answer.asked);
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{}: {problem}", answer.asked);
        assert_eq!(problem["status"], status, "{}: {problem}", answer.asked);
        assert!(problem["title"].is_string(), "{}: no title in {problem}", answer.asked);
        problem
    }

    /// As [`Answer::refused`], and asserts that `about` (a field, a line or an index) stands in the problem's faults
    /// or its detail.
    #[track_caller]
    pub fn refused_about(self, status: u16, code: &str, about: &str) -> Value {
        let asked = self.asked.clone();
        let problem = self.refused(status, code);
        let text = format!("{} {}", problem["errors"], problem["detail"]);
        assert!(text.contains(about), "{asked}: {problem} does not name {about}");
        problem
    }

    /// Asserts that the request was refused as malformed (400) or invalid (422), because of `about`.
    #[track_caller]
    pub fn invalid(self, about: &str) -> Value {
        assert!(matches!(self.status, 400 | 422), "{}: {} {}", self.asked, self.status, self.text());
        let status = self.status;
        self.refused_about(status, "invalid", about)
    }

    /// Asserts that items are missing, and returns their numbers.
    #[track_caller]
    pub fn incomplete(self) -> Vec<u64> {
        let problem = self.refused(409, "incomplete");
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        faults.iter().filter_map(|fault| fault["index"].as_u64()).collect()
    }
}

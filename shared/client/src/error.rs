//! The errors of calls, by what the caller does about them.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server refused the request.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// There was no response, or it was incomplete.
    #[error("no answer from the server: {}", innermost(.0))]
    Transport(reqwest::Error),
    /// The own [`Connection`](crate::Connection) broke, or there was no response in time.
    #[error("no answer from the server: {0}")]
    Broken(String),
    /// A transfer stalled for too long.
    #[error("the server sent nothing for {} seconds", .0.as_secs())]
    Stalled(Duration),
    /// A local file could not be read.
    #[error("{path}: {error}")]
    File {
        /// The path of the file.
        path: String,
        /// The error of the system.
        error: std::io::Error,
    },
    /// The server's address is not a URL.
    #[error("`{0}` is not an http(s) address")]
    Address(String),
    /// The token contains characters that a header cannot have.
    #[error("the token holds characters that a token cannot have")]
    Token,
    /// The request could not be written as JSON.
    #[error("the request could not be written: {0}")]
    Encode(serde_json::Error),
    /// The response is not what the API promises.
    #[error("the server's answer was not understood: {0}")]
    Decode(serde_json::Error),
}

/// Not `#[from]`, because the message contains the cause already, and a source would repeat it.
impl From<reqwest::Error> for ClientError {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error)
    }
}

impl ClientError {
    /// Whether the same call may succeed if it is repeated.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Api(error) => matches!(error.status, 429 | 503),
            // If nothing listens at the address, repeating the call would only keep the user waiting.
            Self::Transport(error) => !error.is_connect() && !error.is_builder(),
            _ => false,
        }
    }

    /// The pause that the server asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.api().and_then(|error| error.retry_after)
    }

    /// The server's refusal, if it is one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the server refused with this stable code.
    pub fn is(&self, code: &str) -> bool {
        self.api().is_some_and(|error| error.code == code)
    }
}

/// A refusal by the server (`application/problem+json`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ApiError {
    /// The HTTP status.
    #[serde(skip)]
    pub status: u16,
    /// The stable code, as in `stale-lease`.
    pub code: String,
    /// What is wrong, as a sentence.
    pub detail: String,
    /// The fields, lines or items that are wrong. Only the first ones if there are many.
    pub errors: Vec<Value>,
    /// The total number of errors, if the server tells it.
    pub faults: Option<u64>,
    /// The pause before the next attempt, if the server asks for one.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl ApiError {
    /// Parses a problem. Any other body becomes the detail.
    pub(super) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let mut error = serde_json::from_slice(body).unwrap_or_else(|_| Self {
            detail: String::from_utf8_lossy(&body[..body.len().min(500)]).trim().to_owned(),
            ..Self::default()
        });
        (error.status, error.retry_after) = (status, retry_after);
        error
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.code.is_empty() { "error" } else { &self.code };
        write!(f, "{code} ({})", self.status)?;
        // The detail often repeats the first error, which is shown only once.
        let first = self.errors.first().map(|error| FieldLine(error).to_string());
        if !self.detail.is_empty() && !first.is_some_and(|first| self.detail.starts_with(&first)) {
            write!(f, ": {}", self.detail)?;
        }
        self.errors.iter().try_for_each(|error| write!(f, "\n  {}", FieldLine(error)))?;
        match self.faults.map(|all| all.saturating_sub(self.errors.len() as u64)) {
            Some(more) if more > 0 => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}

/// One entry of `errors`, after its location: a manifest's line, an item's number or a field's path.
struct FieldLine<'a>(&'a Value);

impl fmt::Display for FieldLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(line) = self.0.get("line").and_then(Value::as_u64) {
            write!(f, "line {line}: ")?;
        }
        if let (Some(index), None) = (self.0.get("index").and_then(Value::as_i64), text("field")) {
            write!(f, "item {index}: ")?;
        }
        if let Some(field) = text("field") {
            write!(f, "{field}: ")?;
        }
        match text("message").or_else(|| text("detail")) {
            Some(message) => f.write_str(message),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The innermost cause, because reqwest's own message names the address but not what happened.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match error.url() {
        Some(url) => format!("{cause} ({})", url.origin().ascii_serialization()),
        None => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_shown_with_its_lines() {
        let body = br#"{"type": "about:blank", "status": 422, "code": "invalid", "detail": "the manifest is refused",
            "errors": [{"line": 7, "field": "uri", "message": "is missing"}, {"field": "name", "message": "is taken"}]}"#;
        let error = ApiError::read(422, None, body);
        let shown = "invalid (422): the manifest is refused\n  line 7: uri: is missing\n  name: is taken";
        assert_eq!(error.to_string(), shown);
    }

    #[test]
    fn a_body_that_is_not_a_problem_is_shown_as_the_detail() {
        let error = ApiError::read(502, None, b"<h1>Bad gateway</h1>");
        assert_eq!(error.to_string(), "error (502): <h1>Bad gateway</h1>");
    }
}

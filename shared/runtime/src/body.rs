//! Parses requests: JSON bodies, ids in paths, and queries. Errors name the field.

use std::error::Error;
use std::io;

use axum::body::{Body as RawBody, HttpBody as _};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use swath_domain::FieldError;
use swath_domain::ids::UserId;
use uuid::Uuid;

use crate::auth::Caller;
use crate::budget::{Budget, SMALL_BYTES, counted};
use crate::context::Context;
use crate::problem::{Problem, Result};

/// A JSON body, with its bytes, which idempotency keys compare.
pub struct Body<T> {
    /// The parsed value.
    pub value: T,
    /// The bytes as they were received.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<Context> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, context: &Context) -> Result<Self> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        let user = parts.extensions.get::<Caller>().map(Caller::user);
        let bytes = collect(body, context.config.server.body_bytes, &context.requests, user).await?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// Like [`Body`], but an empty body counts as an empty object.
pub struct OptionalBody<T>(pub Body<T>);

impl<T: DeserializeOwned + Default> FromRequest<Context> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, context: &Context) -> Result<Self> {
        if request.body().size_hint().exact() == Some(0) {
            return Ok(Self(Body { value: T::default(), bytes: Bytes::new() }));
        }
        Body::from_request(request, context).await.map(Self)
    }
}

/// The media type of a request, without its parameters.
pub fn media_type(headers: &HeaderMap) -> &str {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    text.split(';').next().unwrap_or(text).trim()
}

fn require_json(headers: &HeaderMap) -> Result<()> {
    if media_type(headers).eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::media_type("the body must be application/json"))
}

/// How much of a body that is too large is still read and discarded. A client may read the response only after it has
/// sent everything, and would not see it if the connection were closed first.
const DRAINED_BYTES_MAX: usize = 64 << 20;

/// How much memory a large body needs until it is stored, as a multiple of its size. It is several times larger once
/// parsed.
const MEMORY_FACTOR: usize = 4;

/// Reads a whole body of at most `bytes_max` bytes. A large one first waits for its share of the user's memory
/// budget, and returns it when the bytes are dropped.
///
/// # Errors
/// 413 if the body is too large, 400 or 408 if it does not arrive completely, 503 if there is no memory for it in time.
pub async fn collect(
    mut body: RawBody,
    bytes_max: usize,
    requests: &Budget,
    user: Option<UserId>,
) -> Result<Bytes> {
    let (mut bytes, mut seen, mut share) = (Vec::new(), 0, None);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| interrupted(&error))?;
        let Some(data) = frame.data_ref() else { continue };
        seen += data.len();
        if seen <= bytes_max {
            if MEMORY_FACTOR * seen > SMALL_BYTES && share.is_none() {
                let expected = body.size_hint().exact().and_then(|rest| usize::try_from(rest).ok());
                let expected = expected.map_or(bytes_max, |rest| seen.saturating_add(rest).min(bytes_max));
                share = Some(requests.share(user, MEMORY_FACTOR * expected).await?);
            }
            bytes.extend_from_slice(data);
        } else if seen > bytes_max + DRAINED_BYTES_MAX {
            break;
        }
    }
    if seen > bytes_max {
        return Err(Problem::too_large(format!("the body is larger than {bytes_max} bytes")));
    }
    Ok(counted(bytes, share.unwrap_or_default()))
}

/// Reads a body to its end and returns the SHA-256 of `prefix` followed by the body.
///
/// # Errors
/// 413 if the body is larger than `bytes_max`, 400 or 408 if it does not arrive completely.
pub async fn digest(mut body: RawBody, prefix: &[u8], bytes_max: u64) -> Result<Vec<u8>> {
    let (mut digest, mut seen) = (Sha256::new_with_prefix(prefix), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| interrupted(&error))?;
        let Some(data) = frame.data_ref() else { continue };
        seen += data.len() as u64;
        if seen > bytes_max {
            return Err(Problem::too_large(format!("the body is larger than {bytes_max} bytes")));
        }
        digest.update(data);
    }
    Ok(digest.finalize().to_vec())
}

/// The problem for a body that did not arrive completely.
pub fn interrupted(error: &axum::Error) -> Problem {
    let timed_out = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
    };
    let first: &(dyn Error + 'static) = error;
    if std::iter::successors(Some(first), |cause: &&(dyn Error + 'static)| (*cause).source()).any(timed_out) {
        return Problem::late_body();
    }
    Problem::unreadable("the body ended before it was complete")
}

/// Parses JSON.
///
/// # Errors
/// 400 if it is not JSON, 422 if a field does not fit `T`. The problem names the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if has_nul(bytes) {
        let value =
            serde_json::from_slice(bytes).map_err(|error| Problem::unreadable(format!("JSON: {error}")))?;
        return Err(Problem::field(nul_path(&value).unwrap_or_default(), "must not contain U+0000"));
    }
    // serde would accept an array as the fields of a struct in order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("", "the body must be an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if error.is_data() {
            misfit(&path, &error.to_string())
        } else {
            Problem::unreadable(format!("JSON: {error}"))
        }
    })?;
    json.end().map_err(|error| Problem::unreadable(format!("JSON: {error}")))?;
    Ok(value)
}

/// Whether a JSON text contains an escaped U+0000, which PostgreSQL cannot store.
fn has_nul(bytes: &[u8]) -> bool {
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] != b'\\' {
            index += 1;
        } else if bytes[index..].starts_with(b"\\u0000") {
            return true;
        } else {
            // Skip the backslash and the escaped character.
            index += 2;
        }
    }
    false
}

/// The path of the first text or name that contains U+0000.
fn nul_path(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            let mut paths =
                items.iter().enumerate().filter_map(|(index, item)| Some((index, nul_path(item)?)));
            paths.next().map(|(index, rest)| join(&format!("[{index}]"), &rest))
        }
        Value::Object(fields) => {
            let path = |(name, field): (&String, &Value)| {
                if name.contains('\0') {
                    Some(name.clone())
                } else {
                    nul_path(field).map(|rest| join(name, &rest))
                }
            };
            fields.iter().find_map(path)
        }
        _ => None,
    }
}

fn join(step: &str, rest: &str) -> String {
    let dot = if rest.is_empty() || rest.starts_with('[') { "" } else { "." };
    format!("{step}{dot}{rest}")
}

fn misfit(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start));
    let name = named.and_then(|rest| rest.split('`').next());
    let path = if path == "." { "" } else { path };
    let field = match name {
        // The path of an unknown field already ends with its name.
        Some(name) if path.rsplit('.').next() == Some(name) => path.to_owned(),
        Some(name) => FieldError::new(name, "").within(path).field.trim_start_matches('.').to_owned(),
        None => path.to_owned(),
    };
    Problem::field(field, message)
}

/// An id or another short value in the path. A malformed one is answered 404.
pub struct PathId<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Context> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self> {
        let Path(value) = Path::from_request_parts(parts, context).await.map_err(|_| Problem::not_found())?;
        Ok(Self(value))
    }
}

/// The query. Unknown parameters and bad values are refused.
pub struct Search<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Context> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, context: &Context) -> Result<Self> {
        let Query(value) = Query::from_request_parts(parts, context).await.map_err(|error| {
            let text = error.body_text();
            let message = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            let (field, message) = message.split_once(": ").unwrap_or(("", message));
            let mut problem = misfit(field, message);
            problem.status = StatusCode::UNPROCESSABLE_ENTITY;
            problem
        })?;
        Ok(Self(value))
    }
}

/// The UUID that stands for "from the beginning" in a query or a body.
pub const NIL: Uuid = Uuid::nil();

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only parsed")]
        size: i64,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only parsed")]
        list: Vec<Inner>,
    }

    fn fault(json: &str) -> (u16, Option<String>) {
        let problem = parse::<Outer>(json.as_bytes()).unwrap_err();
        (problem.status.as_u16(), problem.errors.first().and_then(|fault| fault.field.clone()))
    }

    #[test]
    fn the_field_that_does_not_fit_is_named_by_its_path() {
        let field = |path: &str| (422, Some(path.to_owned()));
        assert_eq!(fault(r#"{"list":[{"size":1},{"size":"x"}]}"#), field("list[1].size"));
        assert_eq!(fault(r#"{"list":[{"size":1,"colour":2}]}"#), field("list[0].colour"));
        assert_eq!(fault(r#"{"list":[{}]}"#), field("list[0].size"));
        assert_eq!(fault(r#"{"lost":[]}"#), field("lost"));
        assert_eq!(fault(r#"{}"#), field("list"));
        assert_eq!(fault(r#"{"list":[],"list":[]}"#), field("list"));
        assert_eq!(fault(" [[]]"), (422, None));
        assert_eq!(fault(r#"{"list":[{"size":1}],"#), (400, None));
        assert_eq!(fault(r#"{"list":[]} trailing"#), (400, None));
    }

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_is_not_mistaken_for_it() {
        let nul = parse::<Outer>(br#"{"a":[{"b":"x\u0000"}]}"#).unwrap_err();
        assert_eq!(nul.errors[0].field.as_deref(), Some("a[0].b"));
        assert!(has_nul(br#"{"a":"x\u0000"}"#));
        assert!(has_nul(br#"{"a":"\\\u0000"}"#));
        assert!(!has_nul(br#"{"a":"\\u0000"}"#));
    }
}

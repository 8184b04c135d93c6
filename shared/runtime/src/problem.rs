//! Errors of the API: `application/problem+json` (RFC 9457) with a stable `code`. All errors are mapped to HTTP here.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};
use swath_domain::{FieldError, ItemIndex, LeaseEnd, Refusal};
use swath_files::FilesError;
use swath_store::StoreError;

/// The result of a handler.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// An error as the client sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The HTTP status.
    #[serde(serialize_with = "status_number")]
    #[schema(value_type = u16)]
    pub status: StatusCode,
    /// A stable code, for programs.
    #[schema(value_type = String, example = "invalid")]
    pub code: &'static str,
    /// The kind of problem, for people.
    pub title: String,
    /// What is wrong with this request, for people.
    pub detail: String,
    /// The fields, lines or items that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// Further members, by code: `reason`, `missing`, `blockers`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: Map<String, Value>,
    /// The seconds after which the client should try again.
    #[serde(skip)]
    pub retry_after: Option<i64>,
}

/// How many faults a response lists, at most. A request may have as many as it has fields.
const FAULTS_MAX: usize = 100;

/// One fault in a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// The field's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The line of a manifest, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The item's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// What is wrong.
    pub message: String,
}

fn status_number<S: serde::Serializer>(
    status: &StatusCode,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem with this status and code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
            retry_after: None,
        }
    }

    /// 422: fields that break a rule.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let sentence = |error: &FieldError| match error.field.as_str() {
            "" => error.message.clone(),
            field => format!("{field}: {}", error.message),
        };
        let detail = errors.first().map_or_else(String::new, sentence);
        let fault = |error: FieldError| Fault {
            field: Some(error.field).filter(|field| !field.is_empty()),
            message: error.message,
            ..Fault::default()
        };
        let faults = errors.into_iter().take(FAULTS_MAX).map(fault).collect();
        Self { errors: faults, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
    }

    /// 422: one field that breaks a rule.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    /// 400: a request that cannot be parsed at all.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    /// 401: the request has no valid credential.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// 403: the user's role does not allow it.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "your role does not allow this")
    }

    /// 404: unknown, or of another team. The client cannot tell which.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is nothing with this id")
    }

    /// 409: the current state does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 412: the saved revision is a different one.
    pub fn precondition(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "conflict", detail)
    }

    /// 413: the request is too large.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    /// 415: the route does not accept this media type.
    pub fn media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid", detail)
    }

    /// 408: the client sends too slowly.
    pub fn late_body() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the rest of the body did not arrive in time")
    }

    /// 503: the outcome is unknown. The client can find out by repeating the request with the same key.
    pub fn unavailable() -> Self {
        let detail = "the outcome is unknown; try again with the same key";
        Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }

    /// 500: a bug, which has been logged.
    pub fn internal() -> Self {
        let detail = "an internal error, which has been logged";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// 503: other requests use all the memory for large ones.
    pub fn busy() -> Self {
        let detail = "too many large requests are in progress; try again";
        Self { retry_after: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }

    /// 429: the user has sent too many requests.
    pub fn rate_limited() -> Self {
        let detail = "you send more requests than allowed";
        Self { retry_after: Some(1), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", detail) }
    }

    /// Adds a further member.
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.more.insert(name.to_owned(), json!(value));
        self
    }

    /// 413: the annotation or the verdict of one item is too large.
    pub fn too_large_item(field: &str, index: ItemIndex, bytes: usize, bytes_max: usize) -> Self {
        let message = format!("takes {bytes} bytes as JSON; at most {bytes_max} are allowed");
        let field = Some(field.to_owned()).filter(|field| !field.is_empty());
        let fault = Fault { field, index: Some(index.0), message: message.clone(), line: None };
        Self { errors: vec![fault], ..Self::too_large(format!("item {index} {message}")) }
    }

    /// Adds the line of a manifest to the problem.
    pub fn at_line(mut self, line: u64) -> Self {
        self.detail = format!("line {line}: {}", self.detail);
        match self.errors.first_mut() {
            Some(fault) => fault.line = Some(line),
            None => {
                let message = self.detail.clone();
                self.errors.push(Fault { line: Some(line), message, ..Fault::default() });
            }
        }
        self
    }

    fn stale(reason: LeaseEnd) -> Self {
        let detail = match reason {
            LeaseEnd::Expired => "the lease has expired",
            LeaseEnd::Taken => "the lease has expired and another user has the work now",
            LeaseEnd::Released => "the lease was released",
            LeaseEnd::Reassigned => "a manager reassigned the work",
            LeaseEnd::Cancelled => "the work was cancelled",
            LeaseEnd::Submitted => "the work was submitted",
        };
        Self::new(StatusCode::CONFLICT, "stale-lease", detail).with("reason", reason)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::not_found(),
            StoreError::Conflict(detail) => Self::conflict(detail),
            StoreError::Invalid(error) => Self::invalid(vec![error]),
            StoreError::Refused(refusal) => Self::from(refusal),
            StoreError::Collision(_) | StoreError::Unavailable(_) => {
                tracing::warn!(error = %error, "the store did not answer");
                Self::unavailable()
            }
            StoreError::Panicked(_) => {
                tracing::error!(error = %error, "a transaction failed");
                Self::internal()
            }
            StoreError::Corrupt { .. } => {
                tracing::error!(error = %error, "a row does not decode");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "a stored row cannot be read")
            }
        }
    }
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::NotFound => Self::not_found(),
            FilesError::NotConfigured => {
                let detail = "this installation has no place for files: its operator sets files.folder or files.s3_bucket";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            }
            FilesError::BadContent(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Self::late_body()
            }
            FilesError::BadContent(_) => Self::unreadable("the body ended before it was complete"),
            FilesError::Unavailable(_) => {
                tracing::warn!(%error, "the files did not answer");
                Self::unavailable()
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::Stale(reason) => Self::stale(reason),
            Refusal::Incomplete(items) => {
                let fault = |index: &ItemIndex| Fault {
                    index: Some(index.0),
                    message: "is missing".into(),
                    ..Fault::default()
                };
                let errors = items.iter().map(fault).collect();
                Self { errors, ..Self::new(StatusCode::CONFLICT, "incomplete", detail) }
                    .with("missing", items)
            }
            Refusal::ForeignItem(index) => {
                let message = "is not an item of this assignment";
                let fault = Fault {
                    field: Some("index".into()),
                    index: Some(index.0),
                    message: message.into(),
                    line: None,
                };
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Self {
                    errors: vec![fault],
                    ..Self::new(status, "invalid", format!("item {index} {message}"))
                }
            }
            Refusal::OwnWork => Self { detail, ..Self::forbidden() },
            Refusal::Unavailable | Refusal::Status(_) | Refusal::SecondOpinion => Self::conflict(detail),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[expect(clippy::expect_used, reason = "a problem has only text keys, so it is always valid JSON")]
        let body = serde_json::to_vec(&self).expect("a problem is always valid JSON");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(0)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

//! Security headers of all responses, so that a browser neither guesses their type nor stores them.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Allows what the documentation needs: its own scripts, styles and pictures, and the API. Its page has inline styles.
const DOCS_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The kind of resource that is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The API.
    Api,
    /// The documentation of the API.
    Docs,
    Other,
}

impl Kind {
    pub(super) fn of(path: &str) -> Self {
        match path.split('/').nth(1) {
            Some("v1") => Self::Api,
            Some("docs") => Self::Docs,
            _ => Self::Other,
        }
    }

    /// Adds the headers that the response does not have.
    pub(super) fn protect(self, headers: &mut HeaderMap) {
        let mut add = |name: HeaderName, value: HeaderValue| {
            headers.entry(name).or_insert(value);
        };
        add(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        match self {
            Self::Api => add(header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            Self::Docs => {
                add(header::CONTENT_SECURITY_POLICY, DOCS_POLICY);
                add(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
                add(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            }
            Self::Other => {}
        }
    }
}

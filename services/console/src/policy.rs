//! The headers that restrict what a page may load and who may frame it.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// The content security policy of pages that may also load pictures from these origins.
pub(crate) fn of(picture_origins: &[String]) -> HeaderValue {
    let pictures: String = picture_origins.iter().map(|origin| format!(" {origin}")).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{pictures}; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // An origin that is no valid header value is no origin. Without origins the policy is stricter, so this is safe.
    HeaderValue::from_str(&policy).unwrap_or_else(|_| of(&[]))
}

/// Adds the protecting headers to a response.
pub(crate) fn protect(mut response: Response, policy: &HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

//! What a page may load, and who may show it.

use axum::http::{HeaderValue, header};
use axum::response::Response;

/// The policy of pages that may load pictures from these origins as well.
pub(crate) fn of(picture_origins: &[String]) -> HeaderValue {
    let pictures: String = picture_origins.iter().map(|origin| format!(" {origin}")).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{pictures}; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // An origin that no header can carry is no origin; without any the page is only stricter.
    HeaderValue::from_str(&policy).unwrap_or_else(|_| of(&[]))
}

/// Adds what keeps a page to itself.
pub(crate) fn protect(mut response: Response, policy: &HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The origin of an address, as in `https://s3.example.org` of `https://s3.example.org/path`; none where it has none, or
/// where it holds what would mean something else in a policy.
pub fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
    };
    let is_web = ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str());
    (is_web && is_plain(authority)).then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host_and_nothing_that_a_policy_would_read_otherwise() {
        assert_eq!(origin("https://s3.example.org:9000/a?b").as_deref(), Some("https://s3.example.org:9000"));
        for bad in
            ["", "s3.example.org", "https://", "https://a b", "https://a;script-src", "https://*", "data://x"]
        {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}

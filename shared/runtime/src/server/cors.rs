//! Pages of other origins: which of them may call the API and draw its pictures. They never bring a session along: no answer
//! allows credentials.

use std::time::Duration;

use axum::http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_MATCH, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE, RETRY_AFTER,
};
use axum::http::{HeaderName, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may keep what a preflight request was told.
const MAX_AGE: Duration = Duration::from_secs(600);
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The layer for these origins; none where there is no other origin.
pub(super) fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::any(),
        false => AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok())),
    };
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let sent = [AUTHORIZATION, CONTENT_TYPE, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE];
    let shown =
        [ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LOCATION, RETRY_AFTER];
    let layer = CorsLayer::new().allow_origin(allowed).allow_methods(methods).allow_headers(sent);
    Some(layer.expose_headers(shown).max_age(MAX_AGE))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::{HeaderMap, Request, StatusCode};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    const NAMED: &str = "https://labels.example.org";

    async fn ask(origins: &[&str], method: Method, origin: &str) -> (StatusCode, HeaderMap) {
        let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let router = Router::new().route("/", get(|| async { "an answer" }));
        let router = layer(&origins).into_iter().fold(router, Router::layer);
        let request = Request::builder().method(method).uri("/").header("origin", origin);
        let request = request.header("access-control-request-method", "PUT");
        let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
        (answer.status(), answer.headers().clone())
    }

    #[tokio::test]
    async fn without_origins_nothing_is_added() {
        let (status, headers) = ask(&[], Method::OPTIONS, NAMED).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(!headers.keys().any(|name| name.as_str().starts_with("access-control-")));
        let (_, headers) = ask(&[], Method::GET, NAMED).await;
        assert!(!headers.keys().any(|name| name.as_str().starts_with("access-control-")));
    }

    #[tokio::test]
    async fn a_named_origin_is_let_in_and_told_what_it_may_send_and_read() {
        let (status, headers) = ask(&[NAMED], Method::OPTIONS, NAMED).await;
        let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(
            (status, text("access-control-allow-origin"), text("access-control-max-age")),
            (StatusCode::OK, NAMED, "600")
        );
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(text("access-control-allow-methods").split(',').any(|one| one == method), "{method}");
        }
        for sent in ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "range"]
        {
            assert!(text("access-control-allow-headers").split(',').any(|one| one == sent), "{sent}");
        }
        // Without this header a session changes nothing: no page of another origin may send it.
        assert!(!text("access-control-allow-headers").contains("swath-client"));
        let (_, headers) = ask(&[NAMED], Method::GET, NAMED).await;
        let shown = headers["access-control-expose-headers"].to_str().unwrap();
        for name in
            ["etag", "content-range", "accept-ranges", "content-disposition", "retry-after", "location"]
        {
            assert!(shown.split(',').any(|one| one == name), "{name}");
        }
        assert!(headers["vary"].to_str().unwrap().contains("origin"));
    }

    #[tokio::test]
    async fn another_origin_is_not_let_in_unless_all_are() {
        for other in ["https://evil.example.org", "https://labels.example.org.evil.example", "null"] {
            let (_, headers) = ask(&[NAMED], Method::GET, other).await;
            assert!(!headers.contains_key("access-control-allow-origin"), "{other}");
            let (_, headers) = ask(&["*"], Method::GET, other).await;
            assert_eq!(headers["access-control-allow-origin"], "*");
        }
    }
}

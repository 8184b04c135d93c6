//! The console: the pages on which people work, embedded into the binary.
//!
//! A page loads scripts, styles and data only from its own server, and pictures also from the configured origins. No other
//! page can frame it. Browsers cache files whose names contain their hash, and revalidate the page that names them on each
//! visit. The crate knows nothing of users and leases: the pages read what they show from the public API.
//!
//! ```
//! let console: axum::Router = swath_console::router(&["https://pictures.example.org".to_owned()]);
//! let app = axum::Router::new().merge(console);
//! # let _ = app;
//! ```

mod files;
mod policy;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use files::File;

/// The paths of pages. All serve the same file, whose script shows the page of the path.
const PAGES: [&str; 5] = ["/", "/work", "/mine", "/reviews", "/manage"];
/// The page of a binary that was built without the console.
const MISSING: &str = include_str!("missing.html");

/// The routes of the console, whose pages may load pictures from these origins as well.
pub fn router<S: Clone + Send + Sync + 'static>(picture_origins: &[String]) -> Router<S> {
    let policy = Arc::new(policy::of(picture_origins));
    let pages = PAGES.iter().fold(Router::new(), |router, path| router.route(path, get(page)));
    pages.route("/console/{name}", get(asset)).with_state(policy)
}

async fn page(State(policy): State<Arc<HeaderValue>>, request: HeaderMap) -> Response {
    let response = match File::find("index.html", &request) {
        Some(file) => file.answer(&request, "no-cache"),
        None => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], MISSING).into_response()
        }
    };
    policy::protect(response, &policy)
}

async fn asset(
    State(policy): State<Arc<HeaderValue>>,
    Path(name): Path<String>,
    request: HeaderMap,
) -> Response {
    let response = match File::find(&name, &request) {
        Some(file) if files::is_hashed(&name) => file.answer(&request, "public, max-age=31536000, immutable"),
        Some(file) => file.answer(&request, "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    };
    policy::protect(response, &policy)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn ask(path: &str, headers: &[(&str, &str)]) -> Response {
        let request =
            headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        let router: Router = router(&["https://pictures.example.org".to_owned()]);
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn header<'a>(response: &'a Response, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn every_page_is_protected() {
        for path in PAGES {
            let response = ask(path, &[]).await;
            assert_eq!(response.status(), StatusCode::OK);
            let policy = header(&response, "content-security-policy");
            assert!(policy.contains("img-src 'self' blob: https://pictures.example.org;"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        }
    }

    #[tokio::test]
    async fn a_name_with_a_hash_is_cached_and_an_unknown_one_is_not_found() {
        if let Some(script) = files::names().find(|name| name.starts_with("main-") && name.ends_with(".js")) {
            let path = format!("/console/{script}");
            let response = ask(&path, &[("accept-encoding", "gzip, br")]).await;
            assert_eq!(header(&response, "content-encoding"), "br");
            assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
            assert!(header(&response, "cache-control").contains("immutable"));
            let etag = header(&response, "etag").to_owned();
            let again = ask(&path, &[("accept-encoding", "br"), ("if-none-match", &etag)]).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
            assert_ne!(
                header(&ask(&path, &[]).await, "etag"),
                etag,
                "another encoding is another representation"
            );
        }
        assert_eq!(ask("/console/nothing.js", &[]).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(ask("/console/..%2fCargo.toml", &[]).await.status(), StatusCode::NOT_FOUND);
    }
}

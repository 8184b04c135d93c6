//! The request that a task serves, for logs, traces and panics.

use axum::extract::MatchedPath;
use opentelemetry::trace::SpanContext;

/// The request that a task serves.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) ids: SpanContext,
    pub(crate) route: Option<MatchedPath>,
}

impl Current {
    /// The route's template.
    pub(crate) fn route(&self) -> &str {
        let route = self.route.as_ref().map_or("(none)", MatchedPath::as_str);
        if route.starts_with("/docs") { "/docs" } else { route }
    }

    /// Runs a future as part of this request.
    pub(crate) async fn scope<F: Future>(self, future: F) -> F::Output {
        REQUEST.scope(self, future).await
    }

    /// Runs a function as part of this request.
    pub(crate) fn sync_scope<T>(self, run: impl FnOnce() -> T) -> T {
        REQUEST.sync_scope(self, run)
    }
}

tokio::task_local! {
    static REQUEST: Current;
}

/// The ids of the current request. `None` outside of a request.
pub(super) fn current_ids() -> Option<SpanContext> {
    REQUEST.try_with(|current| current.ids.clone()).ok()
}

/// The route of the current request. `None` outside of a request.
pub(super) fn current_route() -> Option<String> {
    REQUEST.try_with(|current| current.route().to_owned()).ok()
}

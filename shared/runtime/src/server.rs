//! The HTTP server: the router of the route table, the guard before every route, and a shutdown within a deadline.

mod accept;
mod bound;
mod connection;
mod cors;
mod exchange;
mod headers;
mod observe;
mod state;
#[cfg(test)]
mod tests;
mod watched;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing::get};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::access::Access;
use crate::config::Config;
use crate::context::Context;
use crate::credential::Credential;
use crate::problem::{Problem, Result};
use crate::route::Route;
use crate::{health, openapi};

use bound::{Bounds, raise_descriptors};
use exchange::Peer;
use observe::observe;

/// The router of these routes and `pages`, with the health routes and the API's `document`. The document is made at its
/// first request, because most processes never get one and it needs megabytes.
pub fn router(
    context: &Context,
    routes: Vec<Route>,
    document: fn() -> Value,
    pages: Router<Context>,
) -> Router {
    let document = LazyLock::new(move || Bytes::from(document().to_string()));
    let document: Arc<LazyLock<Bytes, _>> = Arc::new(document);
    let json = [(CONTENT_TYPE, "application/json")];
    let mut router = health::router()
        .route("/openapi.json", get(move || async move { (json, Bytes::clone(&document)) }))
        .merge(pages);
    for route in routes {
        let guarded = Guarded {
            context: context.clone(),
            access: route.access,
            streams: route.streams,
            query: route.query_names().into(),
        };
        router =
            router.route(route.path, route.handler.layer(middleware::from_fn_with_state(guarded, guard)));
    }
    let docs = utoipa_swagger_ui::SwaggerUi::new("/docs")
        .config(utoipa_swagger_ui::Config::from("/openapi.json").use_base_layout().doc_expansion("list"));
    let router = router
        .merge(Router::from(docs))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "invalid", "this path does not support this method")
        });
    let router = match cors::layer(&context.config.server.cors_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router.layer(middleware::from_fn_with_state(context.clone(), observe)).with_state(context.clone())
}

/// Redirects `/` to the API's documentation, for processes that serve no pages.
pub fn docs_first() -> Router<Context> {
    Router::new().route("/", get(|| async { Redirect::temporary("/docs/") }))
}

/// The router of `/metrics`, which has its own listener.
pub fn metrics_router(context: &Context) -> Router {
    health::metrics_router()
        .fallback(|| async { Problem::not_found() })
        .layer(middleware::from_fn_with_state(context.clone(), observe))
        .with_state(context.clone())
}

/// The OpenAPI document of these routes.
pub fn document(routes: &[Route]) -> Value {
    openapi::document(routes)
}

#[derive(Clone)]
struct Guarded {
    context: Context,
    access: Access,
    streams: bool,
    query: Arc<[String]>,
}

/// Authenticates and authorizes a request before anything else of it is read, and limits the time of the response.
async fn guard(State(guarded): State<Guarded>, mut request: Request, next: Next) -> Response {
    let timeout = Duration::from_secs(guarded.context.config.server.request_seconds);
    let deadline = tokio::time::Instant::now() + timeout;
    let peer = request.extensions().get::<Peer>().cloned();
    if guarded.access != Access::Open {
        let presented = Credential::of(request.method(), request.headers());
        match tokio::time::timeout_at(deadline, authorize(&guarded, presented)).await {
            Ok(Ok(caller)) => {
                peer.iter().for_each(Peer::authenticate);
                request.extensions_mut().insert(caller)
            }
            Ok(Err(problem)) => return problem.into_response(),
            Err(_) => return Problem::unavailable().into_response(),
        };
    }
    if let Err(problem) = check_query(request.uri().query(), &guarded.query) {
        return problem.into_response();
    }
    if guarded.streams {
        return next.run(request).await;
    }
    let response = match tokio::time::timeout_at(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable().into_response(),
    };
    // Routes without a token check a signature instead, so a success means that the client is known.
    if response.status().is_success() {
        peer.iter().for_each(Peer::authenticate);
    }
    response
}

/// Refuses query parameters that a route does not know, so that none is ignored.
fn check_query(query: Option<&str>, known: &[String]) -> Result<()> {
    let given = query.unwrap_or_default().split('&').filter(|part| !part.is_empty());
    let mut names = given.map(|part| part.split('=').next().unwrap_or(part));
    match names.find(|name| !known.iter().any(|known| known == name)) {
        None => Ok(()),
        Some(name) => Err(Problem::field(name, "is not a query parameter of this route")),
    }
}

async fn authorize(guarded: &Guarded, presented: Result<Credential>) -> Result<crate::auth::Caller> {
    let context = &guarded.context;
    let caller = context.tokens.caller(&context.store, &presented?, context.now()).await?;
    context.allowance.spend(caller.user())?;
    if caller.may(guarded.access) { Ok(caller) } else { Err(Problem::forbidden()) }
}

/// Binds the address. Called first, so that a port in use is noticed before anything else happens.
///
/// # Errors
/// If the address is not valid or in use.
pub async fn bind(listen: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// The default address of `/metrics` in a process with all roles.
const METRICS_LISTEN: &str = "127.0.0.1:9464";

/// Binds the address of `/metrics`, if it is served. If the default address is in use the process still starts, because
/// several installations may share a machine.
///
/// # Errors
/// If a configured address is not valid or in use.
pub async fn bind_metrics(config: &Config, whole: bool) -> anyhow::Result<Option<(TcpListener, SocketAddr)>> {
    match config.server.metrics_listen.as_str() {
        "none" => Ok(None),
        "" if !whole => Ok(None),
        "" => {
            let bound = bind(METRICS_LISTEN).await;
            if let Err(error) = &bound {
                tracing::warn!("/metrics is not served: {error:#}; server.metrics_listen says where else");
            }
            Ok(bound.ok())
        }
        listen => bind(listen).await.context("server.metrics_listen").map(Some),
    }
}

/// Serves `/metrics` until shutdown. Its connections do not count as clients' connections.
pub async fn serve_metrics(context: Context, listener: TcpListener) {
    let router = metrics_router(&context);
    accept::serve(context, listener, router, Bounds::METRICS, None).await;
}

/// Serves until shutdown, then waits for requests in flight, but not beyond the deadline.
pub async fn serve(context: Context, listener: TcpListener, router: Router) -> anyhow::Result<()> {
    let bounds = Bounds::of(&context.config.server, raise_descriptors());
    accept::serve(context, listener, router, bounds, None).await;
    Ok(())
}

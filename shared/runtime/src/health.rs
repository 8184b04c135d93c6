//! `/healthz` and `/readyz`, and `/metrics` for a listener of its own. Without the broker or Redis a service is
//! degraded but ready. Without the database it is not ready.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use prometheus::{Encoder, TextEncoder};
use serde_json::json;

use crate::context::Context;
use crate::problem::Problem;
use crate::telemetry;

/// How long the database may take to answer before it counts as down.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// The health routes, which need no token.
pub fn router() -> Router<Context> {
    Router::new()
        .route("/healthz", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/readyz", get(ready))
}

/// The route of the metrics, which is for operators only.
pub fn metrics_router() -> Router<Context> {
    Router::new().route("/metrics", get(metrics))
}

async fn ready(State(context): State<Context>) -> Response {
    let mut store = store(&context).await;
    if store == "up"
        && context.is_booted()
        && let Some(failure) = context.writes.failure(&context.store, context.instance, context.now()).await
    {
        tracing::debug!(failure, "the store takes no writes");
        store = "takes no writes".to_owned();
    }
    let (bus, locks) = (context.bus.health(), context.locks.health());
    let up = store == "up" && context.is_booted() && !context.is_ending();
    let status = match (up, bus.is_up() && locks.is_up()) {
        (true, true) => "ready",
        (true, false) => "degraded",
        (false, _) if context.is_ending() => "stopping",
        (false, _) => "unavailable",
    };
    let body = json!({"status": status, "dependencies": {
        "store": store, "bus": bus_text(&bus), "locks": locks_text(&locks),
    }});
    let code = if up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(body)).into_response()
}

fn bus_text(health: &swath_bus::Health) -> &str {
    match health {
        swath_bus::Health::Up => "up",
        swath_bus::Health::Down { reason, .. } => reason,
    }
}

fn locks_text(health: &swath_locks::Health) -> &str {
    match health {
        swath_locks::Health::Up => "up",
        swath_locks::Health::Down { reason, .. } => reason,
    }
}

async fn store(context: &Context) -> String {
    match tokio::time::timeout(DATABASE_TIMEOUT, context.store.is_migrated()).await {
        Ok(Ok(true)) => "up".into(),
        Ok(Ok(false)) => "waits for `swath migrate`".into(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the store is not ready");
            "down".into()
        }
        Err(_) => "does not answer".into(),
    }
}

async fn metrics(State(context): State<Context>) -> Response {
    let mut families = context.registry.gather();
    families.extend(telemetry::process_families());
    let mut text = Vec::new();
    let encoder = TextEncoder::new();
    if let Err(error) = encoder.encode(&families, &mut text) {
        tracing::error!(%error, "metrics could not be written");
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "metrics could not be written")
            .into_response();
    }
    let mut response = text.into_response();
    if let Ok(value) = HeaderValue::from_str(encoder.format_type()) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

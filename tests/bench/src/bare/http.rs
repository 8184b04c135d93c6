//! The routes of the bare loops. Their requests and responses are those of Swath's gateway, so that the same load can
//! send them.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::bare_loop::BareLoop;

/// Serves requests until the process is killed.
pub async fn serve(bare: Arc<BareLoop>, port: u16) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/echo", post(|body: String| async { body }))
        .route("/v1/leases", post(lease))
        .route("/v1/leases/{lease}/submit", post(submit))
        .route("/over", get(|State(bare): State<Arc<BareLoop>>| async move { bare.finished().to_string() }))
        .with_state(bare);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

type Answer = Result<Json<Value>, (StatusCode, String)>;

fn failed(error: anyhow::Error) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}"))
}

async fn lease(State(bare): State<Arc<BareLoop>>, Json(_request): Json<Value>) -> Answer {
    let leased = bare.lease().await.map_err(failed)?;
    let id = Uuid::from_u128(leased.id.cast_unsigned().into());
    let assignment = json!({"id": id, "round": 1, "ranges": [{"start": leased.id, "end": leased.id + 1}],
        "items": [{"index": leased.id, "revision": 0}]});
    Ok(Json(json!({"lease_id": leased.lease, "fence": 1, "assignment": assignment})))
}

#[derive(Deserialize)]
struct Submission {
    #[expect(dead_code, reason = "part of the request")]
    submission_id: String,
    items: Vec<Box<RawValue>>,
}

async fn submit(
    State(bare): State<Arc<BareLoop>>,
    Path(lease): Path<Uuid>,
    Json(submission): Json<Submission>,
) -> Answer {
    let body = submission.items.first().map(|item| item.get().to_owned()).unwrap_or_default();
    let id = bare.submit(lease, body).await.map_err(failed)?;
    Ok(Json(json!({"assignment": Uuid::from_u128(id.cast_unsigned().into()), "status": "COMPLETED"})))
}

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
use serde_json::Value;
use serde_json::value::RawValue;
use swath_api::leases::{AssignmentPart, ItemPart, JobPart, LeaseDocument, SubmitAnswer};
use swath_domain::labels::LabelLimits;
use swath_domain::{AssignmentId, JobId, LeaseId, Range, Status};
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

type Answer<T> = Result<Json<T>, (StatusCode, String)>;

fn failed(error: anyhow::Error) -> (StatusCode, String) {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{error:#}"))
}

async fn lease(State(bare): State<Arc<BareLoop>>, Json(_request): Json<Value>) -> Answer<LeaseDocument> {
    let leased = bare.lease().await.map_err(failed)?;
    Ok(Json(document(LeaseId(leased.lease), leased.id)))
}

/// The lease of the one item with this number.
fn document(lease_id: LeaseId, item: i64) -> LeaseDocument {
    let job = JobId(Uuid::nil());
    LeaseDocument {
        lease_id,
        fence: 1,
        state: "current".to_owned(),
        expires_at: None,
        expires_in: 0,
        assignment: AssignmentPart {
            id: assignment_id(item),
            number: item,
            round: 1,
            slot: 0,
            job,
            ranges: vec![Range::of(item, item + 1)],
            items: vec![ItemPart {
                index: item,
                uri: String::new(),
                media_url: None,
                width: None,
                height: None,
                as_stored: false,
                size_is_provisional: false,
                meta: None,
                revision: 0,
                annotation: None,
                annotation_bytes: None,
                verdict: None,
                former_verdict: None,
            }],
            instructions: None,
            due_date: None,
            parent: None,
        },
        job: JobPart {
            id: job,
            title: String::new(),
            description: None,
            classes: Vec::new(),
            tags: Vec::new(),
            limits: LabelLimits::default(),
            slots: 1,
            reasons: Vec::new(),
        },
        annotations_left_out: false,
    }
}

fn assignment_id(item: i64) -> AssignmentId {
    AssignmentId(Uuid::from_u128(item.cast_unsigned().into()))
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
) -> Answer<SubmitAnswer> {
    let body = submission.items.first().map(|item| item.get().to_owned()).unwrap_or_default();
    let id = bare.submit(lease, body).await.map_err(failed)?;
    Ok(Json(SubmitAnswer { assignment: assignment_id(id), status: Status::Completed }))
}

//! The review service's table of routes.

mod reviews;

use axum::http::Method;
use serde_json::json;
use swath_api::leases::{ItemPart, LeaseDocument, LeaseRequest, ReleaseRequest, Renewed};
use swath_api::pictures::PictureReport;
use swath_api::reviews::{DecideAnswer, DecideRequest, Opinion, VerdictAnswer, VerdictRequest};
use swath_leasing_http as common;
use swath_runtime::{Access, Cursor, Route};

pub(crate) fn table() -> Vec<Route> {
    let who = Access::REVIEWER;
    vec![
        Route::new(Method::POST, "/v1/reviews", who, "Asks for a submission to review.", reviews::create)
            .takes::<LeaseRequest>(json!({"job": "01890000-0000-7000-8000-000000000001"}))
            .optional_body()
            .gives::<LeaseDocument>(201)
            .gives::<LeaseDocument>(200)
            .idempotent(),
        Route::new(Method::GET, "/v1/reviews", who, "One's current reviews.", common::list)
            .gives_page::<LeaseDocument>(Cursor::Id),
        Route::new(Method::GET, "/v1/reviews/{review_id}", who, "A review as it stands.", common::show)
            .gives::<LeaseDocument>(200),
        Route::new(Method::DELETE, "/v1/reviews/{review_id}", who, "Gives a review back.", common::release)
            .takes::<ReleaseRequest>(json!({"reason": "going home"}))
            .optional_body()
            .gives_nothing(204),
        Route::new(
            Method::POST,
            "/v1/reviews/{review_id}/renew",
            who,
            "Keeps a review alive.",
            common::renew,
        )
        .gives::<Renewed>(200),
        Route::new(
            Method::GET,
            "/v1/reviews/{review_id}/items",
            who,
            "A review's items, page by page.",
            common::items,
        )
        .gives_page::<ItemPart>(Cursor::Number),
        Route::new(
            Method::PUT,
            "/v1/reviews/{review_id}/items/{index}",
            who,
            "A verdict on one item.",
            reviews::verdict,
        )
        .takes::<VerdictRequest>(json!({"verdict": "reject", "reason": "loose", "figures": [0]}))
        .gives::<VerdictAnswer>(200),
        Route::new(
            Method::GET,
            "/v1/reviews/{review_id}/items/{index}/opinions",
            who,
            "What others have said of an item, and what was said in former rounds, the newest round first.",
            reviews::opinions,
        )
        .gives_page::<Opinion>(Cursor::Number),
        Route::new(
            Method::PUT,
            "/v1/reviews/{review_id}/items/{index}/picture",
            who,
            "Reports how large a picture is, or that it could not be loaded.",
            common::picture,
        )
        .takes::<PictureReport>(json!({"width": 1920, "height": 1080}))
        .gives_nothing(204),
        Route::new(
            Method::GET,
            "/v1/reviews/{review_id}/items/{index}/media",
            who,
            "Loads an item.",
            common::media,
        )
        .gives_nothing(302),
        Route::new(
            Method::POST,
            "/v1/reviews/{review_id}/submit",
            who,
            "Decides the submission.",
            reviews::submit,
        )
        .takes::<DecideRequest>(json!({"decision_id": "5a1c", "rest": "accept"}))
        .gives::<DecideAnswer>(200),
    ]
}

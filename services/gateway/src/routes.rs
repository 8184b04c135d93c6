//! The gateway's table of routes.

mod events;
mod items;
mod leases;
mod media;

use axum::http::Method;
use serde_json::json;
use swath_api::leases::{
    ItemAnswer, ItemPart, ItemRequest, LeaseDocument, LeaseRequest, ReleaseRequest, Renewed, SubmitAnswer,
    SubmitRequest,
};
use swath_api::pictures::PictureReport;
use swath_leasing_http as common;
use swath_runtime::media_path::PictureKind;
use swath_runtime::{Access, Cursor, Route};

pub(crate) fn table() -> Vec<Route> {
    let who = Access::ANNOTATOR;
    let revision = || json!({"type": "string"});
    vec![
        Route::new(Method::POST, "/v1/leases", who, "Asks for work.", leases::create)
            .takes::<LeaseRequest>(json!({"job": "01890000-0000-7000-8000-000000000001"}))
            .optional_body()
            .gives::<LeaseDocument>(201)
            .gives::<LeaseDocument>(200)
            .idempotent(),
        Route::new(Method::GET, "/v1/leases", who, "One's current leases.", common::list)
            .gives_page::<LeaseDocument>(Cursor::Id),
        Route::new(Method::GET, "/v1/leases/{lease_id}", who, "A lease as it stands.", common::show)
            .gives::<LeaseDocument>(200),
        Route::new(Method::DELETE, "/v1/leases/{lease_id}", who, "Gives the work back.", common::release)
            .takes::<ReleaseRequest>(json!({"reason": "going home"}))
            .optional_body()
            .gives_nothing(204),
        Route::new(Method::POST, "/v1/leases/{lease_id}/renew", who, "Keeps a lease alive.", common::renew)
            .gives::<Renewed>(200),
        Route::new(Method::POST, "/v1/leases/{lease_id}/submit", who, "Hands the work in.", leases::submit)
            .takes::<SubmitRequest>(json!({"submission_id": "7d0b6f1e"}))
            .gives::<SubmitAnswer>(200),
        Route::new(
            Method::GET,
            "/v1/leases/{lease_id}/items",
            who,
            "A lease's items, page by page.",
            common::items,
        )
        .gives_page::<ItemPart>(Cursor::Number),
        Route::new(
            Method::PUT,
            "/v1/leases/{lease_id}/items/{index}",
            who,
            "Saves one item.",
            items::save,
        )
        .takes::<ItemRequest>(json!({"figures": [{"class": "car", "shape": "rectangle", "geometry": {"x": 10.5, "y": 20, "width": 40, "height": 30}}], "tags": [{"name": "light", "value": "night"}]}))
        .header(
            "If-Match",
            revision(),
            "Only if the saved revision is this one, 0 for none, or this very body has followed it already.",
        )
        .gives::<ItemAnswer>(200),
        Route::new(
            Method::PUT,
            "/v1/leases/{lease_id}/items/{index}/picture",
            who,
            "Reports how large a picture is, or that it could not be loaded.",
            common::picture,
        )
        .takes::<PictureReport>(json!({"width": 1920, "height": 1080}))
        .gives_nothing(204),
        Route::new(
            Method::GET,
            "/v1/leases/{lease_id}/items/{index}/media",
            who,
            "Loads an item.",
            common::media,
        )
        .gives_nothing(302),
        Route::new(
            Method::GET,
            "/v1/events",
            Access::MEMBER,
            "What happens in one's teams, as it happens.",
            events::stream,
        )
        .header(
            events::LAST_EVENT_ID,
            json!({"type": "string", "maxLength": 64}),
            "The `id` of the last message that was read: the stream goes on behind it, or begins with `reset`.",
        )
        .query("after", json!({"type": "string", "maxLength": 64}), "The same, for clients that cannot set the header.")
        .gives_stream(&["text/event-stream"])
        .refuses(429)
        .refuses(503),
        Route::new(
            Method::GET,
            "/v1/media/{signed}",
            Access::Open,
            "A picture, by a signed URL, for as long as its lease is current.",
            media::show,
        )
        .gives_nothing(302)
        .gives_nothing(304)
        .gives_stream(&PictureKind::MEDIA_TYPES)
        .gives_part(&PictureKind::MEDIA_TYPES),
    ]
}

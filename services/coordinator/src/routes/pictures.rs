//! The coordinator's routes of pictures: what is uploaded, and thumbnails.

use std::sync::Arc;

use axum::http::Method;
use serde_json::json;
use swath_api::files::{FilesView, UploadView};
use swath_runtime::{Access, Route};

use super::{files, thumbnails};
use crate::thumbnails::Thumbnails;

const PICTURES: &[(&str, &str)] = &[
    ("image/png", "the bytes of a PNG"),
    ("application/octet-stream", "the bytes of any picture that browsers show"),
];
/// The media types of the pictures that instructions show.
const SHOWN: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

pub(super) fn table() -> Vec<Route> {
    let known = || json!({"type": "string"});
    let file = "/v1/teams/{team_id}/files/{file_id}";
    vec![
        Route::new(
            Method::GET,
            "/v1/teams/{team_id}/files",
            Access::MANAGER,
            "How much room a team has for uploaded pictures.",
            files::usage,
        )
        .gives::<FilesView>(200),
        Route::new(
            Method::POST,
            "/v1/teams/{team_id}/files",
            Access::MANAGER,
            "Uploads a picture, which items of the team's datasets may name; the same content is kept once.",
            files::upload,
        )
        .needs_query(
            "name",
            json!({"type": "string", "minLength": 1, "maxLength": 1000}),
            "What it is called: a path without `.` and `..`, as in `streets/001.png`.",
        )
        .query(
            "purpose",
            json!({"type": "string", "enum": ["items", "guideline"], "default": "items"}),
            "`guideline`: instructions of jobs show it to everybody in the team.",
        )
        .takes_stream(PICTURES)
        .gives::<UploadView>(200)
        .gives::<UploadView>(201)
        .refuses(411)
        .streamed(),
        Route::new(Method::GET, file, Access::MEMBER, "A picture that instructions show.", files::show)
            .header("If-None-Match", known(), "Nothing where the `ETag` is one of these still.")
            .gives_stream(SHOWN)
            .gives_nothing(304),
        Route::new(
            Method::DELETE,
            file,
            Access::MANAGER,
            "Deletes a picture that no item names.",
            files::delete,
        )
        .gives_nothing(204)
        .refuses(409),
        Route::new(
            Method::GET,
            "/v1/datasets/{dataset_id}/items/{index}/thumbnail",
            Access::MANAGER,
            "An item's picture scaled to 256 pixels, unless it lies at an address from which browsers load it.",
            thumbnails::show,
        )
        .header("If-None-Match", known(), "Nothing where the `ETag` is one of these still.")
        .gives_stream(&["image/jpeg"])
        .gives_nothing(304)
        .sharing(Arc::new(Thumbnails::default())),
    ]
}

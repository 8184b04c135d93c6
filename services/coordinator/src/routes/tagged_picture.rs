//! The answer with a picture whose content never changes.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use swath_runtime::{Problem, Result};

/// Bytes of the digest that make the tag.
const TAG_BYTES: usize = 16;

/// The tag of a picture's content, and whether the browser has that picture already.
pub(super) struct TaggedPicture {
    tag: String,
    is_known: bool,
}

impl TaggedPicture {
    /// The picture with this digest, asked for with these headers.
    pub(super) fn of(digest: &[u8], headers: &HeaderMap) -> Self {
        let mut tag = String::from("\"");
        for byte in digest.iter().take(TAG_BYTES) {
            // Writing into a string cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        let lines = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|line| line.to_str().ok());
        let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
        let is_known = tags.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag);
        Self { tag, is_known }
    }

    /// Whether the browser has it already.
    pub(super) fn is_known(&self) -> bool {
        self.is_known
    }

    /// The answer: the picture of this type, or nothing where the browser has it.
    pub(super) fn answer(&self, picture: Option<(&str, Body)>) -> Result<Response> {
        let common = [
            (header::ETAG, HeaderValue::from_str(&self.tag).map_err(|_| Problem::internal())?),
            (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        ];
        let Some((media_type, body)) = picture else {
            return Ok((StatusCode::NOT_MODIFIED, common).into_response());
        };
        let kind = HeaderValue::from_str(media_type).map_err(|_| Problem::internal())?;
        Ok((common, [(header::CONTENT_TYPE, kind)], body).into_response())
    }
}

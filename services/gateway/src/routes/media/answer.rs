//! The answer with a picture: its headers, and its bytes as far as they were asked for.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use swath_formats::file_uri::encode;
use swath_runtime::{Problem, Result};

use super::range::Plan;

/// What the headers of an answer say of a picture.
pub(super) struct PictureHead<'a> {
    pub(super) tag: &'a str,
    pub(super) media_type: &'a str,
    pub(super) name: &'a str,
    /// The length of the whole picture, in bytes.
    pub(super) length: u64,
    pub(super) plan: &'a Plan,
}

impl PictureHead<'_> {
    /// The answer, with this body if it has one.
    pub(super) fn answer(&self, body: impl FnOnce() -> Body) -> Result<Response> {
        let common = [
            (header::ETAG, HeaderValue::from_str(self.tag).map_err(|_| Problem::internal())?),
            (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
            (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        ];
        let (status, range) = match self.plan {
            Plan::NotModified => return Ok((StatusCode::NOT_MODIFIED, common).into_response()),
            Plan::Unsatisfiable => return unsatisfiable(self.length),
            Plan::Whole => (StatusCode::OK, None),
            Plan::Part(part) => {
                let text = format!("bytes {}-{}/{}", part.start(), part.end(), self.length);
                let range = HeaderValue::from_str(&text).map_err(|_| Problem::internal())?;
                (StatusCode::PARTIAL_CONTENT, Some((header::CONTENT_RANGE, range)))
            }
        };
        let (start, end) = self.plan.bytes(self.length);
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_str(self.media_type).map_err(|_| Problem::internal())?),
            (header::CONTENT_LENGTH, HeaderValue::from(end - start)),
            (header::CONTENT_DISPOSITION, disposition(self.name)?),
        ];
        let mut answer = (status, common, headers, body()).into_response();
        answer.headers_mut().extend(range);
        Ok(answer)
    }
}

/// The answer if the picture ends before the bytes that were asked for.
fn unsatisfiable(length: u64) -> Result<Response> {
    let range = HeaderValue::from_str(&format!("bytes */{length}")).map_err(|_| Problem::internal())?;
    let detail = format!("the picture has {length} bytes");
    let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "invalid", detail);
    let mut answer = problem.into_response();
    answer.headers_mut().insert(header::CONTENT_RANGE, range);
    Ok(answer)
}

/// The name under which browsers save the picture.
fn disposition(name: &str) -> Result<HeaderValue> {
    let plain: String =
        name.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '_' }).collect();
    let plain = plain.replace('\\', "\\\\").replace('"', "\\\"");
    let text = format!("inline; filename=\"{plain}\"; filename*=UTF-8''{}", encode(name.as_bytes()));
    HeaderValue::from_str(&text).map_err(|_| Problem::internal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        for (name, expected) in [
            ("a b.png", r#"inline; filename="a b.png"; filename*=UTF-8''a%20b.png"#),
            (
                "q\"; x=\"\\.png",
                r#"inline; filename="q\"; x=\"\\.png"; filename*=UTF-8''q%22%3B%20x%3D%22%5C.png"#,
            ),
            ("ä\r\nX: y", r#"inline; filename="___X: y"; filename*=UTF-8''%C3%A4%0D%0AX%3A%20y"#),
        ] {
            assert_eq!(disposition(name).unwrap().to_str().unwrap(), expected);
        }
    }
}

//! The embedded files, each uncompressed and compressed.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/files"]
struct Files;

/// Encodings and the extensions of their files, the best first.
const ENCODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];
/// Characters of the hash that esbuild puts into a name.
const HASH_CHARS: usize = 8;

/// A file in an encoding that the client accepts.
pub(crate) struct File {
    embedded: EmbeddedFile,
    media_type: &'static str,
    encoding: Option<&'static str>,
}

impl File {
    /// Finds a file by its name. Its compressed copies cannot be named.
    pub(crate) fn find(name: &str, request: &HeaderMap) -> Option<Self> {
        let media_type = media_type(name)?;
        let compressed = ENCODINGS.iter().filter(|(encoding, _)| accepts(request, encoding)).find_map(
            |(encoding, ending)| Files::get(&format!("{name}.{ending}")).map(|file| (file, Some(*encoding))),
        );
        let (embedded, encoding) = match compressed {
            Some(found) => found,
            None => (Files::get(name)?, None),
        };
        Some(Self { embedded, media_type, encoding })
    }

    /// The answer with the file, or 304 if the client has this version.
    pub(crate) fn answer(self, request: &HeaderMap, cache: &'static str) -> Response {
        let etag = self.etag();
        let known =
            request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let bytes = match self.embedded.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            ([(header::CONTENT_TYPE, self.media_type)], bytes).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.extend(HeaderValue::from_str(&etag).ok().map(|etag| (header::ETAG, etag)));
        if let Some(encoding) = self.encoding.filter(|_| !is_known) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    fn etag(&self) -> String {
        let mut etag = String::from("\"");
        for byte in self.embedded.metadata.sha256_hash().iter().take(12) {
            let _ = write!(etag, "{byte:02x}");
        }
        etag.push('"');
        etag
    }
}

/// Whether the name contains a hash of the content, so that the file of this name never changes.
pub(crate) fn is_hashed(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    hash.len() == HASH_CHARS && hash.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn media_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "json" => Some("application/json"),
        "svg" => Some("image/svg+xml"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

/// Whether the client accepts this encoding: it is named, and not with the weight 0.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let accepted = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let is_refused = |part: &str| part.strip_prefix("q=").and_then(|q| q.parse().ok()) == Some(0.0);
        is_named && !parts.any(is_refused)
    })
}

#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = Cow<'static, str>> {
    Files::iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_distinguished_from_a_word() {
        assert!(is_hashed("main-7DSKWR6B.js") && is_hashed("icon-5B900157.svg"));
        assert!(!is_hashed("index.html") && !is_hashed("notices.txt") && !is_hashed("main-abcdefgh.js"));
    }

    #[test]
    fn an_encoding_is_used_only_if_it_is_accepted() {
        let request = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))])
        };
        assert!(accepts(&request("gzip, deflate, br"), "br") && accepts(&request("BR;q=0.5"), "br"));
        assert!(!accepts(&request("gzip"), "br") && !accepts(&request("br;q=0, gzip"), "br"));
    }
}

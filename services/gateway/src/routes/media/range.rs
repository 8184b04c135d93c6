//! Range and conditional requests for pictures (RFC 9110, sections 13 and 14).

use std::fs::Metadata;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_range_header::parse_range_header;
use sha2::{Digest, Sha256};

/// Bytes of the digest that make the tag.
const TAG_BYTES: usize = 16;

/// The headers of a request that say which part is wanted, and which version the browser has.
#[derive(Debug, Clone, Default)]
pub(super) struct RangeRequest {
    range: Option<String>,
    if_range: Option<HeaderValue>,
    /// The lines of the header, of which a browser may send several.
    if_none_match: Vec<String>,
}

/// What the answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plan {
    /// The whole picture.
    Whole,
    /// These bytes.
    Part(RangeInclusive<u64>),
    /// Nothing, because the browser has this version.
    NotModified,
    /// Nothing, because the picture ends before these bytes.
    Unsatisfiable,
}

impl Plan {
    /// The bytes to send of a picture of this length: from the first number on, up to the second.
    pub(super) fn bytes(&self, length: u64) -> (u64, u64) {
        match self {
            Self::Whole => (0, length),
            Self::Part(part) => (*part.start(), part.end() + 1),
            Self::NotModified | Self::Unsatisfiable => (0, 0),
        }
    }
}

impl RangeRequest {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let texts = |name: HeaderName| {
            let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
            lines.map(str::to_owned)
        };
        Self {
            // Ranges apply to GET only. HEAD describes the whole picture.
            range: texts(header::RANGE).next().filter(|_| *method == Method::GET),
            if_range: headers.get(header::IF_RANGE).cloned(),
            if_none_match: texts(header::IF_NONE_MATCH).collect(),
        }
    }

    /// The plan for a file with this tag and length. Several ranges, and unknown units, get the whole file.
    pub(super) fn plan(&self, tag: &str, length: u64) -> Plan {
        let is_known = |known: &String| known.trim() == "*" || lists(known, tag);
        if self.if_none_match.iter().any(is_known) {
            return Plan::NotModified;
        }
        let is_same = self.if_range.as_ref().is_none_or(|one| one.as_bytes() == tag.as_bytes());
        let range = self.range.as_ref().filter(|_| is_same);
        let parsed = range.and_then(|range| parse_range_header(range).ok());
        // Counted before they are compared with the length, because the library refuses ranges that overlap.
        let Some(one) = parsed.filter(|parsed| parsed.len() == 1) else { return Plan::Whole };
        match one.validate(length).as_deref() {
            Ok([part]) => Plan::Part(part.clone()),
            Ok(_) => Plan::Whole,
            Err(_) => Plan::Unsatisfiable,
        }
    }
}

/// Whether a list of tags holds this one. A weak tag of the same text counts too.
fn lists(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The tag of content that never changes, made of its digest.
pub(super) fn tag_of(digest: &[u8]) -> String {
    let hex: String = digest.iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

/// The tag of a file. It changes as soon as the file is written or replaced.
pub(super) fn tag(metadata: &Metadata) -> String {
    let mut digest = Sha256::new();
    for number in [metadata.dev(), metadata.ino(), metadata.len()] {
        digest.update(number.to_le_bytes());
    }
    for moment in [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()] {
        digest.update(moment.to_le_bytes());
    }
    tag_of(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"aa\"";

    fn plan(fields: &[(HeaderName, &str)]) -> Plan {
        plan_of(&Method::GET, fields)
    }

    fn plan_of(method: &Method, fields: &[(HeaderName, &str)]) -> Plan {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        RangeRequest::of(method, &headers).plan(TAG, 1_000)
    }

    #[test]
    fn one_range_is_a_part_and_all_else_is_the_whole() {
        let range = |text| plan(&[(header::RANGE, text)]);
        assert_eq!(range("bytes=0-99"), Plan::Part(0..=99));
        assert_eq!(range("bytes=900-"), Plan::Part(900..=999));
        assert_eq!(range("bytes=-10"), Plan::Part(990..=999));
        assert_eq!(range("bytes=990-5000"), Plan::Part(990..=999));
        for several in ["bytes=0-1,5-6", "bytes=0-1,5000-", "bytes=0-9,5-20,8-30,9-40"] {
            assert_eq!(range(several), Plan::Whole, "{several}");
        }
        for unknown in ["pixels=0-9", "bytes=x", "bytes=9-1", "bytes", ""] {
            assert_eq!(range(unknown), Plan::Whole, "{unknown}");
        }
        for beyond in ["bytes=1000-", "bytes=1000-1001", "bytes=-0"] {
            assert_eq!(range(beyond), Plan::Unsatisfiable, "{beyond}");
        }
        assert_eq!(range("bytes=-5000"), Plan::Part(0..=999));
        assert_eq!(plan(&[]), Plan::Whole);
        assert_eq!(plan_of(&Method::HEAD, &[(header::RANGE, "bytes=0-99")]), Plan::Whole);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        for known in ["\"aa\"", "W/\"aa\"", "\"bb\", \"aa\"", "*"] {
            assert_eq!(plan(&[(header::IF_NONE_MATCH, known)]), Plan::NotModified, "{known}");
        }
        assert_eq!(plan(&[(header::IF_NONE_MATCH, "\"bb\"")]), Plan::Whole);
        let lines = [(header::IF_NONE_MATCH, "\"bb\""), (header::IF_NONE_MATCH, "\"aa\"")];
        assert_eq!(plan(&lines), Plan::NotModified);
        assert_eq!(plan_of(&Method::HEAD, &lines), Plan::NotModified);
    }

    #[test]
    fn a_part_is_of_the_version_that_the_browser_has_or_it_is_the_whole() {
        let with_range = |if_range| plan(&[(header::RANGE, "bytes=0-0"), (header::IF_RANGE, if_range)]);
        assert_eq!(with_range("\"aa\""), Plan::Part(0..=0));
        for other in ["\"bb\"", "W/\"aa\"", "Fri, 27 Nov 2026 14:00:00 GMT", "ä", ""] {
            assert_eq!(with_range(other), Plan::Whole, "{other}");
        }
    }

    #[test]
    fn a_file_that_is_written_gets_another_tag() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let before = tag(&file.as_file().metadata().unwrap());
        assert_eq!(before, tag(&file.as_file().metadata().unwrap()));
        std::fs::write(file.path(), b"more").unwrap();
        assert_ne!(before, tag(&file.as_file().metadata().unwrap()));
    }
}

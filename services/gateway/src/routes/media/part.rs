//! Which part of a picture is asked for, and whether the browser has it already (RFC 9110, sections 13 and 14).

use std::fs::Metadata;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;

use axum::http::{HeaderMap, HeaderName, Method, header};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};
use sha2::{Digest, Sha256};

/// Bytes of the digest that tells versions of a file apart.
const TAG_BYTES: usize = 16;

/// What a request says of the part that it wants.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    range: Option<String>,
    if_range: Option<String>,
    if_none_match: Option<String>,
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// All of it.
    Whole,
    /// These bytes.
    Part(RangeInclusive<u64>),
    /// The browser has it.
    NotModified,
    /// There are no such bytes.
    Unsatisfiable,
}

impl Asked {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let lines = |name: HeaderName| {
            let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
            lines.collect::<Vec<_>>()
        };
        // A list may be spread over several lines; a range may not. A part is defined for GET alone.
        let single = |name: HeaderName| match lines(name).as_slice() {
            [one] => Some((*one).to_owned()),
            _ => None,
        };
        let known = lines(header::IF_NONE_MATCH);
        Self {
            range: single(header::RANGE).filter(|_| method == Method::GET),
            if_range: headers
                .contains_key(header::IF_RANGE)
                .then(|| single(header::IF_RANGE).unwrap_or_default()),
            if_none_match: (!known.is_empty()).then(|| known.join(",")),
        }
    }

    /// The answer for a file of this tag and so many bytes. Several ranges, and what is no range, get all of it.
    pub(super) fn plan(&self, tag: &str, length: u64) -> Plan {
        let is_known = |known: &String| known.trim() == "*" || lists(known, tag);
        if self.if_none_match.as_ref().is_some_and(is_known) {
            return Plan::NotModified;
        }
        let Some(range) = self.range.as_ref().filter(|_| self.if_range.as_ref().is_none_or(|one| one == tag))
        else {
            return Plan::Whole;
        };
        if range.contains(',') {
            return Plan::Whole;
        }
        match parse_range_header(range).and_then(|parsed| parsed.validate(length)) {
            Ok(parts) => parts.into_iter().next().map_or(Plan::Whole, Plan::Part),
            Err(RangeUnsatisfiableError::Unsatisfiable) => Plan::Unsatisfiable,
            Err(_) => Plan::Whole,
        }
    }
}

/// Whether a list of tags holds this one; a weak one of the same text does as well.
fn lists(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The tag of a file as it is: another one as soon as it is written or replaced.
pub(super) fn tag(metadata: &Metadata) -> String {
    let mut digest = Sha256::new();
    for number in [metadata.dev(), metadata.ino(), metadata.len()] {
        digest.update(number.to_le_bytes());
    }
    for moment in [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()] {
        digest.update(moment.to_le_bytes());
    }
    let hex: String = digest.finalize()[..TAG_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"aa\"";

    fn plan(fields: &[(HeaderName, &str)]) -> Plan {
        let fields = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        let headers = fields.fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(name, value);
            headers
        });
        Asked::of(&Method::GET, &headers).plan(TAG, 1_000)
    }

    #[test]
    fn one_range_is_a_part_and_all_else_is_the_whole() {
        let range = |text| plan(&[(header::RANGE, text)]);
        assert_eq!(range("bytes=0-99"), Plan::Part(0..=99));
        assert_eq!(range("bytes=900-"), Plan::Part(900..=999));
        assert_eq!(range("bytes=-10"), Plan::Part(990..=999));
        assert_eq!(range("bytes=990-5000"), Plan::Part(990..=999));
        for whole in
            ["bytes=0-1,5-6", "bytes=0-9,5-8,6-7", "bytes=1000-,2000-", "pixels=0-9", "bytes=x", "bytes=9-1"]
        {
            assert_eq!(range(whole), Plan::Whole, "{whole}");
        }
        for nowhere in ["bytes=1000-", "bytes=1000-1001", "bytes=-0"] {
            assert_eq!(range(nowhere), Plan::Unsatisfiable, "{nowhere}");
        }
        let twice = [(header::RANGE, "bytes=0-1"), (header::RANGE, "bytes=5-6")];
        assert_eq!(plan(&twice), Plan::Whole);
        assert_eq!(plan(&[]), Plan::Whole);
    }

    #[test]
    fn a_question_about_the_whole_names_no_part() {
        let headers = HeaderMap::from_iter([(header::RANGE, "bytes=0-99".parse().unwrap())]);
        assert_eq!(Asked::of(&Method::HEAD, &headers).plan(TAG, 1_000), Plan::Whole);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        for known in ["\"aa\"", "W/\"aa\"", "\"bb\", \"aa\"", "*"] {
            assert_eq!(plan(&[(header::IF_NONE_MATCH, known)]), Plan::NotModified, "{known}");
        }
        assert_eq!(plan(&[(header::IF_NONE_MATCH, "\"bb\"")]), Plan::Whole);
        let lines = [(header::IF_NONE_MATCH, "\"bb\""), (header::IF_NONE_MATCH, TAG)];
        assert_eq!(plan(&lines), Plan::NotModified);
        let asked = |if_range| plan(&[(header::RANGE, "bytes=0-0"), (header::IF_RANGE, if_range)]);
        assert_eq!(asked(TAG), Plan::Part(0..=0));
        for other in ["\"bb\"", "W/\"aa\"", "Fri, 27 Nov 2026 12:00:00 GMT", ""] {
            assert_eq!(asked(other), Plan::Whole, "{other}");
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

//! Which part of a picture is asked for, and whether the browser has it already (RFC 9110, sections 13 and 14).

use std::fs::Metadata;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;

use axum::http::{HeaderMap, HeaderName, header};
use http_range_header::parse_range_header;
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
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text =
            |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            range: text(header::RANGE),
            if_range: text(header::IF_RANGE),
            if_none_match: text(header::IF_NONE_MATCH),
        }
    }

    /// The answer for a file of this tag and so many bytes. Several ranges, and units that nobody knows, get all of it.
    pub(super) fn plan(&self, tag: &str, length: u64) -> Plan {
        let is_known = |known: &String| known.trim() == "*" || lists(known, tag);
        if self.if_none_match.as_ref().is_some_and(is_known) {
            return Plan::NotModified;
        }
        let Some(range) = self.range.as_ref().filter(|_| self.if_range.as_ref().is_none_or(|one| one == tag))
        else {
            return Plan::Whole;
        };
        let Ok(parsed) = parse_range_header(range) else { return Plan::Whole };
        match parsed.validate(length).as_deref() {
            Ok([one]) => Plan::Part(one.clone()),
            Ok(_) => Plan::Whole,
            Err(_) => Plan::Unsatisfiable,
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
        let headers = fields.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Asked::of(&headers).plan(TAG, 1_000)
    }

    #[test]
    fn one_range_is_a_part_and_all_else_is_the_whole() {
        let range = |text| plan(&[(header::RANGE, text)]);
        assert_eq!(range("bytes=0-99"), Plan::Part(0..=99));
        assert_eq!(range("bytes=900-"), Plan::Part(900..=999));
        assert_eq!(range("bytes=-10"), Plan::Part(990..=999));
        assert_eq!(range("bytes=990-5000"), Plan::Part(990..=999));
        for whole in ["bytes=0-1,5-6", "pixels=0-9", "bytes=x", "bytes=9-1"] {
            assert!(matches!(range(whole), Plan::Whole | Plan::Unsatisfiable), "{whole}");
        }
        assert_eq!(range("bytes=0-1,5-6"), Plan::Whole);
        assert_eq!(range("bytes=1000-"), Plan::Unsatisfiable);
        assert_eq!(plan(&[]), Plan::Whole);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        for known in ["\"aa\"", "W/\"aa\"", "\"bb\", \"aa\"", "*"] {
            assert_eq!(plan(&[(header::IF_NONE_MATCH, known)]), Plan::NotModified, "{known}");
        }
        assert_eq!(plan(&[(header::IF_NONE_MATCH, "\"bb\"")]), Plan::Whole);
        let asked = |if_range| plan(&[(header::RANGE, "bytes=0-0"), (header::IF_RANGE, if_range)]);
        assert_eq!((asked("\"aa\""), asked("\"bb\"")), (Plan::Part(0..=0), Plan::Whole));
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

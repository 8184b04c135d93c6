//! File names of items. A name depends only on the item's URI and the dataset's base, not on the item's number or on
//! other items. So it stays the same when the dataset grows.
//!
//! A name is the path after the base. Characters that are not allowed are escaped, and a name that is too long is
//! cut and gets a digest; both count as changes. `docs/exports.md` lists the characters.

mod escape;
mod layout;

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use swath_domain::uploads;

use self::escape::escape;
pub(super) use self::layout::Layout;
use crate::file_uri::{decode, encode};

/// The longest file or folder name in a tree, which is the limit of file systems.
const SEGMENT_BYTES_MAX: usize = 255;
/// The longest relative path in a tree.
const PATH_BYTES_MAX: usize = 4_000;
/// The longest flat name. With an extension added by Swath it stays below 255, the limit of file systems.
const FLAT_BYTES_MAX: usize = 200;
/// The longest name of a dataset's folder.
const FOLDER_BYTES_MAX: usize = 120;
/// The text before a digest, which no other name contains.
const DIGEST_MARK: &str = "%~";
/// How much of the digest is in a name.
const DIGEST_BYTES: usize = 16;

/// The longest common prefix of `base` and `uri` that ends with a slash. Fold it over the URIs of a dataset, in any
/// order.
pub fn shared_base(base: Option<&str>, uri: &str) -> String {
    let uri = &*named(uri);
    let shared = match base {
        None => uri.len(),
        Some(base) => base.bytes().zip(uri.bytes()).take_while(|(a, b)| a == b).count(),
    };
    let end = uri.bytes().take(shared).rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    uri[..end].to_owned()
}

/// The URI from which an item's name is made. For an upload it contains the file's name instead of its id, which
/// means nothing to users.
fn named(uri: &str) -> Cow<'_, str> {
    match uploads::distinct(uri) {
        (uploads::SCHEME, name) => format!("{}/{name}", uploads::SCHEME).into(),
        (_, uri) => uri.into(),
    }
}

/// The name of an item's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    /// The kind of change, if the name differs from the item's path.
    pub(super) change: Option<&'static str>,
}

/// Names the items of one dataset.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) base: String,
    pub(super) layout: Layout,
}

/// The part of a URI from which an item's name is made.
struct Path<'a> {
    bytes: Cow<'a, [u8]>,
    is_file: bool,
    /// Whether no other URI leads to the same path.
    is_unique: bool,
}

impl Names {
    /// The name of an item's picture.
    pub(super) fn of(&self, uri: &str) -> Name {
        let path = self.path(uri);
        let text = escape(&path.bytes, self.layout);
        if !path.is_unique || !self.is_short(&text) {
            return Name { text: self.digested(uri, &path), change: Some("name_with_digest") };
        }
        let change = match self.layout {
            _ if text.as_bytes() == &*path.bytes => None,
            Layout::Flat if text.replace("%2F", "/").as_bytes() == &*path.bytes => Some("name_with_folders"),
            _ => Some("name_escaped"),
        };
        Name { text, change }
    }

    /// The part after the base: the decoded path of a file, or the unchanged text of any other URI.
    fn path<'a>(&self, uri: &'a str) -> Path<'a> {
        if let (uploads::SCHEME, name) = uploads::distinct(uri) {
            let named = named(uri);
            let rest = named.strip_prefix(&self.base).unwrap_or(name);
            let bytes = decode(rest).unwrap_or_else(|| rest.as_bytes().to_vec());
            // An upload's name is unique in its dataset and has one encoding.
            return Path { bytes: bytes.into(), is_file: true, is_unique: true };
        }
        let rest = uri.strip_prefix(&self.base).unwrap_or(uri);
        if uri.starts_with("data:") {
            // A data URI is the picture itself, so its text cannot be a name.
            return Path { bytes: b"".into(), is_file: false, is_unique: false };
        }
        let plain = |is_file| Path { bytes: rest.as_bytes().into(), is_file, is_unique: !is_file };
        if !self.base.starts_with("file:///") {
            return plain(false);
        }
        let Some(bytes) = decode(rest) else { return plain(true) };
        // A path may be encoded in several ways. In a tree that does not matter, because the name is the decoded path.
        let is_unique = self.layout == Layout::Tree || encode(&bytes) == rest;
        Path { bytes: bytes.into(), is_file: true, is_unique }
    }

    fn is_short(&self, name: &str) -> bool {
        !name.is_empty()
            && match self.layout {
                Layout::Tree => {
                    name.len() <= PATH_BYTES_MAX
                        && name.split('/').all(|part| part.len() <= SEGMENT_BYTES_MAX)
                }
                Layout::Flat => name.len() <= FLAT_BYTES_MAX,
            }
    }

    /// A name made unique by a digest of the URI.
    fn digested(&self, uri: &str, path: &Path<'_>) -> String {
        // A query is long and means nothing to users. The digest includes it.
        let ends = |byte: &u8| !path.is_file && matches!(byte, b'?' | b'#');
        let shown = path.bytes.split(ends).next().unwrap_or_default();
        let escaped = escape(shown, self.layout);
        let Layout::Tree = self.layout else { return with_digest(&escaped, uri, FLAT_BYTES_MAX) };
        let (folders, last) = escaped.rsplit_once('/').unwrap_or(("", &escaped));
        let last = with_digest(last, uri, SEGMENT_BYTES_MAX);
        let name = if folders.is_empty() { last.clone() } else { format!("{folders}/{last}") };
        if self.is_short(&name) { name } else { last }
    }
}

/// A name cut to at most `max` bytes, with a digest before its extension.
fn with_digest(name: &str, uri: &str, max: usize) -> String {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) => (stem, &name[stem.len()..]),
        _ => (name, ""),
    };
    let room = max - DIGEST_MARK.len() - 2 * DIGEST_BYTES - extension.len();
    let stem = &stem[..stem.floor_char_boundary(room)];
    let mut text = format!("{stem}{DIGEST_MARK}");
    for byte in &Sha256::digest(uri.as_bytes())[..DIGEST_BYTES] {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text + extension
}

fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Makes a folder name of any text. The name is safe and neither empty nor hidden, but not unique.
pub(super) fn folder_name(text: &str) -> String {
    let safe = |character: char| if is_plain(character) { character } else { '_' };
    let mut name: String = text.trim().chars().map(safe).collect();
    name.truncate(name.floor_char_boundary(FOLDER_BYTES_MAX));
    if name.is_empty() || name.starts_with(['.', ' ']) || escape::is_device(name.as_bytes()) {
        name.insert(0, '_');
    }
    name.trim_end_matches(['.', ' ']).to_owned()
}

/// Whether a character is neither invisible, nor special in paths or on Windows, nor part of a digest's mark.
fn is_plain(character: char) -> bool {
    !escape::is_hidden(character) && !r#"/\:*?"<>|#~"#.contains(character)
}

#[cfg(test)]
mod tests;

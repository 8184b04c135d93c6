//! File names for items, each a function of the item's URI and the dataset's base alone: neither the item's number nor
//! any other item has a part in it, so a name stays when the dataset grows.
//!
//! A name is the path that follows the base. What may not stand in it is escaped, and what is too long is cut and gets a
//! digest; both are told as changes. `docs/exports.md` says which characters those are.

mod escape;

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use swath_domain::uploads;
use swath_runtime::media_path;

use self::escape::escape;

/// The longest file or folder name in a tree, in bytes: what file systems take.
const SEGMENT_MAX: usize = 255;
/// The longest relative path in a tree, in bytes.
const PATH_MAX: usize = 4_000;
/// The longest flat name, in bytes; with an ending of Swath's own it fits every file system's 255.
const FLAT_MAX: usize = 200;
/// The longest name of a dataset's folder, in bytes.
const FOLDER_MAX: usize = 120;
/// What stands before a digest, and never in another name.
const MARK: &str = "%~";
const DIGEST_BYTES: usize = 16;

/// What all URIs seen so far begin with, up to a slash; to be folded over a dataset's URIs in any order.
pub fn shared_base(base: Option<&str>, uri: &str) -> String {
    let uri = &*named(uri);
    let shared = match base {
        None => uri.len(),
        Some(base) => base.bytes().zip(uri.bytes()).take_while(|(a, b)| a == b).count(),
    };
    let end = uri.bytes().take(shared).rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    uri[..end].to_owned()
}

/// What an item is named by: of an uploaded picture its own name, for its id says nothing to people.
fn named(uri: &str) -> Cow<'_, str> {
    match uploads::distinct(uri) {
        (uploads::SCHEME, name) => format!("{}/{name}", uploads::SCHEME).into(),
        (_, uri) => uri.into(),
    }
}

/// Whether names keep their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Relative paths with slashes, of files that are there already.
    Tree,
    /// Plain names, safe for files that are made anew on any system.
    Flat,
}

/// The name of an item's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    /// The kind of its change, where it is not the item's own path.
    pub(super) change: Option<&'static str>,
}

/// Names the items of one dataset.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) base: String,
    pub(super) layout: Layout,
}

/// What an item's name is made of.
struct Path<'a> {
    bytes: Cow<'a, [u8]>,
    is_file: bool,
    /// Whether no other URI has this path.
    is_own: bool,
}

impl Names {
    /// The name of an item's picture.
    pub(super) fn of(&self, uri: &str) -> Name {
        let path = self.path(uri);
        let text = escape(&path.bytes, self.layout);
        if !path.is_own || !self.is_short(&text) {
            return Name { text: self.digested(uri, &path), change: Some("name_with_digest") };
        }
        let change = match self.layout {
            _ if text.as_bytes() == &*path.bytes => None,
            Layout::Flat if text.replace("%2F", "/").as_bytes() == &*path.bytes => Some("name_with_folders"),
            _ => Some("name_escaped"),
        };
        Name { text, change }
    }

    /// What follows the base: of a file its path, of anything else the text as it stands.
    fn path<'a>(&self, uri: &'a str) -> Path<'a> {
        if let (uploads::SCHEME, name) = uploads::distinct(uri) {
            let named = named(uri);
            let rest = named.strip_prefix(&self.base).unwrap_or(name);
            let bytes = media_path::decode(rest).unwrap_or_else(|| rest.as_bytes().to_vec());
            // An upload's name stands in its dataset once, and is encoded in one way.
            return Path { bytes: bytes.into(), is_file: true, is_own: true };
        }
        let rest = uri.strip_prefix(&self.base).unwrap_or(uri);
        if uri.starts_with("data:") {
            // Such a URI is the picture itself; its text would be no name.
            return Path { bytes: b"".into(), is_file: false, is_own: false };
        }
        let plain = |is_file| Path { bytes: rest.as_bytes().into(), is_file, is_own: !is_file };
        if !self.base.starts_with("file:///") {
            return plain(false);
        }
        let Some(bytes) = media_path::decode(rest) else { return plain(true) };
        // A file may be written in several ways. In a tree its name is its path all the same.
        let is_own = self.layout == Layout::Tree || media_path::encode(&bytes) == rest;
        Path { bytes: bytes.into(), is_file: true, is_own }
    }

    fn is_short(&self, name: &str) -> bool {
        !name.is_empty()
            && match self.layout {
                Layout::Tree => {
                    name.len() <= PATH_MAX && name.split('/').all(|part| part.len() <= SEGMENT_MAX)
                }
                Layout::Flat => name.len() <= FLAT_MAX,
            }
    }

    /// A name that a digest of the URI tells from all others.
    fn digested(&self, uri: &str, path: &Path<'_>) -> String {
        // A query is long and says nothing to people; the digest stands for it too.
        let ends = |byte: &u8| !path.is_file && matches!(byte, b'?' | b'#');
        let shown = path.bytes.split(ends).next().unwrap_or_default();
        let escaped = escape(shown, self.layout);
        let Layout::Tree = self.layout else { return with_digest(&escaped, uri, FLAT_MAX) };
        let (folders, last) = escaped.rsplit_once('/').unwrap_or(("", &escaped));
        let last = with_digest(last, uri, SEGMENT_MAX);
        let name = if folders.is_empty() { last.clone() } else { format!("{folders}/{last}") };
        if self.is_short(&name) { name } else { last }
    }
}

/// A name that is cut where it must be, with a digest before its ending.
fn with_digest(name: &str, uri: &str, most: usize) -> String {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if is_ending(ending) => (stem, &name[stem.len()..]),
        _ => (name, ""),
    };
    let room = most - MARK.len() - 2 * DIGEST_BYTES - ending.len();
    let stem = &stem[..stem.floor_char_boundary(room)];
    let mut text = format!("{stem}{MARK}");
    for byte in &Sha256::digest(uri.as_bytes())[..DIGEST_BYTES] {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text + ending
}

fn is_ending(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A folder's name made of any text, safe but not unique. Never empty, never hidden.
pub(super) fn folder_name(text: &str) -> String {
    let safe = |character: char| if is_plain(character) { character } else { '_' };
    let mut name: String = text.trim().chars().map(safe).collect();
    name.truncate(name.floor_char_boundary(FOLDER_MAX));
    if name.is_empty() || name.starts_with(['.', ' ']) || escape::is_device(name.as_bytes()) {
        name.insert(0, '_');
    }
    name.trim_end_matches(['.', ' ']).to_owned()
}

/// Neither a control character, nor special to a shell's path or to Windows, nor Swath's own mark.
fn is_plain(character: char) -> bool {
    !escape::is_hidden(character) && !r#"/\:*?"<>|#~"#.contains(character)
}

#[cfg(test)]
mod tests;

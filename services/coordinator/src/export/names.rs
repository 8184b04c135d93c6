//! File names for items: safe in any archive, different for different items, and a function of number and URI alone.
//!
//! A name is what follows the dataset's common base, so that it is the relative path a person knows. Where that would
//! not be safe, or could not be told from another URI's name, the name is cleaned and gets the item's number behind
//! `~~`. Ordinary names hold no `~`, so the two kinds never meet. No name has to be remembered for this.

use swath_runtime::media_path;

/// The longest file or folder name, in bytes; with an ending of Swath's own it fits every file system's 255.
const SEGMENT_MAX: usize = 200;
/// The longest relative path, in bytes.
const PATH_MAX: usize = 1_000;
/// The longest stem of a cleaned name, in bytes.
const STEM_MAX: usize = 120;

/// What all URIs seen so far begin with, up to a slash; to be folded over a dataset's URIs in any order.
pub fn shared_base(base: Option<&str>, uri: &str) -> String {
    let shared = match base {
        None => uri.len(),
        Some(base) => base.bytes().zip(uri.bytes()).take_while(|(a, b)| a == b).count(),
    };
    let end = uri.bytes().take(shared).rposition(|byte| byte == b'/').map_or(0, |slash| slash + 1);
    uri[..end].to_owned()
}

/// Whether names keep their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Relative paths with slashes.
    Tree,
    /// Plain names; a folder's slash becomes `~`.
    Flat,
}

/// Names the items of one dataset.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) base: String,
    pub(super) layout: Layout,
}

impl Names {
    /// The name of an item's picture.
    pub(super) fn of(&self, index: i64, uri: &str) -> String {
        self.plain(uri).unwrap_or_else(|| numbered(index, uri))
    }

    /// The relative path, if the URI can be told from it.
    fn plain(&self, uri: &str) -> Option<String> {
        if self.base.is_empty() {
            return None;
        }
        let rest = uri.strip_prefix(&self.base)?;
        let path = if self.base.starts_with("file:") { decoded(rest)? } else { rest.to_owned() };
        if !path.split('/').all(is_safe) {
            return None;
        }
        match self.layout {
            Layout::Tree => (path.len() <= PATH_MAX).then_some(path),
            Layout::Flat => (path.len() <= SEGMENT_MAX).then(|| path.replace('/', "~")),
        }
    }
}

/// Undoes percent-encoding, but only of what encoding would give again: two URIs never decode to one name.
fn decoded(text: &str) -> Option<String> {
    let bytes = media_path::decode(text)?;
    (media_path::encode(&bytes) == text).then(|| String::from_utf8(bytes).ok()).flatten()
}

fn numbered(index: i64, uri: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let (stem, ending) = match last.rsplit_once('.') {
        Some((stem, ending)) if is_ending(ending) => (stem, format!(".{ending}")),
        _ => (last, String::new()),
    };
    format!("{}~~{index}{ending}", clean(stem, STEM_MAX))
}

fn is_ending(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A folder's name made of any text, safe but not unique.
pub(super) fn folder_name(text: &str) -> String {
    clean(text.trim(), STEM_MAX).trim_end_matches(['.', ' ']).to_owned()
}

/// Replaces what is not safe in a name, and cuts it to so many bytes. Never empty, never hidden.
fn clean(text: &str, most: usize) -> String {
    let mut name = String::new();
    for character in text.chars().map(|character| if is_plain(character) { character } else { '_' }) {
        if name.len() + character.len_utf8() > most {
            break;
        }
        name.push(character);
    }
    if name.is_empty() || name.starts_with(['.', ' ']) {
        name.insert(0, '_');
    }
    name
}

fn is_safe(segment: &str) -> bool {
    (1..=SEGMENT_MAX).contains(&segment.len())
        && !segment.starts_with(['.', ' '])
        && !segment.ends_with(['.', ' '])
        && segment.chars().all(is_plain)
}

/// Neither a control character, nor special to a shell's path or to Windows, nor Swath's own mark.
fn is_plain(character: char) -> bool {
    !character.is_control() && !r#"/\:*?"<>|#~"#.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base(uris: &[&str]) -> String {
        uris.iter().fold(None, |base: Option<String>, uri| Some(shared_base(base.as_deref(), uri))).unwrap()
    }

    fn names(layout: Layout, uris: &[&str]) -> Vec<String> {
        let names = Names { base: base(uris), layout };
        uris.iter().enumerate().map(|(index, uri)| names.of(index as i64, uri)).collect()
    }

    #[test]
    fn the_base_ends_at_a_slash() {
        assert_eq!(base(&["file:///a/b/1.png"]), "file:///a/b/");
        assert_eq!(base(&["file:///a/b/1.png", "file:///a/bc.png"]), "file:///a/");
        assert_eq!(base(&["s3://b/ä", "s3://b/å"]), "s3://b/");
        assert_eq!(base(&["s3://b/x", "https://b/x"]), "");
        assert_eq!(base(&["x"]), "");
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        let uris = ["file:///d/cats/a%20b.png", "file:///d/dogs/a%20b.png", "file:///d/%C3%A4.png"];
        assert_eq!(names(Layout::Tree, &uris), ["cats/a b.png", "dogs/a b.png", "ä.png"]);
        assert_eq!(names(Layout::Flat, &uris), ["cats~a b.png", "dogs~a b.png", "ä.png"]);
    }

    #[test]
    fn unsafe_names_are_cleaned_and_numbered() {
        let long = format!("s3://b/{}.png", "x".repeat(400));
        let uris = [
            "s3://b/../../etc/passwd",
            "s3://b/a\\..\\b.png",
            "s3://b//c.png",
            "s3://b/img?id=1",
            "s3://b/.hidden",
            "s3://b/d/",
            "s3://b/a~b.png",
            "s3://b/C:",
            &long,
        ];
        let expected = [
            "passwd~~0",
            "a_.._b~~1.png",
            "c~~2.png",
            "img~~3",
            "_~~4.hidden",
            "_~~5",
            "a_b~~6.png",
            "C_~~7",
            &format!("{}~~8.png", "x".repeat(STEM_MAX)),
        ];
        assert_eq!(names(Layout::Tree, &uris), expected);
        assert_eq!(names(Layout::Flat, &uris), expected);
    }

    #[test]
    fn without_a_base_the_number_tells_names_apart() {
        assert_eq!(names(Layout::Flat, &["https://h/a.png", "s3://h/a.png"]), ["a~~0.png", "a~~1.png"]);
    }

    #[test]
    fn folders_are_named_safely() {
        assert_eq!(folder_name(" ../Photos: v1.2. "), "_.._Photos_ v1.2");
        assert_eq!(folder_name(""), "_");
        assert_eq!(folder_name("/"), "_");
    }

    proptest! {
        #[test]
        fn names_are_safe_and_different(
            uris in proptest::collection::hash_set("(file:///|s3://)[a-c~./%20\\\\?]{0,9}", 1..30),
            flat: bool,
        ) {
            let layout = if flat { Layout::Flat } else { Layout::Tree };
            let uris: Vec<_> = uris.iter().map(String::as_str).collect();
            // Only part of the URIs is below the base, so that every kind of name occurs.
            let names = Names { base: base(&uris[..uris.len().div_ceil(2)]), layout };
            let named: Vec<_> = uris.iter().enumerate().map(|(index, uri)| names.of(index as i64, uri)).collect();
            for name in &named {
                prop_assert!(name.len() <= PATH_MAX && !name.contains('\\'));
                prop_assert!(name.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
                prop_assert!(!flat || !name.contains('/'));
            }
            let different: std::collections::HashSet<_> = named.iter().collect();
            prop_assert_eq!(different.len(), uris.len(), "{:?}", named);
        }
    }
}

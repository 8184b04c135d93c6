//! Pictures on the server's own disk: `file://` URIs, and the check that they lie below an allowed root.
//!
//! The check is made twice: when a folder becomes a dataset, and again whenever an item is read, because a link may
//! have been turned elsewhere in between.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

const SCHEME: &str = "file://";

/// Why a path is refused. None of these tells whether something outside the roots exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaPathError {
    /// The URI is not an absolute `file:` URI as [`uri_of`] writes them.
    #[error("is not a file URI with an absolute path")]
    NotAFile,
    /// The path, with every link followed, does not lie below an allowed root.
    #[error("does not lie below an allowed media root")]
    Outside,
    /// The path lies below a root, and nothing stands there.
    #[error("does not exist")]
    Missing,
}

/// Gives the file behind a `file:` URI, with every link followed, if it lies below one of the roots now.
pub fn resolve(roots: &[PathBuf], uri: &str) -> Result<PathBuf, MediaPathError> {
    below(roots, &path_of(uri).ok_or(MediaPathError::NotAFile)?)
}

/// Gives the path with every link followed, if it lies below one of the roots.
///
/// A relative path is looked for below each root in turn.
pub fn below(roots: &[PathBuf], path: &Path) -> Result<PathBuf, MediaPathError> {
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
    let is_below = |path: &Path| roots.iter().any(|root| path.starts_with(root));
    let candidates: Vec<PathBuf> = if path.is_absolute() {
        vec![path.to_owned()]
    } else {
        roots.iter().map(|root| root.join(path)).collect()
    };
    match candidates.iter().find_map(|candidate| candidate.canonicalize().ok()) {
        Some(found) if is_below(&found) => Ok(found),
        None if candidates.iter().filter_map(|path| foothold(path)).any(|found| is_below(&found)) => {
            Err(MediaPathError::Missing)
        }
        _ => Err(MediaPathError::Outside),
    }
}

/// The last part of a missing path that does stand there, with links followed.
///
/// Asking for it, and not for the path as it is spelt, keeps a link out of the roots from telling what lies behind it.
fn foothold(path: &Path) -> Option<PathBuf> {
    let is_plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let standing = path.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok())?;
    is_plain.then(|| standing.canonicalize().ok()).flatten()
}

/// The `file:` URI of an absolute path.
pub fn uri_of(path: &Path) -> String {
    format!("{SCHEME}{}", encode(path.as_os_str().as_bytes()))
}

/// The absolute path that a `file:` URI names.
pub fn path_of(uri: &str) -> Option<PathBuf> {
    let bytes = decode(uri.strip_prefix(SCHEME)?)?;
    let path = PathBuf::from(OsString::from_vec(bytes));
    (path.is_absolute() && !path.as_os_str().as_bytes().contains(&0)).then_some(path)
}

/// Percent-encodes everything but unreserved characters and slashes.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            _ => {
                // Writing into a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

/// Undoes percent-encoding; `None` where a `%` is not followed by two hexadecimal digits.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// `root/a.png`, and beside the root what must stay out of reach.
    fn world() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for name in ["root", "root-evil"] {
            fs::create_dir(top.join(name)).unwrap();
            fs::write(top.join(name).join("a.png"), "x").unwrap();
        }
        (folder, top)
    }

    #[test]
    fn a_file_below_a_root_is_found() {
        let (_folder, top) = world();
        let roots = [top.join("missing"), top.join("root")];
        let file = top.join("root/a.png");
        assert_eq!(resolve(&roots, &uri_of(&file)), Ok(file.clone()));
        assert_eq!(below(&roots, Path::new("a.png")), Ok(file));
        assert_eq!(below(&roots, Path::new("b.png")), Err(MediaPathError::Missing));
    }

    #[test]
    fn nothing_leads_out_of_the_roots() {
        let (_folder, top) = world();
        let roots = [top.join("root")];
        symlink(top.join("root-evil/a.png"), top.join("root/link.png")).unwrap();
        symlink(top.join("root-evil"), top.join("root/sub")).unwrap();
        for path in
            ["root-evil/a.png", "root/../root-evil/a.png", "root/link.png", "root/sub/a.png", "nowhere"]
        {
            assert_eq!(below(&roots, &top.join(path)), Err(MediaPathError::Outside), "{path}");
        }
        assert_eq!(below(&roots, Path::new("../root-evil/a.png")), Err(MediaPathError::Outside));
        assert_eq!(resolve(&roots, "file:///../etc/passwd"), Err(MediaPathError::Outside));
        assert_eq!(below(&[], &top.join("root/a.png")), Err(MediaPathError::Outside));
    }

    #[test]
    fn a_link_out_does_not_tell_what_lies_behind_it() {
        let (_folder, top) = world();
        symlink(top.join("root-evil"), top.join("root/sub")).unwrap();
        symlink(top.join("root-evil/b.png"), top.join("root/b.png")).unwrap();
        for path in ["sub/a.png", "sub/b.png", "b.png", "sub/../b.png"] {
            assert_eq!(below(&[top.join("root")], Path::new(path)), Err(MediaPathError::Outside), "{path}");
        }
    }

    #[test]
    fn a_link_within_the_root_is_followed() {
        let (_folder, top) = world();
        symlink(top.join("root/a.png"), top.join("root/link.png")).unwrap();
        assert_eq!(below(&[top.join("root")], &top.join("root/link.png")), Ok(top.join("root/a.png")));
    }

    #[test]
    fn any_name_survives_its_uri() {
        let name = OsString::from_vec(b"/a b/\xc3\xa4%41?#\xff.png".to_vec());
        let uri = uri_of(Path::new(&name));
        assert_eq!(uri, "file:///a%20b/%C3%A4%2541%3F%23%FF.png");
        assert_eq!(path_of(&uri), Some(PathBuf::from(name)));
    }

    #[test]
    fn other_uris_are_no_files() {
        for uri in
            ["https://x/a.png", "file:a.png", "file://a.png", "file:///a%zz", "file:///a%0", "file:///a%00"]
        {
            assert_eq!(resolve(&[PathBuf::from("/")], uri), Err(MediaPathError::NotAFile), "{uri}");
        }
    }
}

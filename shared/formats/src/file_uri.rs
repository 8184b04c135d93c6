//! `file:` URIs, and the percent-encoding of names in URIs.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const SCHEME: &str = "file://";

/// The `file:` URI of an absolute path.
pub fn uri_of(path: &Path) -> String {
    format!("{SCHEME}{}", encode(path.as_os_str().as_bytes()))
}

/// The absolute path of a `file:` URI. `None` for any other URI.
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

/// Decodes percent-encoding. `None` if a `%` is not followed by two hexadecimal digits.
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

    #[test]
    fn any_path_can_be_restored_from_its_uri() {
        let name = OsString::from_vec(b"/a b/\xc3\xa4%41?#\xff.png".to_vec());
        let uri = uri_of(Path::new(&name));
        assert_eq!(uri, "file:///a%20b/%C3%A4%2541%3F%23%FF.png");
        assert_eq!(path_of(&uri), Some(PathBuf::from(name)));
    }

    #[test]
    fn other_uris_are_not_files() {
        for uri in
            ["https://x/a.png", "file:a.png", "file://a.png", "file:///a%zz", "file:///a%0", "file:///a%00"]
        {
            assert_eq!(path_of(uri), None, "{uri}");
        }
    }
}

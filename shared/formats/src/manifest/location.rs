//! The location of an item's picture: an absolute URI, or a bare path that is resolved against a base.

use swath_domain::{FieldError, limits};

use crate::file_uri::encode;

/// The schemes that the URI of an item may have.
const SCHEMES: [&str; 6] = ["https", "http", "s3", "file", "data", "upload"];

/// Whether a URI is a bare path, which is resolved against a base.
pub(super) fn is_bare(uri: &str) -> bool {
    let is_scheme = |text: &str| {
        text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    !uri.is_empty()
        && !uri.starts_with('/')
        && !uri.contains('\\')
        && !uri.split_once(':').is_some_and(|(text, _)| is_scheme(text))
}

/// The URI of a path below a base. Below a `file:` base the path is percent-encoded.
pub(super) fn joined(base: &str, path: &str) -> String {
    let is_file = base.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:"));
    if is_file { format!("{base}{}", encode(path.as_bytes())) } else { format!("{base}{path}") }
}

/// Checks the base for bare paths. `None` if it is valid.
pub fn check_base(field: &str, base: &str) -> Option<FieldError> {
    let fault = if base.ends_with('/') { unusable(base) } else { Some("must end with a slash".to_owned()) };
    let is_long = base.chars().count() > limits::URI_MAX / 2;
    let fault =
        fault.or(is_long.then(|| format!("must not be longer than {} characters", limits::URI_MAX / 2)));
    fault.map(|message| FieldError::new(field, message))
}

/// Why a URI can never be opened. `None` if it may be possible.
pub(super) fn unusable(uri: &str) -> Option<String> {
    if uri.chars().any(char::is_control) {
        return Some("must not contain control characters".to_owned());
    }
    if uri.trim() != uri {
        return Some("must not begin or end with a space".to_owned());
    }
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let known = SCHEMES.iter().find(|known| scheme.eq_ignore_ascii_case(known));
    let host = rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match known {
        None => Some(format!("must begin with one of {}:", SCHEMES.join(":, "))),
        Some(&"http" | &"https") if host.is_none_or(str::is_empty) => Some("has no host".to_owned()),
        Some(_) => None,
    }
}

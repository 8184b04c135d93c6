//! Web origins: scheme, host and port.

use url::Url;

/// The origin of a URL, as in `https://s3.example.org` of `https://s3.example.org/path`. `None` if the URL has no
/// origin, or one with characters that have a meaning in a content security policy.
pub fn of(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
    };
    let is_web = ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str());
    (is_web && is_plain(authority)).then(|| format!("{scheme}://{authority}"))
}

/// Whether this is an origin as a browser sends it: in lower case, without the scheme's default port, and without a
/// path. Other spellings, and a `*` in the host, would never match a browser's header.
pub fn is_as_sent(text: &str) -> bool {
    if of(text).as_deref() != Some(text) {
        return false;
    }
    let parsed = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    parsed.is_some_and(|url| url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_accepted_only_as_a_browser_sends_it() {
        for good in ["https://labels.example.org", "http://localhost:5173", "http://[::1]:8080"] {
            assert!(is_as_sent(good), "{good}");
        }
        for bad in [
            "",
            "null",
            "labels.example.org",
            "https://labels.example.org/",
            "https://labels.example.org/page",
            "https://labels.example.org?a",
            "https://Labels.example.org",
            "HTTPS://labels.example.org",
            "https://labels.example.org:443",
            "https://labels.example.org:99999",
            "https://me@labels.example.org",
            "https://*.example.org",
            "https://m\u{fc}nchen.example",
            "ftp://labels.example.org",
            "file:///srv",
        ] {
            assert!(!is_as_sent(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_no_characters_with_a_meaning_in_a_policy() {
        assert_eq!(of("https://s3.example.org:9000/a?b").as_deref(), Some("https://s3.example.org:9000"));
        for bad in
            ["", "s3.example.org", "https://", "https://a b", "https://a;script-src", "https://*", "data://x"]
        {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}

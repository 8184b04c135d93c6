//! Origins of the web: scheme, host and port.

use url::Url;

/// The origin of an address, as in `https://s3.example.org` of `https://s3.example.org/path`; none where it has none, or
/// where it holds what would mean something else in a policy.
pub fn of(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
    };
    let is_web = ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str());
    (is_web && is_plain(authority)).then(|| format!("{scheme}://{authority}"))
}

/// Whether this is an origin letter by letter as browsers send it: small letters, no port that goes without saying, no path.
/// Any other form of it would never be met.
pub fn is_as_sent(origin: &str) -> bool {
    let parsed = Url::parse(origin).map(|url| url.origin().ascii_serialization());
    parsed.is_ok_and(|sent| sent == origin) && of(origin).as_deref() == Some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host_and_nothing_that_a_policy_would_read_otherwise() {
        assert_eq!(of("https://s3.example.org:9000/a?b").as_deref(), Some("https://s3.example.org:9000"));
        for bad in
            ["", "s3.example.org", "https://", "https://a b", "https://a;script-src", "https://*", "data://x"]
        {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_what_browsers_send_is_compared_with_what_they_send() {
        for sent in ["https://labels.example.org", "http://localhost:5173", "http://[::1]:8080"] {
            assert!(is_as_sent(sent), "{sent}");
        }
        for never in [
            "https://labels.example.org/",
            "https://labels.example.org/path",
            "https://Labels.example.org",
            "https://labels.example.org:443",
            "https://user@labels.example.org",
            "https://*.example.org",
            "labels.example.org",
            "ftp://labels.example.org",
            "null",
            "",
        ] {
            assert!(!is_as_sent(never), "{never}");
        }
    }
}

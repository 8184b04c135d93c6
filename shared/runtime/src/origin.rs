//! Origins of the web: scheme, host and port.

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
}

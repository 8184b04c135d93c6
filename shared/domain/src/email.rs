//! E-mail addresses: what is one, and when two are the same.

use crate::FieldError;
use crate::text::is_unseen;

/// An address, in bytes: the longest that a mail server takes.
const ADDRESS_BYTES_MAX: usize = 254;
/// What stands before the `@`, in bytes.
const LOCAL_BYTES_MAX: usize = 64;
/// One label of the host's name, in bytes.
const LABEL_BYTES_MAX: usize = 63;

/// The address as it is compared: without spaces around it, and without regard to case.
pub fn key(address: &str) -> String {
    address.trim().to_lowercase()
}

/// Refuses what is no address.
pub fn check(field: &str, address: &str, errors: &mut Vec<FieldError>) {
    if !is_address(address.trim()) {
        errors.push(FieldError::new(field, "must be an e-mail address, as in maria@example.org"));
    }
}

fn is_address(address: &str) -> bool {
    let Some((local, host)) = address.rsplit_once('@') else { return false };
    let is_plain = |c: char| {
        !is_unseen(c)
            && !c.is_whitespace()
            && !c.is_control()
            && !matches!(c, '@' | '<' | '>' | '(' | ')' | ',')
    };
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    address.len() <= ADDRESS_BYTES_MAX
        && (1..=LOCAL_BYTES_MAX).contains(&local.len())
        && local.chars().all(is_plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && host.contains('.')
        && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_tell_addresses_apart() {
        assert_eq!(key(" Maria.Ö@Example.ORG "), key("maria.ö@example.org"));
        assert_ne!(key("maria@example.org"), key("mario@example.org"));
    }

    #[test]
    fn only_addresses_are_taken() {
        for good in ["a@b.co", "maria.müller+work@mail.example.org", "x_y@münchen.example"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "maria",
            "maria@",
            "@example.org",
            "maria@localhost",
            "a b@c.de",
            "a@b@c.de",
            "a@b..de",
            ".a@b.de",
            "a.@b.de",
            "a@-b.de",
            "a@b.de\n",
            "Maria <a@b.de>",
            "a@b.de,c@d.ef",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
        assert!(!is_address(&format!("{}@b.de", "a".repeat(65))));
        assert!(!is_address(&format!("a@{}.de", "b".repeat(260))));
    }
}

//! Text that people write: what it may not hold.

use crate::FieldError;

/// Refuses empty text, text that is too long, and characters that a reader cannot see and that change how the rest is
/// shown: control characters but for tabs and line ends, and those that turn the direction of writing.
pub fn check_text(field: &str, text: &str, most: usize, errors: &mut Vec<FieldError>) {
    if text.trim().is_empty() {
        errors.push(FieldError::new(field, "must not be empty"));
    } else if text.chars().count() > most {
        errors.push(FieldError::new(field, format!("must not be longer than {most} characters")));
    } else if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
        errors.push(FieldError::new(field, format!("must not contain U+{:04X}", u32::from(hidden))));
    }
}

/// As [`check_text`], for what stands on one line and is told apart by it: a name or a title. It holds nothing that takes
/// no place, but for what joins letters and signs.
pub fn check_line(field: &str, text: &str, most: usize, errors: &mut Vec<FieldError>) {
    if text.contains(['\t', '\n', '\r', '\u{2028}', '\u{2029}']) {
        errors.push(FieldError::new(field, "must be one line"));
    } else if let Some(unseen) = text.chars().find(|c| is_unseen(*c)) {
        errors.push(FieldError::new(field, format!("must not contain U+{:04X}", u32::from(unseen))));
    } else {
        check_text(field, text, most, errors);
    }
}

/// Characters that a reader cannot see. Joiners and selectors of a form are left, because words and signs need them.
pub(crate) fn is_unseen(c: char) -> bool {
    is_hidden(c)
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}'
            | '\u{200F}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn is_hidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_holds_nothing_that_cannot_be_seen() {
        let faults = |check: fn(&str, &str, usize, &mut Vec<FieldError>), text: &str| {
            let mut errors = Vec::new();
            check("text", text, 20, &mut errors);
            errors.len()
        };
        for good in ["Ärger", "a\tb\r\nc", "שלום", "می\u{200C}خواهم", "👩\u{200D}👩"] {
            assert_eq!(faults(check_text, good), 0, "{good:?}");
        }
        for bad in [
            "",
            " ",
            "a\0",
            "\u{1b}[31m",
            "a\u{9b}b",
            "\u{202E}gpj",
            "\u{2066}a",
            "\u{FEFF}a",
            "123456789012345678901",
        ] {
            assert_eq!(faults(check_text, bad), 1, "{bad:?}");
        }
        assert_eq!((faults(check_line, "one line"), faults(check_line, "two\nlines")), (0, 1));
        for joined in ["می\u{200C}خواهم", "👩\u{200D}👩", "❤\u{FE0F}"] {
            assert_eq!(faults(check_line, joined), 0, "{joined:?}");
        }
        for unseen in ["Acme\u{200B}", "\u{3164}", "a\u{AD}b", "a\u{200E}"] {
            assert_eq!(faults(check_line, unseen), 1, "{unseen:?}");
        }
    }
}

//! Identifiers that were renamed and must not come back.

use anyhow::Context;

use crate::paths::line_of;
use crate::tokens::each_identifier;

/// An identifier that is no longer used, and where.
#[derive(Clone, Copy, Debug)]
pub struct Retired {
    /// The identifier, whole.
    pub word: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// The crates in which it is retired, by the start of their names; empty for all.
    pub crates: &'static str,
}

/// Retired identifiers in a file of a crate, one sentence each. Strings, comments and documentation do not count: wire words,
/// columns and metrics keep their names.
///
/// # Errors
/// When the text is not Rust.
pub fn find(crate_name: &str, file: &str, text: &str, retired: &[Retired]) -> anyhow::Result<Vec<String>> {
    let tokens = text.parse().map_err(|error| anyhow::anyhow!("{error}")).with_context(|| file.to_owned())?;
    let mut found = Vec::new();
    each_identifier(tokens, &mut |ident| {
        let matching = retired.iter().find(|word| crate_name.starts_with(word.crates) && ident == word.word);
        if let Some(Retired { word, instead, .. }) = matching {
            found.push(format!("{file}:{}: `{word}` is retired, write {instead}", line_of(ident.span())));
        }
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{Retired, find};

    const RETIRED: [Retired; 2] = [
        Retired { word: "lapse", instead: "`expire`", crates: "" },
        Retired { word: "PATIENCE", instead: "what it bounds", crates: "shared/" },
    ];

    fn told(name: &str, text: &str) -> Vec<String> {
        find(name, "file.rs", text, &RETIRED).unwrap()
    }

    #[test]
    fn a_retired_identifier_is_told_with_its_place() {
        assert_eq!(
            told("tests/e2e", "fn f() {\n    x.lapse();\n}"),
            ["file.rs:2: `lapse` is retired, write `expire`"]
        );
        assert_eq!(told("shared/bus", "go!(a, [PATIENCE]);").len(), 1);
        assert!(told("tests/e2e", "const PATIENCE: u8 = 1;").is_empty(), "retired elsewhere");
    }

    #[test]
    fn strings_comments_and_parts_of_words_do_not_count() {
        assert!(told("a", "/// A lapse.\nfn lapses() { \"lapse\"; } // lapse").is_empty());
    }
}

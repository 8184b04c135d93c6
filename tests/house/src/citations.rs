//! Comments that cite documents which a reader of the repository does not have.

/// Names of such documents.
const FOREIGN: [&str; 3] = ["DESIGN", "HOUSE", "STYLE"];

/// Lines of a file whose comments cite a foreign document, one sentence each: its name before a section sign, or with the
/// ending of a text file.
pub fn find(file: &str, text: &str) -> Vec<String> {
    let lines = text.lines().zip(1..).filter_map(|(line, number)| Some((comment(line)?, number)));
    let cited = lines.filter_map(|(comment, number)| Some((cited(comment)?, number)));
    cited
        .map(|(name, number)| {
            format!("{file}:{number}: a comment cites {name}, which is not in the repository")
        })
        .collect()
}

/// What stands behind `//` on a line. A `//` in a string is read as well: addresses cite no document.
fn comment(line: &str) -> Option<&str> {
    line.split_once("//").map(|(_, comment)| comment)
}

fn cited(comment: &str) -> Option<&'static str> {
    FOREIGN.into_iter().find(|name| {
        let mut behind = comment.match_indices(name).map(|(at, _)| &comment[at + name.len()..]);
        behind.any(|rest| rest.starts_with(".md") || rest.trim_start().starts_with('§'))
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_foreign_document_is_told() {
        assert_eq!(
            find("a.rs", "fn f();\n/// As DESIGN §4 says."),
            ["a.rs:2: a comment cites DESIGN, which is not in the repository"]
        );
        assert_eq!(find("a.rs", "let x = 1; // see HOUSE.md").len(), 1);
    }

    #[test]
    fn other_words_and_sections_are_no_citation() {
        assert!(find("a.rs", "// RFC 9110 §7 in a DESIGN of its own\nlet HOUSE = \"DESIGN §4\";").is_empty());
    }
}

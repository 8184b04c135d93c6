//! The header of a CSV manifest: the separator and the columns.

use std::collections::HashSet;

use swath_domain::FieldError;
use swath_domain::limits;
use swath_domain::text::check_text;

use super::super::error::ManifestError;

/// The possible separators. In many countries spreadsheets use semicolons.
const DELIMITERS: [u8; 3] = *b",;\t";

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Uri,
    Labels,
    Width,
    Height,
    Meta(String),
}

/// The separator of a manifest with this first line: the one that makes `uri` a column, or else the most frequent one.
pub(super) fn delimiter(line: &[u8]) -> u8 {
    let makes_uri = |delimiter: &u8| line.split(|byte| byte == delimiter).any(is_uri);
    let count = |delimiter: &u8| line.iter().filter(|byte| *byte == delimiter).count();
    let most = DELIMITERS.into_iter().rev().max_by_key(count);
    DELIMITERS.into_iter().find(makes_uri).or(most).unwrap_or(b',')
}

fn is_uri(field: &[u8]) -> bool {
    let field = field.trim_ascii();
    let bare = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field);
    bare.trim_ascii().eq_ignore_ascii_case(b"uri")
}

/// Parses the columns of a header.
pub(super) fn header(fields: &[&str], line: u64) -> Result<Vec<Column>, ManifestError> {
    let columns: Vec<_> = fields.iter().map(|name| column(name.trim())).collect();
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for (name, column) in fields.iter().map(|name| name.trim()).zip(&columns) {
        check_text(name, name, limits::NAME_MAX, &mut errors);
        if !seen.insert(column) {
            errors.push(FieldError::new(name, "is the name of two columns"));
        }
    }
    if !seen.contains(&Column::Uri) {
        let message = "must be a column of the header; columns are separated by commas, semicolons or tabs";
        errors.push(FieldError::new("uri", message));
    }
    match errors.into_iter().next() {
        Some(error) => Err(ManifestError::of_field(line, &error)),
        None => Ok(columns),
    }
}

fn column(name: &str) -> Column {
    match name.to_ascii_lowercase().as_str() {
        "uri" => Column::Uri,
        "labels" => Column::Labels,
        "width" => Column::Width,
        "height" => Column::Height,
        _ => Column::Meta(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_detected_from_the_header() {
        for (line, expected) in [
            ("uri,labels", b','),
            ("uri;labels", b';'),
            ("note, with commas;\"uri\";x\r", b';'),
            ("a\turi", b'\t'),
            ("uri", b','),
            ("URI ; width", b';'),
            ("name;size;kind", b';'),
        ] {
            assert_eq!(delimiter(line.as_bytes()), expected, "{line}");
        }
    }
}

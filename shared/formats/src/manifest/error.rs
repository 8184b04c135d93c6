//! Errors in manifests.

use swath_domain::FieldError;

/// A line, or a CSV record, is longer than [`LINE_BYTES_MAX`](super::LINE_BYTES_MAX).
pub(super) const TOO_LONG: &str = "is longer than 65536 bytes";
pub(super) const NOT_UTF8: &str = "is not valid UTF-8";

/// An error in a manifest, and its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{message}", field.as_ref().map(|field| format!("`{field}` ")).unwrap_or_default())]
pub struct ManifestError {
    /// The line, from 1. For a CSV record it is the line on which the record begins.
    pub line: u64,
    /// The field or column with the error, if it is known.
    pub field: Option<String>,
    /// What is wrong, as a sentence fragment. It may quote the content.
    pub message: String,
    /// The same without the content.
    pub(super) plain: &'static str,
}

/// Field names that are part of the format and not of a manifest's content.
const FIELDS: [&str; 5] = ["uri", "labels", "meta", "width", "height"];
/// How many characters of a manifest an error quotes, at most.
pub(super) const QUOTED_CHARS_MAX: usize = 200;

impl ManifestError {
    /// An error without content.
    pub(super) fn plain(line: u64, plain: &'static str) -> Self {
        Self { line, field: None, message: plain.to_owned(), plain }
    }

    pub(super) fn new(line: u64, plain: &'static str, message: &str) -> Self {
        Self { line, field: None, message: shortened(message), plain }
    }

    pub(super) fn of_field(line: u64, error: &FieldError) -> Self {
        let plain = "breaks a rule of manifests";
        let (field, message) = (shortened(&error.field), shortened(&error.message));
        Self { line, field: Some(field), message, plain }
    }

    /// Keeps only the line and the kind of error. A file on the server may not be a manifest at all, and the caller
    /// may have no right to read it.
    #[must_use]
    pub fn without_content(self) -> Self {
        let is_known = |field: &String| FIELDS.contains(&field.split('[').next().unwrap_or_default());
        Self { field: self.field.filter(is_known), message: self.plain.to_owned(), ..self }
    }
}

/// Shortens a text that quotes the content.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

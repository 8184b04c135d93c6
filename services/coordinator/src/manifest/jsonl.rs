//! JSON lines, one item each.

use super::{LINE_MAX, ManifestError, ManifestItem, NOT_UTF8, TOO_LONG, accept, shortened};

const NOT_AN_ITEM: &str = "is not the JSON of an item";

/// Gathers bytes into lines. Holds one line at most.
#[derive(Debug, Default)]
pub(super) struct Lines {
    ended: u64,
    partial: Vec<u8>,
}

impl Lines {
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        out: &mut Vec<ManifestItem>,
    ) -> Result<(), ManifestError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.hold(&bytes[..end])?;
            self.end_line(out)?;
            bytes = &bytes[end + 1..];
        }
        self.hold(bytes)
    }

    pub(super) fn finish(mut self, out: &mut Vec<ManifestItem>) -> Result<(), ManifestError> {
        self.end_line(out)
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), ManifestError> {
        if self.partial.len() + bytes.len() > LINE_MAX {
            return Err(ManifestError::plain(self.ended + 1, TOO_LONG));
        }
        self.partial.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, out: &mut Vec<ManifestItem>) -> Result<(), ManifestError> {
        self.ended += 1;
        let line = self.partial.trim_ascii();
        if !line.is_empty() {
            let mut item = read(line, self.ended)?;
            item.line = self.ended;
            accept(item, out)?;
        }
        self.partial.clear();
        Ok(())
    }
}

fn read(bytes: &[u8], line: u64) -> Result<ManifestItem, ManifestError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::plain(line, NOT_UTF8))?;
    let mut source = serde_json::Deserializer::from_str(text);
    let item: ManifestItem = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let path = error.path().to_string();
        let field = (error.inner().is_data() && path != ".").then_some(path);
        let fault = ManifestError::new(line, NOT_AN_ITEM, &explain(error.inner()));
        ManifestError { field: field.map(|field| shortened(&field)), ..fault }
    })?;
    source.end().map_err(|error| ManifestError::new(line, NOT_AN_ITEM, &explain(&error)))?;
    Ok(item)
}

/// The error's own words, with the column only: its "line 1" would be read as the manifest's.
fn explain(error: &serde_json::Error) -> String {
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    match text.strip_suffix(&position) {
        Some(text) => format!("{text} (column {})", error.column()),
        None => text,
    }
}

//! JSON lines with one item each.

use super::error::{ManifestError, NOT_UTF8, shortened};
use super::found::Found;
use super::item::ManifestItem;

const NOT_AN_ITEM: &str = "is not the JSON of an item";

/// Parses one line, and appends its item or its errors.
pub(super) fn item_of(number: u64, line: &[u8], out: &mut Found) {
    match read(line, number) {
        Ok(item) => out.accept(ManifestItem { line: number, ..item }),
        Err(error) => out.faults.push(error),
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

/// The error's text with the column only, because its "line 1" would be taken for a line of the manifest.
fn explain(error: &serde_json::Error) -> String {
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    match text.strip_suffix(&position) {
        Some(text) => format!("{text} (column {})", error.column()),
        None => text,
    }
}

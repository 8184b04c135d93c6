//! The output of commands: aligned tables, or with `--json` the server's own documents, one per line.

use std::io::{self, Write};

use serde_json::Value;

/// A column: its title, and a JSON pointer to its value in a document.
pub type Column = (&'static str, &'static str);

/// Writes to standard output in the requested form.
pub struct Output {
    json: bool,
}

impl Output {
    /// Prints text, or with `json` JSON documents.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// True if the output is JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one document with a line per column.
    pub fn record(&self, columns: &[Column], document: &Value) -> io::Result<()> {
        if self.json {
            return line(&document.to_string());
        }
        let width = columns.iter().map(|(title, _)| title.len()).max().unwrap_or(0);
        for (title, pointer) in columns {
            if let Some(value) = document.pointer(pointer).filter(|value| !value.is_null()) {
                line(&format!("{title:width$}  {}", cell(value)))?;
            }
        }
        Ok(())
    }

    /// Prints a page of a list with a line per document.
    pub fn page(&self, table: &mut Table, documents: &[Value]) -> io::Result<()> {
        if self.json {
            return documents.iter().try_for_each(|document| line(&document.to_string()));
        }
        table.lines(documents).iter().try_for_each(|text| line(text))
    }

    /// Prints a sentence about what was done; nothing in JSON, where the exit code says it.
    pub fn say(&self, sentence: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { line(sentence) }
    }
}

/// Writes one line to standard output.
pub fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// A table that is printed page by page. Its columns only ever get wider.
pub struct Table {
    columns: &'static [Column],
    widths: Vec<usize>,
    started: bool,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &'static [Column]) -> Self {
        Self { columns, widths: columns.iter().map(|(title, _)| title.len()).collect(), started: false }
    }

    /// The next rows as aligned lines; the titles precede the first rows.
    fn lines(&mut self, documents: &[Value]) -> Vec<String> {
        let rows: Vec<Vec<String>> = documents.iter().map(|document| self.cells(document)).collect();
        for row in &rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let titles = self.columns.iter().map(|(title, _)| (*title).to_owned()).collect();
        let head = (!std::mem::replace(&mut self.started, true)).then_some(titles);
        head.iter().chain(&rows).map(|row| self.aligned(row)).collect()
    }

    fn cells(&self, document: &Value) -> Vec<String> {
        self.columns.iter().map(|(_, pointer)| document.pointer(pointer).map_or("-".into(), cell)).collect()
    }

    fn aligned(&self, row: &[String]) -> String {
        let cells = row.iter().zip(&self.widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// A value as short text.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        // A control character in a name must not move the cursor of the terminal.
        Value::String(text) => text.replace(char::is_control, " "),
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(","),
        Value::Object(fields) => match (fields.get("start"), fields.get("end")) {
            (Some(start), Some(end)) => format!("{start}-{end}"),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_line_up_and_nothing_moves_the_cursor() {
        let mut table = Table::new(&[("ID", "/id"), ("RANGES", "/ranges"), ("HOLDER", "/holder")]);
        let first = table.lines(&[
            json!({"id": "one", "ranges": [{"start": 0, "end": 50}, {"start": 70, "end": 71}], "holder": null}),
            json!({"id": "\u{1b}[2Jx", "ranges": []}),
        ]);
        assert_eq!(first, ["ID     RANGES      HOLDER", "one    0-50,70-71  -", " [2Jx  -           -"]);
        assert_eq!(table.lines(&[json!({"id": "y"})]), ["y      -           -"]);
    }
}

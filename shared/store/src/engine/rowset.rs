//! A batch of rows that is given to one statement: PostgreSQL takes an array for each column, SQLite a JSON text of all
//! rows. Where the rows come from stands as `{rows}` in the statement, which knows them as `c`.

use std::io::Write;
use std::sync::OnceLock;

use uuid::Uuid;

/// The name of a column and its type, as PostgreSQL calls it.
pub(crate) type Column = (&'static str, &'static str);

/// A statement over a batch, for either database; each text is made once.
pub(crate) struct Statement {
    columns: &'static [Column],
    texts: [&'static str; 2],
    filled: [OnceLock<String>; 2],
}

impl Statement {
    pub(crate) const fn new(
        columns: &'static [Column],
        postgres: &'static str,
        sqlite: &'static str,
    ) -> Self {
        Self { columns, texts: [postgres, sqlite], filled: [OnceLock::new(), OnceLock::new()] }
    }

    pub(crate) fn postgres(&self) -> &str {
        self.filled[0].get_or_init(|| self.texts[0].replace(ROWS_PLACEHOLDER, &arrays(&mut 1, self.columns)))
    }

    pub(crate) fn sqlite(&self) -> &str {
        self.filled[1].get_or_init(|| self.texts[1].replace(ROWS_PLACEHOLDER, &json_rows(self.columns)))
    }
}

/// Where a statement's rows come from.
pub(crate) const ROWS_PLACEHOLDER: &str = "{rows}";

/// For PostgreSQL: an array of each column, from parameter number `next` on.
pub(crate) fn arrays(next: &mut usize, columns: &[Column]) -> String {
    let mut places = Vec::with_capacity(columns.len());
    for (_, of) in columns {
        places.push(format!("${next}::{of}[]"));
        *next += 1;
    }
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    format!("UNNEST({}) AS c ({})", places.join(", "), names.join(", "))
}

/// For SQLite: an array of rows, each an array of cells as [`Cell`] writes them.
pub(crate) fn json_rows(columns: &[Column]) -> String {
    let cell = |(place, (name, of)): (usize, &Column)| match *of {
        "uuid" | "bytea" => format!("unhex(value ->> {place}) AS {name}"),
        _ => format!("value ->> {place} AS {name}"),
    };
    let cells: Vec<_> = columns.iter().enumerate().map(cell).collect();
    format!("(SELECT {} FROM json_each($1)) AS c", cells.join(", "))
}

/// A value of a row.
pub(crate) trait Cell {
    /// Writes it as JSON; what SQLite keeps as bytes stands there as hexadecimal digits.
    fn write(&self, json: &mut Vec<u8>);
}

impl Cell for i64 {
    fn write(&self, json: &mut Vec<u8>) {
        // Writing into memory does not fail.
        let _ = write!(json, "{self}");
    }
}

impl Cell for bool {
    fn write(&self, json: &mut Vec<u8>) {
        json.push(if *self { b'1' } else { b'0' });
    }
}

impl Cell for Uuid {
    fn write(&self, json: &mut Vec<u8>) {
        let _ = write!(json, "\"{}\"", self.simple());
    }
}

impl Cell for &str {
    fn write(&self, json: &mut Vec<u8>) {
        let _ = serde_json::to_writer(json, self);
    }
}

impl Cell for String {
    fn write(&self, json: &mut Vec<u8>) {
        self.as_str().write(json);
    }
}

impl Cell for Vec<u8> {
    fn write(&self, json: &mut Vec<u8>) {
        json.push(b'"');
        self.iter().for_each(|byte| {
            let _ = write!(json, "{byte:02x}");
        });
        json.push(b'"');
    }
}

impl<T: Cell> Cell for Option<T> {
    fn write(&self, json: &mut Vec<u8>) {
        match self {
            Some(cell) => cell.write(json),
            None => json.extend_from_slice(b"null"),
        }
    }
}

/// Writes the rows of a batch, each by its cells.
#[expect(clippy::expect_used, reason = "every cell writes text")]
pub(crate) fn written<T>(rows: &[T], row: impl Fn(&T, &mut Row)) -> String {
    let mut json = vec![b'['];
    for each in rows {
        json.extend_from_slice(if json.len() > 1 { b",[" } else { b"[" });
        let mut cells = Row { json: &mut json, is_empty: true };
        row(each, &mut cells);
        json.push(b']');
    }
    json.push(b']');
    String::from_utf8(json).expect("every cell writes text")
}

/// A row on its way into the text.
pub(crate) struct Row<'a> {
    json: &'a mut Vec<u8>,
    is_empty: bool,
}

impl Row<'_> {
    pub(crate) fn cell(&mut self, cell: impl Cell) {
        if !std::mem::take(&mut self.is_empty) {
            self.json.push(b',');
        }
        cell.write(self.json);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[("id", "uuid"), ("n", "bigint"), ("said", "text")];

    #[test]
    fn a_statement_names_its_rows_alike_for_both() {
        let statement = Statement::new(COLUMNS, "SELECT n FROM {rows}", "SELECT n FROM {rows}");
        assert_eq!(
            statement.postgres(),
            "SELECT n FROM UNNEST($1::uuid[], $2::bigint[], $3::text[]) AS c (id, n, said)"
        );
        assert_eq!(
            statement.sqlite(),
            "SELECT n FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS n, value ->> 2 AS said FROM json_each($1)) AS c"
        );
    }

    #[test]
    fn rows_are_json_whatever_is_said_in_them() {
        let rows = [(Uuid::nil(), Some(-1), "a \"b\"\\\n"), (Uuid::max(), None, "ü")];
        let json = written(&rows, |row, cells| {
            cells.cell(row.0);
            cells.cell(row.1);
            cells.cell(row.2);
            cells.cell(vec![0_u8, 255]);
            cells.cell(true);
        });
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let (nil, max) = ("0".repeat(32), "f".repeat(32));
        assert_eq!(
            read,
            serde_json::json!([[nil, -1, "a \"b\"\\\n", "00ff", 1], [max, null, "ü", "00ff", 1]])
        );
        assert_eq!(written::<i64>(&[], |_, _| {}), "[]");
    }
}

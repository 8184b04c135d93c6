//! The writing of a transaction to SQLite: a statement for each part that has rows. Its connection lives in a thread of
//! its own, and every statement is a journey there and back.

use std::sync::OnceLock;

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::parts::PARTS;
use super::rows::Written;
use crate::engine::rowset::{ROWS_PLACEHOLDER, json_rows};
use crate::error::Result;

/// Writes all parts, one statement after the other.
pub(super) async fn write(connection: &mut SqliteConnection, written: &Written) -> Result<()> {
    for (place, part) in PARTS.iter().enumerate() {
        if !(part.is_empty)(written) {
            let rows = (part.json)(written);
            sqlx::query(AssertSqlSafe(text(place))).bind(rows).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// The statement of a part, made once.
fn text(place: usize) -> &'static str {
    static TEXTS: [OnceLock<String>; PARTS.len()] = [const { OnceLock::new() }; PARTS.len()];
    TEXTS[place].get_or_init(|| PARTS[place].text.replace(ROWS_PLACEHOLDER, &json_rows(PARTS[place].columns)))
}

//! The writing of a transaction to PostgreSQL: all of it in one statement, for what a statement costs beyond its rows
//! is most of what a small batch costs.
//!
//! The statement is made of the parts that have rows, so that nothing is opened for nothing.

use std::sync::OnceLock;

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::parts::{PARTS, Part};
use super::rows::Written;
use crate::engine::rowset::{ROWS_PLACEHOLDER, arrays};
use crate::error::Result;
use crate::tables::progress;

/// The counters come last in every transaction.
const COUNTED: usize = 1 << PARTS.len();

/// Writes all parts and the counters.
pub(super) async fn write(connection: &mut PgConnection, written: &Written, stripe: i64) -> Result<()> {
    let used = |part: &Part| !(part.is_empty)(written);
    let mut which =
        PARTS.iter().enumerate().filter(|(_, part)| used(part)).map(|(place, _)| 1 << place).sum();
    if !written.progress.is_empty() {
        which += COUNTED;
    }
    if which == 0 {
        return Ok(());
    }
    let mut statement = sqlx::query(AssertSqlSafe(text(which)));
    for part in PARTS.iter().filter(|part| used(part)) {
        statement = (part.bind)(statement, written);
    }
    if which & COUNTED != 0 {
        statement = progress::bind(statement, &written.progress, stripe);
    }
    statement.execute(connection).await?;
    Ok(())
}

/// The statement of these parts, at least one; there are few, and each is made once.
#[expect(clippy::expect_used, reason = "nothing is sent where there is no part")]
fn text(which: usize) -> &'static str {
    static TEXTS: [OnceLock<String>; 2 * COUNTED] = [const { OnceLock::new() }; 2 * COUNTED];
    TEXTS[which].get_or_init(|| {
        let mut next = 1;
        let mut texts = Vec::new();
        for (place, part) in PARTS.iter().enumerate() {
            if which & (1 << place) != 0 {
                texts.push(part.text.replace(ROWS_PLACEHOLDER, &arrays(&mut next, part.columns)));
            }
        }
        if which & COUNTED != 0 {
            texts.push(progress::add_text(&mut next));
        }
        let last = texts.pop().expect("a statement has at least one part");
        let firsts: Vec<_> =
            texts.iter().enumerate().map(|(place, text)| format!("part{place} AS ({text})")).collect();
        if firsts.is_empty() { last } else { format!("WITH {} {last}", firsts.join(", ")) }
    })
}

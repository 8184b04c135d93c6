//! What a transaction writes about assignments: everything at once at its end, and nothing that stays as it is.

mod memory;
mod parts;
mod postgres;
mod rows;
mod sqlite;

use crate::engine::db::Db;
use crate::error::Result;
use crate::tables::{assignments, progress};

pub(crate) use rows::{AcceptedRow, Ended, Judged, NewGrant, Request, Save, SavedRow, Written};

/// Writes all of it, the counters into this stripe.
pub(crate) async fn write(db: &mut Db<'_>, written: &Written, stripe: i64) -> Result<()> {
    // Reworks are rare enough to have a statement of their own.
    assignments::insert(db, &written.created).await?;
    match db {
        Db::Postgres(connection) => return postgres::write(connection, written, stripe).await,
        Db::Sqlite(connection) => sqlite::write(connection, written).await?,
        Db::Memory(tables) => memory::write(tables, written)?,
    }
    progress::add(db, &written.progress, stripe).await
}

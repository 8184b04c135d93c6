//! Counters of changes, which triggers of the databases raise.

use crate::engine::db::{Db, fetch_one};
use crate::error::Result;
use crate::model::memory::PEOPLE;

/// The number of changes of what users may do.
pub(crate) async fn of_people(db: &mut Db<'_>) -> Result<i64> {
    let row = fetch_one!(
        db,
        (i64,),
        "SELECT number FROM revisions WHERE name = 'people'";
        |t| Some((t.revisions.get(&PEOPLE).copied().unwrap_or_default(),))
    )?;
    Ok(row.map_or(0, |(number,)| number))
}

//! The statements over leader leases: rows that name the one process that does some work for all, until they expire.
//! The table is called `duties`.

use swath_domain::Time;
use uuid::Uuid;

use crate::engine::db::{Db, execute};
use crate::error::Result;

/// A leader lease that a process asks for.
#[derive(Debug, Clone)]
pub(crate) struct LeaderLease {
    pub(crate) name: String,
    pub(crate) holder: Uuid,
    pub(crate) now: Time,
    pub(crate) until: Time,
}

/// Takes or extends a lease; false where another process holds it.
///
/// A lease that lasts longer than anybody takes one was taken by a clock that has gone back since, and is taken over.
pub(crate) async fn take(db: &mut Db<'_>, lease: &LeaderLease) -> Result<bool> {
    let LeaderLease { name, holder, now, until } = lease;
    // Clocks of two processes differ a little, which must not cost the holder its lease.
    let longest = (*until + (*until - *now)).0;
    let taken = execute!(
        db,
        "INSERT INTO duties (name, holder, until) VALUES ($1, $2, $4)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE duties.holder = excluded.holder OR duties.until < $3 OR duties.until > $5",
        name.as_str(),
        holder,
        now.0,
        until.0,
        longest;
        |t| Ok(match t.duties.get(name) {
            Some((other, end)) if other != holder && (now.0..=longest).contains(end) => 0,
            _ => t.duties.put(name.clone(), (*holder, until.0)),
        })
    )?;
    Ok(taken == 1)
}

/// Writes a row unconditionally.
pub(crate) async fn put(db: &mut Db<'_>, name: &str, holder: Uuid, until: Time) -> Result<()> {
    execute!(
        db,
        "INSERT INTO duties (name, holder, until) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until",
        name,
        holder,
        until.0;
        |t| Ok(t.duties.put(name.to_owned(), (holder, until.0)))
    )?;
    Ok(())
}

/// Gives a lease back, if this process holds it.
pub(crate) async fn give_back(db: &mut Db<'_>, name: &str, holder: Uuid) -> Result<()> {
    execute!(
        db,
        "DELETE FROM duties WHERE name = $1 AND holder = $2",
        name,
        holder;
        |t| Ok(match t.duties.get(&name.to_owned()) {
            Some((own, _)) if *own == holder => t.duties.remove(&name.to_owned()),
            _ => 0,
        })
    )?;
    Ok(())
}

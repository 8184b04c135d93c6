//! Duties: work that one process at a time does for all, by a row that expires.

use swath_domain::Time;
use uuid::Uuid;

use crate::engine::db::execute;
use crate::error::{Result, StoreError};
use crate::store::Store;

/// The row that is written to find out whether anything can be.
const PROBE: &str = "readiness";
/// A disk with less room is as good as full, in bytes.
const FREE_BYTES_MIN: u64 = 1 << 20;

impl Store {
    /// Takes or keeps a duty until `until`; false while another process has it. One that is kept for longer than anybody
    /// takes it was taken by a clock that has gone back since.
    pub async fn duty_take(&self, name: &str, holder: Uuid, now: Time, until: Time) -> Result<bool> {
        self.write(name.to_owned(), move |_, tx, name| {
            Box::pin(async move {
                // Clocks of two processes differ a little, and none of them takes a duty away from the other for that.
                let longest = until.0 + (until - now);
                let taken = execute!(
                    &mut tx.db(),
                    "INSERT INTO duties (name, holder, until) VALUES ($1, $2, $4)
                     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
                     WHERE duties.holder = excluded.holder OR duties.until < $3 OR duties.until > $5",
                    name.as_str(),
                    holder,
                    now.0,
                    until.0,
                    longest;
                    |t| Ok(match t.duties.get(name) {
                        Some((other, end)) if *other != holder && (now.0..=longest).contains(end) => 0,
                        _ => t.duties.put(name.clone(), (holder, until.0)),
                    })
                )?;
                Ok(taken == 1)
            })
        })
        .await
    }

    /// Writes a row, to find out whether anything can be written. The room on the disk is looked at besides: one small row may
    /// still fit where no save does.
    pub async fn probe_write(&self, holder: Uuid, now: Time) -> Result<()> {
        if let Some(free) = self.core().pools.free_bytes().filter(|free| *free < FREE_BYTES_MIN) {
            return Err(StoreError::Unavailable(format!("the disk is full: {free} bytes are left")));
        }
        self.write((), move |_, tx, ()| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "INSERT INTO duties (name, holder, until) VALUES ($1, $2, $3)
                     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until",
                    PROBE,
                    holder,
                    now.0;
                    |t| Ok(t.duties.put(PROBE.to_owned(), (holder, now.0)))
                )?;
                Ok(())
            })
        })
        .await
    }

    /// Gives a duty back, so that the next process need not wait for it to run out.
    pub async fn duty_give(&self, name: &str, holder: Uuid) -> Result<()> {
        self.write(name.to_owned(), move |_, tx, name| {
            Box::pin(async move {
                execute!(
                    &mut tx.db(),
                    "DELETE FROM duties WHERE name = $1 AND holder = $2",
                    name.as_str(),
                    holder;
                    |t| Ok(match t.duties.get(name) {
                        Some((own, _)) if *own == holder => t.duties.remove(name),
                        _ => 0,
                    })
                )?;
                Ok(())
            })
        })
        .await
    }
}

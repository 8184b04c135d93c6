//! Duties: work that one process at a time does for all, by a row that expires.

use swath_domain::Time;
use uuid::Uuid;

use crate::core::Store;
use crate::db::execute;
use crate::error::Result;

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

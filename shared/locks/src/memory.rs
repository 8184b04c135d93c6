//! Locks inside one process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::time::Instant;

use crate::Acquired;

/// The table grows up to this number of locks before the first purge of expired ones.
const FIRST_PURGE_LEN: usize = 1024;

#[derive(Default)]
pub(crate) struct Memory {
    table: Mutex<Table>,
}

/// The current locks, and at most as many expired ones that are not purged yet.
struct Table {
    locks: HashMap<AssignmentId, Lock>,
    next_purge_len: usize,
}

struct Lock {
    lease: LeaseId,
    until: Instant,
}

impl Default for Table {
    fn default() -> Self {
        Self { locks: HashMap::new(), next_purge_len: FIRST_PURGE_LEN }
    }
}

impl Memory {
    pub fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        let now = Instant::now();
        let mut table = self.table();
        table.purge(now);
        batch.iter().map(|(assignment, lease)| table.acquire(*assignment, *lease, now, ttl)).collect()
    }

    pub fn keep(&self, batch: &[(AssignmentId, LeaseId, Duration)]) {
        let now = Instant::now();
        let mut table = self.table();
        for (assignment, lease, remaining) in batch {
            if table.holder(*assignment, now).is_none_or(|holder| holder == *lease) {
                table.locks.insert(*assignment, Lock { lease: *lease, until: now + *remaining });
            }
        }
    }

    pub fn free(&self, batch: &[(AssignmentId, LeaseId)]) {
        let now = Instant::now();
        let mut table = self.table();
        for (assignment, lease) in batch {
            if table.holder(*assignment, now) == Some(*lease) {
                table.locks.remove(assignment);
            }
        }
    }

    pub fn clear(&self) {
        self.table().locks.clear();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn acquire(&mut self, assignment: AssignmentId, lease: LeaseId, now: Instant, ttl: Duration) -> Acquired {
        let lock = Lock { lease, until: now + ttl };
        match self.locks.entry(assignment) {
            Entry::Occupied(entry) if entry.get().until > now => {
                if entry.get().lease == lease {
                    Acquired::Granted
                } else {
                    Acquired::Refused
                }
            }
            Entry::Occupied(mut entry) => {
                entry.insert(lock);
                Acquired::Granted
            }
            Entry::Vacant(entry) => {
                entry.insert(lock);
                Acquired::Granted
            }
        }
    }

    fn holder(&self, assignment: AssignmentId, now: Instant) -> Option<LeaseId> {
        self.locks.get(&assignment).filter(|lock| lock.until > now).map(|lock| lock.lease)
    }

    /// Removes expired locks each time the table has doubled, so that the cost per lock is constant.
    fn purge(&mut self, now: Instant) {
        if self.locks.len() >= self.next_purge_len {
            self.locks.retain(|_, lock| lock.until > now);
            self.next_purge_len = FIRST_PURGE_LEN.max(self.locks.len() * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    crate::conformance::suite!(start_paused = true, |_prefix| crate::Locks::memory());

    #[tokio::test(start_paused = true)]
    async fn expired_locks_do_not_pile_up() {
        let memory = Memory::default();
        for number in 0..10 * FIRST_PURGE_LEN as u128 {
            let pair = (AssignmentId(Uuid::from_u128(number)), LeaseId(Uuid::from_u128(number)));
            memory.acquire(&[pair], Duration::from_millis(1));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(memory.table().locks.len() <= FIRST_PURGE_LEN);
    }
}

//! Locks inside one process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};
use tokio::time::Instant;

use crate::Acquired;

/// Locks are counted up to here before the first purge of those that have run out.
const FIRST_PURGE: usize = 1024;

#[derive(Default)]
pub(crate) struct Memory {
    table: Mutex<Table>,
}

/// As many locks as there are current leases, and at most as many again that ran out and were not purged yet.
struct Table {
    held: HashMap<AssignmentId, Held>,
    next_purge: usize,
}

struct Held {
    lease: LeaseId,
    until: Instant,
}

impl Default for Table {
    fn default() -> Self {
        Self { held: HashMap::new(), next_purge: FIRST_PURGE }
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
                table.held.insert(*assignment, Held { lease: *lease, until: now + *remaining });
            }
        }
    }

    pub fn free(&self, batch: &[(AssignmentId, LeaseId)]) {
        let now = Instant::now();
        let mut table = self.table();
        for (assignment, lease) in batch {
            if table.holder(*assignment, now) == Some(*lease) {
                table.held.remove(assignment);
            }
        }
    }

    pub fn clear(&self) {
        self.table().held.clear();
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn acquire(&mut self, assignment: AssignmentId, lease: LeaseId, now: Instant, ttl: Duration) -> Acquired {
        let held = Held { lease, until: now + ttl };
        match self.held.entry(assignment) {
            Entry::Occupied(entry) if entry.get().until > now => {
                if entry.get().lease == lease {
                    Acquired::Granted
                } else {
                    Acquired::Refused
                }
            }
            Entry::Occupied(mut entry) => {
                entry.insert(held);
                Acquired::Granted
            }
            Entry::Vacant(entry) => {
                entry.insert(held);
                Acquired::Granted
            }
        }
    }

    fn holder(&self, assignment: AssignmentId, now: Instant) -> Option<LeaseId> {
        self.held.get(&assignment).filter(|held| held.until > now).map(|held| held.lease)
    }

    /// Costs the table's length once per doubling.
    fn purge(&mut self, now: Instant) {
        if self.held.len() >= self.next_purge {
            self.held.retain(|_, held| held.until > now);
            self.next_purge = FIRST_PURGE.max(self.held.len() * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    crate::conformance::suite!(start_paused = true, |_prefix| crate::Locks::memory());

    #[tokio::test(start_paused = true)]
    async fn what_has_run_out_does_not_pile_up() {
        let memory = Memory::default();
        for number in 0..10 * FIRST_PURGE as u128 {
            let pair = (AssignmentId(Uuid::from_u128(number)), LeaseId(Uuid::from_u128(number)));
            memory.acquire(&[pair], Duration::from_millis(1));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(memory.table().held.len() <= FIRST_PURGE);
    }
}

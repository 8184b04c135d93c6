//! Locks in memory that give wrong answers on request, for the simulation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};

use crate::Acquired;
use crate::memory::Memory;

/// The fault that the locks have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LockFault {
    /// No fault: the locks answer correctly.
    None,
    /// Every lock is granted, even if another lease has it.
    GrantsAll,
    /// Every lock is refused.
    RefusesAll,
    /// The lock server cannot be reached.
    Unreachable,
}

/// The locks together with the switch for their fault. Clones share both.
#[derive(Clone, Default)]
pub struct FaultInjectingLocks(Arc<Inner>);

#[derive(Default)]
struct Inner {
    fault: AtomicU8,
    memory: Memory,
}

impl FaultInjectingLocks {
    /// Sets the fault for all further calls.
    pub fn set(&self, fault: LockFault) {
        self.0.fault.store(fault as u8, Ordering::Relaxed);
    }

    /// Forgets every lock.
    pub fn forget(&self) {
        self.0.memory.clear();
    }

    fn has(&self, fault: LockFault) -> bool {
        self.0.fault.load(Ordering::Relaxed) == fault as u8
    }

    pub(crate) fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        let correct = self.0.memory.acquire(batch, ttl);
        let wrong = [
            (LockFault::GrantsAll, Acquired::Granted),
            (LockFault::RefusesAll, Acquired::Refused),
            (LockFault::Unreachable, Acquired::Unknown),
        ];
        match wrong.into_iter().find(|(fault, _)| self.has(*fault)) {
            Some((_, answer)) => vec![answer; batch.len()],
            None => correct,
        }
    }

    /// The locks, or `None` while they cannot be reached.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        (!self.has(LockFault::Unreachable)).then_some(&self.0.memory)
    }
}

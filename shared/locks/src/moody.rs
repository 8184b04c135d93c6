//! Locks in memory that can be made to lie: what a simulation puts in Redis' place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use swath_domain::ids::{AssignmentId, LeaseId};

use crate::Acquired;
use crate::memory::Memory;

/// How the locks answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Temper {
    /// As they should.
    Honest,
    /// Everything is granted, whoever holds it.
    GrantsAll,
    /// Everything is refused.
    RefusesAll,
    /// Nobody can be asked.
    Away,
}

/// The hand on the locks; clones hold the same ones.
#[derive(Clone, Default)]
pub struct Mood(Arc<Inner>);

#[derive(Default)]
struct Inner {
    temper: AtomicU8,
    memory: Memory,
}

impl Mood {
    /// From now on the locks answer like this.
    pub fn set(&self, temper: Temper) {
        self.0.temper.store(temper as u8, Ordering::Relaxed);
    }

    /// Forgets every lock.
    pub fn forget(&self) {
        self.0.memory.clear();
    }

    fn is(&self, temper: Temper) -> bool {
        self.0.temper.load(Ordering::Relaxed) == temper as u8
    }

    pub(crate) fn acquire(&self, batch: &[(AssignmentId, LeaseId)], ttl: Duration) -> Vec<Acquired> {
        let honest = self.0.memory.acquire(batch, ttl);
        let lie = [
            (Temper::GrantsAll, Acquired::Granted),
            (Temper::RefusesAll, Acquired::Refused),
            (Temper::Away, Acquired::Unknown),
        ];
        match lie.into_iter().find(|(temper, _)| self.is(*temper)) {
            Some((_, answer)) => vec![answer; batch.len()],
            None => honest,
        }
    }

    pub(crate) fn memory(&self) -> Option<&Memory> {
        (!self.is(Temper::Away)).then_some(&self.0.memory)
    }
}

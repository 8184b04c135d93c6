//! The database in memory: a model of the tables with their keys and constraints, which passes the databases' suite.
//! It is for simulations, which need a store that is quick and never surprises; nothing of it survives its process.
//!
//! Every statement of this crate names its model beside its SQL, so that the verbs above are the same code on all three.

mod constraints;
mod datasets;
mod fault;
mod table;
mod tables;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::{Result, StoreError};
use fault::Faults;

pub(crate) use tables::Tables;

pub use fault::Fault;
pub(crate) use tables::{
    Accepted, Annotation, FileRecord, InvitationRecord, Item, MeasuringRow, MemberRecord, PEOPLE,
    PictureSize, Segment, SignInLinkRecord, TokenRecord, VerdictRecord,
};

/// A store in memory; clones are the same store, as two processes on one database.
#[derive(Clone, Default)]
pub struct Memory {
    tables: Arc<Mutex<Tables>>,
    faults: Arc<Faults>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    /// The next commit comes to this.
    pub fn fail_next(&self, fault: Fault) {
        self.faults.plan(fault);
    }

    /// Whether a fault is planned that no commit has met yet.
    pub fn is_failing(&self) -> bool {
        self.faults.is_planned()
    }

    /// Takes back a fault that no commit has met yet.
    pub fn spare(&self) {
        self.faults.take();
    }

    /// Reads the tables; `None` while a transaction has them.
    pub(crate) fn try_look<R>(&self, look: impl FnOnce(&Tables) -> R) -> Option<R> {
        self.tables.try_lock().ok().map(|tables| look(&tables))
    }

    /// The tables, for one reader or one transaction at a time.
    async fn open(&self) -> Session {
        Session { tables: self.tables.clone().lock_owned().await, faults: self.faults.clone() }
    }
}

/// One process' way to the tables.
pub(crate) struct Connection {
    memory: Memory,
    closed: AtomicBool,
}

impl Connection {
    pub(crate) fn to(memory: &Memory) -> Self {
        Self { memory: memory.clone(), closed: AtomicBool::new(false) }
    }

    pub(crate) async fn open(&self) -> Result<Session> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Unavailable("the store is closed".into()));
        }
        Ok(self.memory.open().await)
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// The tables in the hands of one transaction; dropped without a commit it leaves no trace.
pub(crate) struct Session {
    tables: OwnedMutexGuard<Tables>,
    faults: Arc<Faults>,
}

impl Session {
    pub(crate) fn commit(mut self) -> Result<()> {
        let fault = self.faults.take();
        if fault != Some(Fault::Undone) {
            self.tables.commit();
        }
        match fault {
            None => Ok(()),
            Some(fault) => Err(StoreError::Unavailable(format!("planned: {fault:?}"))),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.tables.rollback();
    }
}

impl Deref for Session {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Tables {
        &mut self.tables
    }
}

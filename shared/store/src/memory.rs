//! The truth in memory: a model of the tables, with their keys and constraints, that passes the suite of the databases.
//! It is for simulations, which need a store that is quick and never surprises; nothing of it survives its process.
//!
//! Every statement of this crate names its model beside its SQL, so that the verbs above are the same code on all three.

mod constraints;
mod table;
mod tables;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::error::{Result, StoreError};

pub(crate) use tables::Tables;
pub(crate) use tables::{Accepted, Annotation, Item, Segment, TokenRecord, VerdictRecord};

/// A store in memory; clones are the same store, as two processes on one database.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Tables>>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Memory")
    }
}

impl Memory {
    /// The tables, for one reader or one transaction at a time.
    async fn open(&self) -> Session {
        Session(self.0.clone().lock_owned().await)
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
pub(crate) struct Session(OwnedMutexGuard<Tables>);

impl Session {
    pub(crate) fn commit(mut self) {
        self.0.commit();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.rollback();
    }
}

impl Deref for Session {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.0
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Tables {
        &mut self.0
    }
}

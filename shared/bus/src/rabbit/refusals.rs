//! What the broker refuses this process for want of a permission. The connection stands all the while, so that nothing
//! else tells of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tracing::{info, warn};

use super::fault::Fault;
use crate::Health;

/// By what is refused: why, and since when.
#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<String, (String, Instant)>>);

impl Refusals {
    /// Notes a fault if it is a refusal; said once, however often it is tried again.
    pub fn note(&self, what: &str, fault: &Fault) {
        if fault.is_refused() && !self.all().contains_key(what) {
            warn!(what, %fault, "the broker refuses this; trying for ever");
            self.all().insert(what.to_owned(), (fault.to_string(), Instant::now()));
        }
    }

    /// Notes that it is granted.
    pub fn granted(&self, what: &str) {
        if self.all().remove(what).is_some() {
            info!(what, "the broker refuses this no more");
        }
    }

    /// Down as long as anything is refused.
    pub fn health(&self) -> Health {
        match self.all().iter().next() {
            Some((what, (fault, since))) => {
                Health::Down { reason: format!("{what} is refused: {fault}"), since: *since }
            }
            None => Health::Up,
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, (String, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

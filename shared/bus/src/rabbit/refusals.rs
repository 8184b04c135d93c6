//! Operations that the broker refuses because the user lacks a permission. The connection stays open, so nothing else
//! would report them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::fault::Fault;
use crate::Health;

/// How long a refusal counts if it does not occur again, because the queue may not be needed any more. Longer than the
/// longest pause between two attempts.
const REFUSAL_TTL: Duration = Duration::from_secs(120);

/// An operation on a queue. Each has its own permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Consume,
    Publish,
}

/// The current refusals, by operation and queue.
#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<(Operation, String), Refusal>>);

struct Refusal {
    fault: String,
    since: Instant,
    last: Instant,
}

impl Refusals {
    /// Records a fault if it is a refusal. Logs it only the first time.
    pub fn note(&self, operation: Operation, queue: &str, fault: &Fault) {
        if !fault.is_refused() {
            return;
        }
        let now = Instant::now();
        let mut current = self.current();
        let refusal = current.entry((operation, queue.to_owned())).or_insert_with(|| {
            warn!(act = ?operation, queue, %fault, "the broker refuses this; it will be retried");
            Refusal { fault: fault.to_string(), since: now, last: now }
        });
        refusal.last = now;
    }

    /// Records that an operation is permitted.
    pub fn granted(&self, operation: Operation, queue: &str) {
        let mut current = self.current();
        // Called for every message, so avoid the allocation in the usual case that nothing is refused.
        if !current.is_empty() && current.remove(&(operation, queue.to_owned())).is_some() {
            info!(act = ?operation, queue, "the broker permits this again");
        }
    }

    /// Down while anything is refused.
    pub fn health(&self) -> Health {
        match self.current().first_key_value() {
            Some(((operation, queue), Refusal { fault, since, .. })) => {
                let what = match operation {
                    Operation::Consume => "consuming",
                    Operation::Publish => "publishing to",
                };
                Health::Down { reason: format!("{what} {queue} is refused: {fault}"), since: *since }
            }
            None => Health::Up,
        }
    }

    fn current(&self) -> MutexGuard<'_, BTreeMap<(Operation, String), Refusal>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, refusal| refusal.last.elapsed() < REFUSAL_TTL);
        all
    }
}

#[cfg(test)]
mod tests {
    use lapin::ErrorKind;
    use lapin::protocol::{AMQPError, AMQPErrorKind, AMQPSoftError};

    use super::*;

    fn fault(kind: AMQPSoftError) -> Fault {
        let error = AMQPError::new(AMQPErrorKind::Soft(kind), "as the broker says".into());
        Fault::Broker(ErrorKind::ProtocolError(error).into())
    }

    fn reason(refusals: &Refusals) -> Option<String> {
        match refusals.health() {
            Health::Up => None,
            Health::Down { reason, .. } => Some(reason),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_reported_until_it_is_permitted_or_expires() {
        let refusals = Refusals::default();
        refusals.note(Operation::Publish, "swath.one", &fault(AMQPSoftError::NOTFOUND));
        assert_eq!(reason(&refusals), None, "not a missing permission");
        refusals.note(Operation::Consume, "swath.one", &fault(AMQPSoftError::ACCESSREFUSED));
        refusals.note(Operation::Publish, "swath.two", &fault(AMQPSoftError::ACCESSREFUSED));
        refusals.granted(Operation::Publish, "swath.one");
        assert!(reason(&refusals).unwrap().starts_with("consuming swath.one is refused: "));
        refusals.granted(Operation::Consume, "swath.one");
        assert!(reason(&refusals).unwrap().starts_with("publishing to swath.two is refused: "));
        tokio::time::advance(REFUSAL_TTL / 2).await;
        refusals.note(Operation::Publish, "swath.two", &fault(AMQPSoftError::ACCESSREFUSED));
        tokio::time::advance(REFUSAL_TTL / 2).await;
        assert!(reason(&refusals).is_some(), "it occurred again meanwhile");
        tokio::time::advance(REFUSAL_TTL / 2).await;
        assert_eq!(reason(&refusals), None);
    }
}

//! What the broker refuses this process for want of a permission. The connection stands all the while, so that nothing
//! else tells of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::fault::Fault;
use crate::Health;

/// How long a refusal counts that is not met again: nobody may need the queue any more. Longer than the longest pause
/// between two attempts.
const FADES: Duration = Duration::from_secs(120);

/// What a process does with a queue; whoever may do the one may not always do the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    Consume,
    Publish,
}

/// By what is refused: the act, and the queue where it is about one.
#[derive(Default)]
pub(super) struct Refusals(Mutex<BTreeMap<(Act, String), Refusal>>);

struct Refusal {
    fault: String,
    since: Instant,
    last: Instant,
}

impl Refusals {
    /// Notes a fault if it is a refusal; said once, however often it is tried again.
    pub fn note(&self, act: Act, queue: &str, fault: &Fault) {
        if !fault.is_refused() {
            return;
        }
        let now = Instant::now();
        let mut standing = self.standing();
        let refusal = standing.entry((act, queue.to_owned())).or_insert_with(|| {
            warn!(?act, queue, %fault, "the broker refuses this; trying for ever");
            Refusal { fault: fault.to_string(), since: now, last: now }
        });
        refusal.last = now;
    }

    /// Notes that it is granted.
    pub fn granted(&self, act: Act, queue: &str) {
        let mut standing = self.standing();
        // Nothing is refused almost always, and this is asked with every message.
        if !standing.is_empty() && standing.remove(&(act, queue.to_owned())).is_some() {
            info!(?act, queue, "the broker refuses this no more");
        }
    }

    /// Down as long as anything is refused.
    pub fn health(&self) -> Health {
        match self.standing().first_key_value() {
            Some(((act, queue), Refusal { fault, since, .. })) => {
                let what = match act {
                    Act::Consume => "consuming",
                    Act::Publish => "publishing to",
                };
                Health::Down { reason: format!("{what} {queue} is refused: {fault}"), since: *since }
            }
            None => Health::Up,
        }
    }

    fn standing(&self) -> MutexGuard<'_, BTreeMap<(Act, String), Refusal>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, refusal| refusal.last.elapsed() < FADES);
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
    async fn what_is_refused_is_named_until_it_is_granted_or_nobody_asks_any_more() {
        let refusals = Refusals::default();
        refusals.note(Act::Publish, "swath.one", &fault(AMQPSoftError::NOTFOUND));
        assert_eq!(reason(&refusals), None, "no want of a permission");
        refusals.note(Act::Consume, "swath.one", &fault(AMQPSoftError::ACCESSREFUSED));
        refusals.note(Act::Publish, "swath.two", &fault(AMQPSoftError::ACCESSREFUSED));
        refusals.granted(Act::Publish, "swath.one");
        assert!(reason(&refusals).unwrap().starts_with("consuming swath.one is refused: "));
        refusals.granted(Act::Consume, "swath.one");
        assert!(reason(&refusals).unwrap().starts_with("publishing to swath.two is refused: "));
        tokio::time::advance(FADES / 2).await;
        refusals.note(Act::Publish, "swath.two", &fault(AMQPSoftError::ACCESSREFUSED));
        tokio::time::advance(FADES / 2).await;
        assert!(reason(&refusals).is_some(), "it was met again meanwhile");
        tokio::time::advance(FADES / 2).await;
        assert_eq!(reason(&refusals), None);
    }
}

//! Memory for large requests, and for large answers: a process has so much of each, and a request that needs more waits
//! until others are done. Each person can take only a part of it, so a slow reader or sender delays only their own
//! requests. Small requests are many and take nothing from it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use swath_domain::ids::UserId;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

use crate::problem::{Problem, Result};

/// What all large requests, or answers, of a process may take together.
const BUDGET_BYTES: usize = 96 << 20;
/// What those of one person may take together.
const PERSON_BYTES: usize = 32 << 20;
/// People whose parts are remembered before those that are not in use are forgotten.
const PEOPLE_MAX: usize = 1_000;
/// A request or an answer of at most so many bytes takes nothing.
pub const SMALL_BYTES: usize = 512 << 10;
/// The unit in which the budget is counted.
const UNIT_BYTES: usize = 1 << 10;
/// How long a request waits for its share.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The memory that large requests, or answers, share.
#[derive(Debug, Clone)]
pub struct Budget {
    all: Arc<Semaphore>,
    people: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(BUDGET_BYTES / UNIT_BYTES)), people: Arc::default() }
    }
}

/// A share of the budget, which is given back when its last copy is dropped.
#[derive(Debug, Clone, Default)]
pub struct Share(Vec<Arc<OwnedSemaphorePermit>>);

impl Share {
    /// Several shares as one.
    pub fn of(shares: impl IntoIterator<Item = Self>) -> Self {
        Self(shares.into_iter().flat_map(|share| share.0).collect())
    }
}

impl Budget {
    /// Waits for the memory of a person's request or answer of so many bytes; one that is larger than a person's part
    /// takes all of that. Those without a token count as one person.
    pub async fn share(&self, user: Option<UserId>, bytes: usize) -> Result<Share> {
        if bytes <= SMALL_BYTES {
            return Ok(Share::default());
        }
        let units = bytes.min(PERSON_BYTES).div_ceil(UNIT_BYTES);
        let units = u32::try_from(units).map_err(|_| Problem::busy())?;
        // The person's part first: what waits for that holds nothing of the others'.
        let own = self.of(user.unwrap_or(UserId(Uuid::nil())));
        let permits = async {
            let own = own.acquire_many_owned(units).await?;
            let all = self.all.clone().acquire_many_owned(units).await?;
            Ok::<_, AcquireError>(vec![Arc::new(own), Arc::new(all)])
        };
        match timeout(WAIT_TIMEOUT, permits).await {
            Ok(Ok(permits)) => Ok(Share(permits)),
            _ => Err(Problem::busy()),
        }
    }

    fn of(&self, user: UserId) -> Arc<Semaphore> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.len() >= PEOPLE_MAX {
            // A permit, and a wait for one, keeps its semaphore.
            people.retain(|_, part| Arc::strong_count(part) > 1);
        }
        let part = || Arc::new(Semaphore::new(PERSON_BYTES / UNIT_BYTES));
        people.entry(user).or_insert_with(part).clone()
    }
}

/// An answer's bytes, with the memory that they take.
struct Counted {
    bytes: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that give their share back once they are sent.
pub fn counted(bytes: Vec<u8>, share: Share) -> Bytes {
    Bytes::from_owner(Counted { bytes, _share: share })
}

/// Answers with JSON that gives its share back once it is sent.
pub fn json_response(status: StatusCode, value: &impl Serialize, share: Share) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            (status, [kind], Body::from(counted(bytes, share))).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Problem::unavailable().into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> Option<UserId> {
        Some(UserId(Uuid::from_u128(number)))
    }

    #[tokio::test]
    async fn large_answers_wait_for_each_other_and_small_ones_do_not() {
        let budget = Budget::default();
        let mut shares = Vec::new();
        for number in 0..BUDGET_BYTES / PERSON_BYTES {
            shares.push(budget.share(person(number as u128), PERSON_BYTES).await.unwrap());
        }
        budget.share(person(100), SMALL_BYTES).await.unwrap();
        let last = budget.share(person(100), PERSON_BYTES);
        tokio::pin!(last);
        assert!(futures::poll!(&mut last).is_pending());
        let sent = counted(vec![0; 10], shares.remove(0));
        assert!(futures::poll!(&mut last).is_pending());
        drop(sent);
        last.await.unwrap();
    }

    #[tokio::test]
    async fn one_person_holds_up_nobody_else() {
        let budget = Budget::default();
        let _slow = budget.share(person(1), usize::MAX).await.unwrap();
        let more: Vec<_> = (0..50).map(|_| Box::pin(budget.share(person(1), 1 << 20))).collect();
        for mut waiting in more {
            assert!(futures::poll!(&mut waiting).is_pending());
        }
        budget.share(person(2), PERSON_BYTES).await.unwrap();
        let _anonymous = budget.share(None, PERSON_BYTES).await.unwrap();
    }
}

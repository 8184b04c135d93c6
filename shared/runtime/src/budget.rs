//! Memory budgets for large requests and large responses. A request that does not fit waits until others are done.
//! Each user may only use a part of a budget, so a slow client delays only the requests of its own user. Small
//! requests are not counted.

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

/// The memory of all large requests, or responses, of a process.
const BUDGET_BYTES: usize = 96 << 20;
/// The memory of the large requests, or responses, of one user.
const USER_BYTES: usize = 32 << 20;
/// How many users are tracked before unused entries are removed.
const USERS_MAX: usize = 1_000;
/// Requests and responses up to this size are not counted.
pub const SMALL_BYTES: usize = 512 << 10;
/// The unit in which a budget is counted.
const UNIT_BYTES: usize = 1 << 10;
/// How long a request waits for memory.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The memory that large requests, or responses, share. Clones share one budget.
#[derive(Debug, Clone)]
pub struct Budget {
    all: Arc<Semaphore>,
    users: Arc<Mutex<HashMap<UserId, Arc<Semaphore>>>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(BUDGET_BYTES / UNIT_BYTES)), users: Arc::default() }
    }
}

/// A share of a budget, which is returned when its last clone is dropped.
#[derive(Debug, Clone, Default)]
pub struct Share(Vec<Arc<OwnedSemaphorePermit>>);

impl Share {
    /// Combines several shares.
    pub fn of(shares: impl IntoIterator<Item = Self>) -> Self {
        Self(shares.into_iter().flat_map(|share| share.0).collect())
    }
}

impl Budget {
    /// Waits for the memory of a request or response with this many bytes. A larger one than a user's part takes the
    /// whole part. All requests without a token share one part.
    ///
    /// # Errors
    /// 503 if there is not enough memory in time.
    pub async fn share(&self, user: Option<UserId>, bytes: usize) -> Result<Share> {
        if bytes <= SMALL_BYTES {
            return Ok(Share::default());
        }
        let units = bytes.min(USER_BYTES).div_ceil(UNIT_BYTES);
        let units = u32::try_from(units).map_err(|_| Problem::busy())?;
        // The user's part comes first, so that a request waiting for it blocks no other user.
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
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= USERS_MAX {
            // Permits and waiters hold a reference to their semaphore.
            users.retain(|_, part| Arc::strong_count(part) > 1);
        }
        let part = || Arc::new(Semaphore::new(USER_BYTES / UNIT_BYTES));
        users.entry(user).or_insert_with(part).clone()
    }
}

/// Bytes with their share of a budget.
struct Counted {
    bytes: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that return their share when they are dropped.
pub fn counted(bytes: Vec<u8>, share: Share) -> Bytes {
    Bytes::from_owner(Counted { bytes, _share: share })
}

/// A JSON response that returns its share once it is sent.
pub fn json_response(status: StatusCode, value: &impl Serialize, share: Share) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            (status, [kind], Body::from(counted(bytes, share))).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a response could not be serialized");
            Problem::unavailable().into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u128) -> Option<UserId> {
        Some(UserId(Uuid::from_u128(number)))
    }

    #[tokio::test]
    async fn large_responses_wait_for_memory_and_small_ones_do_not() {
        let budget = Budget::default();
        let mut shares = Vec::new();
        for number in 0..BUDGET_BYTES / USER_BYTES {
            shares.push(budget.share(user(number as u128), USER_BYTES).await.unwrap());
        }
        budget.share(user(100), SMALL_BYTES).await.unwrap();
        let last = budget.share(user(100), USER_BYTES);
        tokio::pin!(last);
        assert!(futures::poll!(&mut last).is_pending());
        let sent = counted(vec![0; 10], shares.remove(0));
        assert!(futures::poll!(&mut last).is_pending());
        drop(sent);
        last.await.unwrap();
    }

    #[tokio::test]
    async fn one_user_does_not_delay_others() {
        let budget = Budget::default();
        let _slow = budget.share(user(1), usize::MAX).await.unwrap();
        let more: Vec<_> = (0..50).map(|_| Box::pin(budget.share(user(1), 1 << 20))).collect();
        for mut waiting in more {
            assert!(futures::poll!(&mut waiting).is_pending());
        }
        budget.share(user(2), USER_BYTES).await.unwrap();
        let _anonymous = budget.share(None, USER_BYTES).await.unwrap();
    }
}

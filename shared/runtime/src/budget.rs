//! Memory for large requests, and for large answers: a process has so much of each, and a request that needs more waits
//! until others are done. Small ones are many and take nothing from it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::{Problem, Result};

/// What all large requests, or answers, of a process may take together.
const BUDGET_BYTES: usize = 96 << 20;
/// A request or an answer of at most so many bytes takes nothing.
pub const SMALL_BYTES: usize = 512 << 10;
/// The unit in which the budget is counted.
const UNIT_BYTES: usize = 1 << 10;
/// How long a request waits for its share.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// The memory that large requests, or answers, share.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET_BYTES / UNIT_BYTES)))
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
    /// Waits for the memory of a request or an answer of so many bytes; one that is larger than the whole budget takes all of it.
    pub async fn share(&self, bytes: usize) -> Result<Share> {
        if bytes <= SMALL_BYTES {
            return Ok(Share::default());
        }
        let units = bytes.min(BUDGET_BYTES).div_ceil(UNIT_BYTES);
        let units = u32::try_from(units).map_err(|_| Problem::busy())?;
        match timeout(WAIT_TIMEOUT, self.0.clone().acquire_many_owned(units)).await {
            Ok(Ok(permit)) => Ok(Share(vec![Arc::new(permit)])),
            _ => Err(Problem::busy()),
        }
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
pub fn json(status: StatusCode, value: &impl Serialize, share: Share) -> Response {
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

    #[tokio::test]
    async fn large_answers_wait_for_each_other_and_small_ones_do_not() {
        let budget = Budget::default();
        let first = budget.share(BUDGET_BYTES).await.unwrap();
        budget.share(SMALL_BYTES).await.unwrap();
        let second = budget.share(BUDGET_BYTES);
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        let sent = counted(vec![0; 10], first);
        assert!(futures::poll!(&mut second).is_pending());
        drop(sent);
        second.await.unwrap();
    }
}

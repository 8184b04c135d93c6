//! Collects when tokens were last used. Another task writes it to the database, so that no request waits for that.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use swath_domain::ids::TokenId;
use tokio::time::Instant;

/// How often the use of one token is written, at most. The shown time may be older by this much.
const WRITE_INTERVAL: Duration = Duration::from_secs(60);
/// How many tokens are tracked. At this number the written ones are removed, which only costs them another write.
const TOKENS_MAX: usize = 50_000;

/// When each token was last recorded, and whether that is still to be written.
#[derive(Default)]
pub(crate) struct Uses(Mutex<HashMap<TokenId, (Instant, bool)>>);

impl Uses {
    pub(crate) fn record(&self, token: TokenId) {
        let now = Instant::now();
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.get(&token).is_some_and(|(recorded, _)| now - *recorded < WRITE_INTERVAL) {
            return;
        }
        if uses.len() >= TOKENS_MAX {
            uses.retain(|_, (_, unwritten)| *unwritten);
        }
        if uses.len() >= 2 * TOKENS_MAX {
            return;
        }
        uses.insert(token, (now, true));
    }

    pub(crate) fn take(&self) -> Vec<TokenId> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokens = Vec::new();
        for (token, (_, unwritten)) in uses.iter_mut().filter(|(_, (_, unwritten))| *unwritten) {
            *unwritten = false;
            tokens.push(*token);
        }
        // All processes write them in this order, so that they do not deadlock.
        tokens.sort_unstable();
        tokens
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_is_written_at_most_once_a_minute() {
        let (uses, token) = (Uses::default(), TokenId(Uuid::from_u128(1)));
        uses.record(token);
        uses.record(token);
        assert_eq!(uses.take(), [token]);
        uses.record(token);
        assert!(uses.take().is_empty());
        tokio::time::advance(WRITE_INTERVAL).await;
        uses.record(token);
        assert_eq!(uses.take(), [token]);
    }
}

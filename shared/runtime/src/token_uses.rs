//! When tokens were last used: gathered as requests come in, and written now and then, so that no request waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use swath_domain::ids::TokenId;
use tokio::time::Instant;

/// How often one token's use is written, at most: what is shown is older by that much.
const WRITE_INTERVAL: Duration = Duration::from_secs(60);
/// Tokens that are remembered; beyond that all are forgotten, which costs a write more for each.
const TOKENS_MAX: usize = 50_000;

/// When each token was last noted, and whether that is still to be written.
#[derive(Default)]
pub(crate) struct Uses(Mutex<HashMap<TokenId, (Instant, bool)>>);

impl Uses {
    pub(crate) fn note(&self, token: TokenId) {
        let now = Instant::now();
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.get(&token).is_some_and(|(noted, _)| now - *noted < WRITE_INTERVAL) {
            return;
        }
        if uses.len() >= TOKENS_MAX {
            uses.retain(|_, (_, waits)| *waits);
        }
        if uses.len() >= 2 * TOKENS_MAX {
            return;
        }
        uses.insert(token, (now, true));
    }

    pub(crate) fn take(&self) -> Vec<TokenId> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tokens = Vec::new();
        for (token, (_, waits)) in uses.iter_mut().filter(|(_, (_, waits))| *waits) {
            *waits = false;
            tokens.push(*token);
        }
        // In the order of their ids, in which all processes write them.
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
        uses.note(token);
        uses.note(token);
        assert_eq!(uses.take(), [token]);
        uses.note(token);
        assert!(uses.take().is_empty());
        tokio::time::advance(WRITE_INTERVAL).await;
        uses.note(token);
        assert_eq!(uses.take(), [token]);
    }
}

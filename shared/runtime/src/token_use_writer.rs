//! Writes when tokens were last used, every few seconds.

use std::time::Duration;

use crate::context::Context;

/// The time between two writes.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// How many tokens one statement writes, at most.
const TOKENS_PER_STATEMENT_MAX: usize = 1_000;

/// Writes the uses of tokens until shutdown, and once more then. Skips those that cannot be written, because they are
/// only informative.
pub async fn run(context: Context) {
    loop {
        let is_ending = tokio::time::timeout(FLUSH_INTERVAL, context.shutdown.cancelled()).await.is_ok();
        for tokens in context.tokens.take_uses().chunks(TOKENS_PER_STATEMENT_MAX) {
            if let Err(error) = context.store.tokens_used(tokens.to_vec(), context.actor(None)).await {
                tracing::warn!(%error, "the use of tokens could not be written");
            }
        }
        if is_ending {
            return;
        }
    }
}

//! A run in progress.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::meter::Meter;

/// A run in progress. Its owner can watch it and end it.
#[derive(Clone)]
pub struct Run {
    /// Counts the calls.
    pub meter: Arc<Meter>,
    /// Cancel it to end the run.
    pub over: CancellationToken,
}

impl Default for Run {
    fn default() -> Self {
        Self { meter: Arc::new(Meter::default()), over: CancellationToken::new() }
    }
}

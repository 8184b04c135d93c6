//! A run under way.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::meter::Meter;

/// A run under way. Its owner can watch it and end it.
#[derive(Clone)]
pub struct Run {
    /// The calls so far.
    pub meter: Arc<Meter>,
    /// Cancelled when all users shall stop.
    pub over: CancellationToken,
}

impl Default for Run {
    fn default() -> Self {
        Self { meter: Arc::new(Meter::default()), over: CancellationToken::new() }
    }
}

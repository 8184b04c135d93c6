//! Counts and logs every panic, wherever it happens.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, set_hook};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use super::current::current_route;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// How many panics there were since the process started.
pub(crate) fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// Counts and logs every panic from now on, with the route of the request in which it happens.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| set_hook(Box::new(record)));
}

fn record(info: &PanicHookInfo<'_>) {
    COUNT.fetch_add(1, Ordering::Relaxed);
    let message = info.payload_as_str().unwrap_or("(no message)");
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let route = current_route();
    let route = route.as_deref().unwrap_or("(none)");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(route, location, %backtrace, "panic: {message}");
    } else {
        tracing::error!(route, location, "panic: {message}");
    }
}

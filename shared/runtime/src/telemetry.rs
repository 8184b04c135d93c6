//! Logs, traces, and the metrics of every process.

mod current;
mod panics;
mod parts;
mod process;
mod traces;

pub(crate) use current::Current;
pub(crate) use parts::register as register_parts;
pub(crate) use process::families as process_families;
pub(crate) use traces::parse_traceparent;
pub use traces::{Step, Traces};

use std::io::IsTerminal;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Silences the broker's driver, which logs every closed connection as an error. The bus logs what matters. A
/// directive for the driver in `log.level` takes precedence.
const DRIVER_SILENCED: &str = "lapin=off";

/// Starts logging to standard error. A second call in a process changes nothing.
pub fn log(config: &Config) {
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter(&config.log.level)).with_writer(std::io::stderr);
    // By default a failed write panics when it cannot report its error either, for example on a full disk.
    let subscriber = subscriber.log_internal_errors(false);
    let subscriber = subscriber.with_ansi(std::io::stderr().is_terminal());
    panics::watch();
    // An error means that a test or the demo has already set up logging.
    let _ = match config.log.format {
        LogFormat::Json => subscriber.json().try_init(),
        LogFormat::Text => subscriber.try_init(),
    };
}

fn filter(level: &str) -> EnvFilter {
    EnvFilter::try_new(format!("{DRIVER_SILENCED},{level}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("{DRIVER_SILENCED},info")))
}

/// Metrics of connections.
#[derive(Clone)]
pub struct ConnectionMetrics {
    /// Open connections.
    pub open: IntGauge,
    /// Connections that the server closed, by reason.
    closed: IntCounterVec,
}

impl ConnectionMetrics {
    fn new() -> prometheus::Result<Self> {
        let closed = "swath_http_connections_closed_total";
        let metrics = Self {
            open: IntGauge::new("swath_http_connections", "Connections that are open.")?,
            closed: IntCounterVec::new(
                Opts::new(closed, "Connections that the server closed."),
                &["reason"],
            )?,
        };
        // All labels exist from the start, because Prometheus sees no increase when a series appears.
        for reason in ["header", "idle", "body", "stall", "evicted", "refused"] {
            metrics.closed.with_label_values(&[reason]);
        }
        Ok(metrics)
    }

    pub(crate) fn closed(&self, reason: &str) {
        self.closed.with_label_values(&[reason]).inc();
    }
}

/// Metrics of requests.
pub struct HttpMetrics {
    /// Requests by route and status.
    pub requests: IntCounterVec,
    /// The time to answer, in seconds, by route.
    pub seconds: HistogramVec,
    /// Metrics of connections.
    pub connections: ConnectionMetrics,
}

impl HttpMetrics {
    /// Makes and registers the metrics.
    ///
    /// # Errors
    /// If the registry already has them.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let labels = ["method", "route", "status"];
        let requests =
            IntCounterVec::new(Opts::new("swath_http_requests_total", "Requests answered."), &labels)?;
        let buckets = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
        let options = HistogramOpts::new("swath_http_request_seconds", "Time to answer.").buckets(buckets);
        let seconds = HistogramVec::new(options, &["route"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        let info = IntGaugeVec::new(Opts::new("swath_build_info", "Always 1."), &["version"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(info))?;
        let connections = ConnectionMetrics::new()?;
        registry.register(Box::new(connections.open.clone()))?;
        registry.register(Box::new(connections.closed.clone()))?;
        Ok(Self { requests, seconds, connections })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_of_the_broker_is_silent_unless_log_level_names_it() {
        let directives = |level: &str| filter(level).to_string();
        assert!(directives("info").contains("lapin=off"));
        let named = directives("info,lapin=debug");
        assert!(named.contains("lapin=debug") && !named.contains("lapin=off"), "{named}");
    }
}

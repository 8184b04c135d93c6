//! The settings of all HTTP clients of the harness.

use std::time::Duration;

/// Shorter than `server.idle_seconds` of Swath, so that no request is sent on a connection that the server is about
/// to close.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A client that does not follow redirects and uses no proxy.
pub fn client() -> reqwest::Client {
    // It fails if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let plain = plain.pool_idle_timeout(IDLE_TIMEOUT);
    plain.build().unwrap_or_else(|error| panic!("no HTTP client: {error}"))
}

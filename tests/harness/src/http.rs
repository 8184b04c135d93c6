//! The one way in which the harness makes HTTP clients.

use std::time::Duration;

/// Idle connections are given up before Swath closes them (`server.idle_seconds`), so that no request meets one that its
/// server is just closing.
const IDLE: Duration = Duration::from_secs(30);

/// A client that shows redirects as they are and never leaves the machine by a proxy.
pub fn client() -> reqwest::Client {
    // The second to install it finds it installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let plain = plain.pool_idle_timeout(IDLE);
    plain.build().unwrap_or_else(|error| panic!("no HTTP client: {error}"))
}

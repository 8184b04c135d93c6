//! The one way in which the harness makes HTTP clients.

/// A client that shows redirects as they are and never leaves the machine by a proxy.
pub fn client() -> reqwest::Client {
    // The second to install it finds it installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    plain.build().unwrap_or_else(|error| panic!("no HTTP client: {error}"))
}

//! Checks of values that their types do not exclude.

use anyhow::ensure;
use secrecy::ExposeSecret;

use super::secret::{WEAK, is_strong};
use super::sections::{Config, Traces};
use crate::origin;

/// The longest time that can be configured, in seconds: a year.
const SECONDS_MAX: u64 = 365 * 24 * 3_600;
/// The largest picture that can be allowed, which is the largest object that S3 takes in one request.
const PICTURE_BYTES_MAX: u64 = 5 << 30;

/// Refuses values that would not work, and names their key.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    let secret = config.server.secret.expose_secret();
    ensure!(secret.is_empty() || is_strong(secret), "server.secret: {WEAK}");
    let token = config.admin.token.expose_secret();
    ensure!(token.is_empty() || is_strong(token), "admin.token: {WEAK}");
    check_seconds(config)?;
    ensure!(config.server.connections >= 64, "server.connections: must be at least 64");
    ensure!(
        config.server.unauthenticated_connections >= 16,
        "server.unauthenticated_connections: must be at least 16"
    );
    ensure!(config.work.sweep_millis >= 10, "work.sweep_millis: must be at least 10");
    ensure!(
        (1..=10_000_000).contains(&config.work.cut_ahead),
        "work.cut_ahead: must be between 1 and 10000000"
    );
    ensure!((1..=10_000).contains(&config.work.hint_window), "work.hint_window: must be between 1 and 10000");
    ensure!(
        (1..=10_000).contains(&config.work.expire_at_once),
        "work.expire_at_once: must be between 1 and 10000"
    );
    ensure!(config.store.connections >= 4, "store.connections: must be at least 4");
    for (key, prefix) in [("bus.prefix", &config.bus.prefix), ("locks.prefix", &config.locks.prefix)] {
        let plain = prefix.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        ensure!(plain && (1..=64).contains(&prefix.len()), "{key}: 1 to 64 letters, digits, `-`, `_` or `.`");
    }
    check_files(config)?;
    check_cors(&config.server.cors_origins)?;
    for origin in &config.media.origins {
        let is_one = origin::of(origin).as_deref() == Some(origin);
        ensure!(is_one, "media.origins: `{origin}` is not an origin, as in https://pictures.example.org");
    }
    check_traces(&config.traces)
}

/// Uploads need at most one location, and sizes that fit the database's integers.
fn check_files(config: &Config) -> anyhow::Result<()> {
    let files = &config.files;
    let (has_folder, has_bucket) = (!files.folder.as_os_str().is_empty(), !files.s3_bucket.is_empty());
    ensure!(!(has_folder && has_bucket), "files: either a folder or an s3_bucket, not both");
    ensure!(has_bucket != files.s3_endpoint.is_empty(), "files: s3_bucket and s3_endpoint go together");
    let steps = files.s3_prefix.strip_suffix('/');
    let is_plain = |step: &str| !matches!(step, "" | "." | "..") && !step.contains(char::is_control);
    ensure!(
        files.s3_prefix.is_empty() || steps.is_some_and(|steps| steps.split('/').all(is_plain)),
        "files.s3_prefix: must be empty, or steps that end with a slash, as in swath/"
    );
    ensure!(
        (1..=PICTURE_BYTES_MAX).contains(&files.picture_bytes),
        "files.picture_bytes: must be between 1 and {PICTURE_BYTES_MAX}"
    );
    ensure!(i64::try_from(files.team_bytes).is_ok(), "files.team_bytes: must be at most {}", i64::MAX);
    Ok(())
}

/// Bounds every time, so that adding it to another time cannot overflow.
fn check_seconds(config: &Config) -> anyhow::Result<()> {
    let (server, work) = (&config.server, &config.work);
    let above_zero = [
        ("server.request_seconds", server.request_seconds),
        ("server.header_seconds", server.header_seconds),
        ("server.idle_seconds", server.idle_seconds),
        ("server.body_seconds", server.body_seconds),
        ("server.stall_seconds", server.stall_seconds),
    ];
    let any = [
        ("server.drain_seconds", server.drain_seconds),
        ("server.shutdown_seconds", server.shutdown_seconds),
        ("media.url_seconds", config.media.url_seconds),
        ("files.unused_seconds", config.files.unused_seconds),
        ("files.thumbnail_seconds", config.files.thumbnail_seconds),
        ("work.grace_seconds", work.grace_seconds),
        ("work.hint_repeat_seconds", work.hint_repeat_seconds),
        ("work.waive_after_seconds", work.waive_after_seconds),
        ("metrics.age_seconds", config.metrics.age_seconds),
    ];
    for (key, seconds) in above_zero {
        ensure!(seconds > 0, "{key}: must be above zero");
    }
    for (key, seconds) in above_zero.into_iter().chain(any) {
        ensure!(seconds <= SECONDS_MAX, "{key}: must be at most {SECONDS_MAX}");
    }
    ensure!(work.sweep_millis <= SECONDS_MAX, "work.sweep_millis: must be at most {SECONDS_MAX}");
    Ok(())
}

fn check_traces(traces: &Traces) -> anyhow::Result<()> {
    let is_url = traces.endpoint.starts_with("http://") || traces.endpoint.starts_with("https://");
    ensure!(traces.endpoint.is_empty() || is_url, "traces.endpoint: begins with `http://` or `https://`");
    ensure!((0.0..=1.0).contains(&traces.share), "traces.share: must be between 0 and 1");
    Ok(())
}

/// The most other origins, because every request is compared with all of them.
pub(super) const ORIGINS_MAX: usize = 100;

/// Accepts `*` alone or a list of origins. A name beside `*` would look as if others were refused.
fn check_cors(origins: &[String]) -> anyhow::Result<()> {
    let count = origins.len();
    ensure!(count <= ORIGINS_MAX, "server.cors_origins: {count} of them, at most {ORIGINS_MAX}");
    if origins.iter().any(|origin| origin == "*") {
        ensure!(origins.len() == 1, "server.cors_origins: `*` means all origins and must be the only entry");
        return Ok(());
    }
    for origin in origins {
        ensure!(
            origin::is_as_sent(origin),
            "server.cors_origins: `{origin}` is not an origin as a browser sends it: `scheme://host` in lower case, with \
             `:port` where it is not the scheme's own, no path, as in https://labels.example.org; or `*`"
        );
    }
    Ok(())
}

//! The sections of the configuration and their keys.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "every key is described in default.toml")]
        pub struct $name { $($(#[$of_field])* pub $field: $type,)* }
    )*};
}

sections! {
    /// All settings.
    Config {
        server: Server, data: Data, store: Store, bus: Bus, locks: Locks, admin: Admin, media: Media, files: Files,
        work: Work, metrics: Metrics, log: Log, traces: Traces,
        #[serde(skip)]
        file: Option<PathBuf>,
    }
    /// The HTTP server.
    Server {
        listen: String, secret: SecretString,
        #[serde(deserialize_with = "list_or_text")]
        cors_origins: Vec<String>,
        request_seconds: u64, requests_per_second: u32, drain_seconds: u64, shutdown_seconds: u64, body_bytes: usize,
        upload_bytes: u64, header_seconds: u64, idle_seconds: u64, body_seconds: u64, stall_seconds: u64, connections: usize,
        unauthenticated_connections: usize, event_streams: usize, metrics_listen: String,
    }
    /// The data folder.
    Data { dir: PathBuf, }
    /// The database.
    Store { url: SecretString, connections: u32, }
    /// The message bus.
    Bus { url: SecretString, prefix: String, }
    /// The locks of assignments.
    Locks { url: SecretString, prefix: String, }
    /// The first administrator.
    Admin { token: SecretString, }
    /// Pictures that are not uploaded.
    Media {
        roots: Vec<PathBuf>,
        #[serde(deserialize_with = "list_or_text")]
        shared: Vec<String>,
        #[serde(deserialize_with = "list_or_text")]
        origins: Vec<String>,
        url_seconds: u64, s3_endpoint: String, s3_region: String, s3_access_key: String,
        s3_secret_key: SecretString,
    }
    /// Uploads and thumbnails.
    Files {
        folder: PathBuf, s3_endpoint: String, s3_path_style: bool, s3_region: String, s3_bucket: String, s3_prefix: String,
        s3_access_key: String, s3_secret_key: SecretString, picture_bytes: u64, team_bytes: u64, unused_seconds: u64,
        thumbnail_seconds: u64,
    }
    /// Leases and background tasks.
    Work {
        grace_seconds: u64, cut_ahead: i64, hint_window: i64, hint_repeat_seconds: u64, sweep_millis: u64,
        expire_at_once: i64, waive_after_seconds: u64,
    }
    /// The metrics service.
    Metrics { jobs: usize, age_seconds: u64, }
    /// Logging.
    Log { level: String, format: LogFormat, }
    /// Tracing.
    Traces { endpoint: String, share: f64, }
}

/// Reads a list, or a text with commas between the entries. The environment's usual separator is a colon, which URLs
/// contain.
fn list_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::List(list) => list,
        Either::Text(text) => {
            let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            entries.map(str::to_owned).collect()
        }
    })
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Readable text.
    Text,
    /// One JSON object per line.
    Json,
}

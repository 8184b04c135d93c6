//! Configuration: the embedded defaults, then a file, then the environment; unknown keys are refused.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use config::{Environment, File, FileFormat};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{origin, telemetry};

/// The commented defaults.
pub const DEFAULTS: &str = include_str!("default.toml");
/// The fewest characters of a secret or of the administrator's token.
const SECRET_MIN: usize = 32;
/// The longest time that can be configured, in seconds: a year.
const SECONDS_MAX: u64 = 365 * 24 * 3_600;
/// The largest picture that can be allowed: what an object store takes at once.
const PICTURE_BYTES_MAX: u64 = 5 << 30;

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
    /// Everything that can be set.
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
    /// The truth.
    Store { url: SecretString, connections: u32, }
    /// Messages.
    Bus { url: SecretString, prefix: String, }
    /// Locks.
    Locks { url: SecretString, prefix: String, }
    /// The first administrator.
    Admin { token: SecretString, }
    /// Pictures.
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
    /// Background work.
    Work {
        grace_seconds: u64, cut_ahead: i64, hint_window: i64, hint_repeat_seconds: u64, sweep_millis: u64,
        expire_at_once: i64, waive_after_seconds: u64,
    }
    /// The metrics service.
    Metrics { jobs: usize, age_seconds: u64, }
    /// Logs.
    Log { level: String, format: LogFormat, }
    /// Traces.
    Traces { endpoint: String, share: f64, }
}

/// A list, or a text whose entries are separated by commas, as in the environment: a URL has colons.
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

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Where a configuration comes from besides the defaults and the environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Keys that win over everything, as in `server.listen`.
    pub overrides: Vec<(String, String)>,
}

impl Config {
    /// Reads and checks the configuration.
    pub fn load(sources: &Sources) -> anyhow::Result<Self> {
        Self::from_parts(sources, environment())
    }

    fn from_parts(sources: &Sources, environment: Environment) -> anyhow::Result<Self> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = &sources.file {
            builder = builder.add_source(File::from(file.as_path()).format(FileFormat::Toml));
        }
        builder = builder.add_source(environment);
        for (key, value) in &sources.overrides {
            builder = if key == "media.roots" {
                builder.set_override(key, vec![value.as_str()])?
            } else {
                builder.set_override(key, value.as_str())?
            };
        }
        let mut config: Self = builder.build()?.try_deserialize().context("configuration")?;
        config.file.clone_from(&sources.file);
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        let secret = self.server.secret.expose_secret();
        ensure!(secret.is_empty() || is_strong(secret), "server.secret: {WEAK}");
        let token = self.admin.token.expose_secret();
        ensure!(token.is_empty() || is_strong(token), "admin.token: {WEAK}");
        self.check_seconds()?;
        ensure!(self.server.connections >= 64, "server.connections: must be at least 64");
        ensure!(
            self.server.unauthenticated_connections >= 16,
            "server.unauthenticated_connections: must be at least 16"
        );
        ensure!(self.work.sweep_millis >= 10, "work.sweep_millis: must be at least 10");
        ensure!(
            (1..=10_000_000).contains(&self.work.cut_ahead),
            "work.cut_ahead: must be between 1 and 10000000"
        );
        ensure!(
            (1..=10_000).contains(&self.work.hint_window),
            "work.hint_window: must be between 1 and 10000"
        );
        ensure!(
            (1..=10_000).contains(&self.work.expire_at_once),
            "work.expire_at_once: must be between 1 and 10000"
        );
        ensure!(self.store.connections >= 4, "store.connections: must be at least 4");
        for (key, prefix) in [("bus.prefix", &self.bus.prefix), ("locks.prefix", &self.locks.prefix)] {
            let plain = prefix.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            ensure!(
                plain && (1..=64).contains(&prefix.len()),
                "{key}: 1 to 64 letters, digits, `-`, `_` or `.`"
            );
        }
        self.check_files()?;
        check_cors(&self.server.cors_origins)?;
        for origin in &self.media.origins {
            let is_one = origin::of(origin).as_deref() == Some(origin);
            ensure!(is_one, "media.origins: `{origin}` is not an origin, as in https://pictures.example.org");
        }
        telemetry::check_traces(&self.traces)
    }

    /// One place for files at most, and bounds that the store can count with.
    fn check_files(&self) -> anyhow::Result<()> {
        let files = &self.files;
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

    /// Times that are added to others must not run out of the clock.
    fn check_seconds(&self) -> anyhow::Result<()> {
        let (server, work) = (&self.server, &self.work);
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
            ("media.url_seconds", self.media.url_seconds),
            ("files.unused_seconds", self.files.unused_seconds),
            ("files.thumbnail_seconds", self.files.thumbnail_seconds),
            ("work.grace_seconds", work.grace_seconds),
            ("work.hint_repeat_seconds", work.hint_repeat_seconds),
            ("work.waive_after_seconds", work.waive_after_seconds),
            ("metrics.age_seconds", self.metrics.age_seconds),
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

    /// The folders below which pictures may lie.
    pub fn media_roots(&self) -> anyhow::Result<Vec<PathBuf>> {
        if self.media.roots.is_empty() {
            return Ok(vec![std::env::current_dir()?]);
        }
        Ok(self.media.roots.clone())
    }

    /// The whole configuration as TOML, with secrets and the passwords in URLs hidden.
    pub fn to_toml(&self) -> String {
        let hidden = |secret: &SecretString| if secret.expose_secret().is_empty() { "" } else { "(hidden)" };
        let (server, media, files, work) = (&self.server, &self.media, &self.files, &self.work);
        let roots: Vec<_> = media.roots.iter().map(|root| quoted(&root.display().to_string())).collect();
        let list = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        let format = if self.log.format == LogFormat::Json { "json" } else { "text" };
        [
            format!(
                "[server]\nlisten = {}\nsecret = {}\ncors_origins = [{}]",
                quoted(&server.listen),
                quoted(hidden(&server.secret)),
                list(&server.cors_origins)
            ),
            format!(
                "request_seconds = {}\nrequests_per_second = {}\ndrain_seconds = {}\nshutdown_seconds = {}",
                server.request_seconds,
                server.requests_per_second,
                server.drain_seconds,
                server.shutdown_seconds
            ),
            format!("body_bytes = {}\nupload_bytes = {}", server.body_bytes, server.upload_bytes),
            format!("header_seconds = {}\nidle_seconds = {}", server.header_seconds, server.idle_seconds),
            format!("body_seconds = {}\nstall_seconds = {}", server.body_seconds, server.stall_seconds),
            format!(
                "connections = {}\nunauthenticated_connections = {}\nevent_streams = {}\nmetrics_listen = {}\n",
                server.connections,
                server.unauthenticated_connections,
                server.event_streams,
                quoted(&server.metrics_listen)
            ),
            format!("[data]\ndir = {}\n", quoted(&self.data.dir.display().to_string())),
            format!("[store]\nurl = {}\nconnections = {}\n", shown(&self.store.url), self.store.connections),
            format!("[bus]\nurl = {}\nprefix = {}\n", shown(&self.bus.url), quoted(&self.bus.prefix)),
            format!("[locks]\nurl = {}\nprefix = {}\n", shown(&self.locks.url), quoted(&self.locks.prefix)),
            format!("[admin]\ntoken = {}\n", quoted(hidden(&self.admin.token))),
            format!("[media]\nroots = [{}]\nshared = [{}]", roots.join(", "), list(&media.shared)),
            format!("origins = [{}]\nurl_seconds = {}", list(&media.origins), media.url_seconds),
            format!("s3_endpoint = {}\ns3_region = {}", quoted(&media.s3_endpoint), quoted(&media.s3_region)),
            format!("s3_access_key = {}", quoted(&media.s3_access_key)),
            format!("s3_secret_key = {}\n", quoted(hidden(&media.s3_secret_key))),
            format!("[files]\nfolder = {}", quoted(&files.folder.display().to_string())),
            format!("s3_endpoint = {}\ns3_path_style = {}", quoted(&files.s3_endpoint), files.s3_path_style),
            format!("s3_region = {}\ns3_bucket = {}", quoted(&files.s3_region), quoted(&files.s3_bucket)),
            format!(
                "s3_prefix = {}\ns3_access_key = {}",
                quoted(&files.s3_prefix),
                quoted(&files.s3_access_key)
            ),
            format!("s3_secret_key = {}", quoted(hidden(&files.s3_secret_key))),
            format!("picture_bytes = {}\nteam_bytes = {}", files.picture_bytes, files.team_bytes),
            format!(
                "unused_seconds = {}\nthumbnail_seconds = {}\n",
                files.unused_seconds, files.thumbnail_seconds
            ),
            format!("[work]\ngrace_seconds = {}\ncut_ahead = {}", work.grace_seconds, work.cut_ahead),
            format!("hint_window = {}\nhint_repeat_seconds = {}", work.hint_window, work.hint_repeat_seconds),
            format!("sweep_millis = {}\nexpire_at_once = {}", work.sweep_millis, work.expire_at_once),
            format!("waive_after_seconds = {}\n", work.waive_after_seconds),
            format!("[metrics]\njobs = {}\nage_seconds = {}\n", self.metrics.jobs, self.metrics.age_seconds),
            format!("[log]\nlevel = {}\nformat = {}\n", quoted(&self.log.level), quoted(format)),
            format!(
                "[traces]\nendpoint = {}\nshare = {:?}\n",
                quoted(&self.traces.endpoint),
                self.traces.share
            ),
        ]
        .join("\n")
    }

    /// How long a stop may take.
    pub fn shutdown(&self) -> Duration {
        Duration::from_secs(self.server.shutdown_seconds)
    }
}

/// How the environment names keys: `SWATH__SECTION__KEY`.
fn environment() -> Environment {
    Environment::with_prefix("SWATH")
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .list_separator(":")
        .with_list_parse_key("media.roots")
}

/// The most origins beside its own that a server lets in: each request is compared with all of them.
const ORIGINS_MAX: usize = 100;

/// All origins, or named ones: a name beside `*` would look as if it shut others out.
fn check_cors(origins: &[String]) -> anyhow::Result<()> {
    let count = origins.len();
    ensure!(count <= ORIGINS_MAX, "server.cors_origins: {count} of them, at most {ORIGINS_MAX}");
    if origins.iter().any(|origin| origin == "*") {
        ensure!(origins.len() == 1, "server.cors_origins: `*` is all origins, and stands alone");
        return Ok(());
    }
    for origin in origins {
        ensure!(
            origin::is_as_sent(origin),
            "server.cors_origins: `{origin}` is no origin as a browser sends it: `scheme://host` in lower case, with \
             `:port` where it is not the scheme's own, no path, as in https://labels.example.org; or `*`"
        );
    }
    Ok(())
}

const WEAK: &str = "must have 32 or more visible ASCII characters, at least 8 of them different";

fn is_strong(secret: &str) -> bool {
    let distinct: std::collections::HashSet<_> = secret.chars().collect();
    secret.len() >= SECRET_MIN && secret.chars().all(|c| c.is_ascii_graphic()) && distinct.len() >= 8
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A URL without its password, before the host or in the query.
fn shown(url: &SecretString) -> String {
    let url = url.expose_secret();
    let url = match url.split_once('?') {
        Some((address, query)) => format!("{address}?{}", shown_query(query)),
        None => url.to_owned(),
    };
    let hidden = url.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.rsplit_once('@')?;
        let user = user.split(':').next().unwrap_or_default();
        Some(format!("{scheme}://{user}:(hidden)@{host}"))
    });
    quoted(hidden.as_deref().unwrap_or(&url))
}

fn shown_query(query: &str) -> String {
    let shown = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=(hidden)"),
        _ => pair.to_owned(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}

/// Reads the secret of an embedded installation, making it at the first start.
pub fn own_secret(dir: &Path, fresh: impl FnOnce() -> String) -> anyhow::Result<SecretString> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let path = dir.join("secret");
    if let Ok(secret) = std::fs::read_to_string(&path) {
        if !is_strong(secret.trim()) {
            bail!("{} holds no good secret", path.display());
        }
        return Ok(secret.trim().into());
    }
    let secret = fresh();
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(overrides: &[(&str, &str)]) -> anyhow::Result<Config> {
        let overrides =
            overrides.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let environment = Environment::with_prefix("SWATH_NOT_SET");
        Config::from_parts(&Sources { file: None, overrides }, environment)
    }

    #[test]
    fn the_defaults_are_complete_and_print_as_toml_that_loads_again() {
        let printed = load(&[]).unwrap().to_toml();
        let again: Config = toml::from_str(&printed).unwrap();
        assert_eq!(again.to_toml(), printed);
    }

    #[test]
    fn unknown_keys_and_weak_secrets_are_refused() {
        assert!(load(&[("server.colour", "red")]).is_err());
        assert!(load(&[("server.secret", "changeme")]).is_err());
        assert!(load(&[("admin.token", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]).is_err());
        assert!(load(&[("work.sweep_millis", "0")]).is_err());
        for key in
            ["server.request_seconds", "server.idle_seconds", "work.grace_seconds", "media.url_seconds"]
        {
            assert!(load(&[(key, "9223372036854775807")]).is_err(), "{key}");
        }
    }

    #[test]
    fn origins_of_other_pages_are_none_named_or_all_and_bad_ones_are_refused_by_name() {
        let origins = |text: &str| load(&[("server.cors_origins", text)]).map(|it| it.server.cors_origins);
        assert!(load(&[]).unwrap().server.cors_origins.is_empty());
        assert_eq!(origins("*").unwrap(), ["*"]);
        let two = origins("https://a.example.org, http://localhost:5173").unwrap();
        assert_eq!(two, ["https://a.example.org", "http://localhost:5173"]);
        for bad in ["https://a.example.org/", "a.example.org", "*,https://a.example.org", "null"] {
            let error = origins(bad).unwrap_err().to_string();
            assert!(error.starts_with("server.cors_origins: "), "{bad}: {error}");
        }
        let many: Vec<_> = (0..=ORIGINS_MAX).map(|n| format!("https://{n}.example.org")).collect();
        assert!(origins(&many.join(",")).is_err());
    }

    #[test]
    fn origins_come_from_the_environment_too() {
        for (text, expected) in [("*", 1), ("https://a.example.org,https://b.example.org:8443", 2), ("", 0)] {
            let given = [("SWATH__SERVER__CORS_ORIGINS".to_owned(), text.to_owned())];
            let environment = environment().source(Some(given.into_iter().collect()));
            let config = Config::from_parts(&Sources::default(), environment).unwrap();
            assert_eq!(config.server.cors_origins.len(), expected, "{text}");
        }
    }

    #[test]
    fn secrets_and_passwords_are_not_printed() {
        let secret = "0123456789abcdef0123456789abcdef";
        let config = load(&[("server.secret", secret), ("store.url", "postgres://me:pass@host/db")]).unwrap();
        let printed = config.to_toml();
        assert!(!printed.contains(secret) && !printed.contains("pass@"), "{printed}");
        let config =
            load(&[("store.url", "postgres://host/db?user=me&password=hunter2&sslmode=require")]).unwrap();
        let printed = config.to_toml();
        assert!(!printed.contains("hunter2") && printed.contains("sslmode=require"), "{printed}");
        assert!(!format!("{config:?}").contains(secret));
    }
}

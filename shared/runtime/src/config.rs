//! Configuration: the built-in defaults, overridden by a file and then by the environment. Unknown keys are refused.

mod check;
mod print;
mod secret;
mod sections;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use config::{Environment, File, FileFormat};

pub use secret::own_secret;
pub use sections::{
    Admin, Bus, Config, Data, Files, Locks, Log, LogFormat, Media, Metrics, Server, Store, Traces, Work,
};

/// The defaults as TOML, with a comment for every key.
pub const DEFAULTS: &str = include_str!("default.toml");

/// Where a configuration comes from besides the defaults and the environment.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file over the defaults.
    pub file: Option<PathBuf>,
    /// Keys and values over everything else. A key is written as in `server.listen`.
    pub overrides: Vec<(String, String)>,
}

impl Config {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// If the file cannot be read, or a key is unknown or has a bad value. The message names the key.
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
        check::check(&config)?;
        Ok(config)
    }

    /// The folders that may contain pictures. Without configuration this is the current folder.
    ///
    /// # Errors
    /// If the current folder cannot be determined.
    pub fn media_roots(&self) -> anyhow::Result<Vec<PathBuf>> {
        if self.media.roots.is_empty() {
            return Ok(vec![std::env::current_dir()?]);
        }
        Ok(self.media.roots.clone())
    }

    /// The whole configuration as TOML, without secrets and the passwords in URLs.
    pub fn to_toml(&self) -> String {
        print::to_toml(self)
    }

    /// How long a shutdown may take.
    pub fn shutdown(&self) -> Duration {
        Duration::from_secs(self.server.shutdown_seconds)
    }
}

/// Keys in the environment are named `SWATH__SECTION__KEY`.
fn environment() -> Environment {
    Environment::with_prefix("SWATH")
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .list_separator(":")
        .with_list_parse_key("media.roots")
}

#[cfg(test)]
mod tests {
    use super::check::ORIGINS_MAX;
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
    fn cors_origins_are_none_or_a_list_or_all_and_bad_ones_are_refused() {
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
    fn cors_origins_can_be_set_in_the_environment() {
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

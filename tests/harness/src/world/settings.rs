//! The settings of a world.

use std::path::PathBuf;

use crate::process::Environment;

/// The settings of a world.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Further settings of every process. They replace the harness's own.
    pub environment: Environment,
    /// The number of gateways of a distributed deployment.
    pub gateways: usize,
    /// The number of review services of a distributed deployment.
    pub reviews: usize,
    /// A program to run instead of the one under test.
    pub program: Option<PathBuf>,
    /// Puts nginx with the shipped configuration in front of a distributed deployment.
    pub behind_nginx: bool,
}

/// Environment variable of runs in which nginx is in front, as in production.
const NGINX: &str = "SWATH_TEST_NGINX";

/// Two gateways and two review services by default.
impl Default for Settings {
    fn default() -> Self {
        let behind_nginx = std::env::var_os(NGINX).is_some();
        Self { environment: Environment::default(), gateways: 2, reviews: 2, program: None, behind_nginx }
    }
}

impl Settings {
    /// Adds one setting, `SWATH__SECTION__KEY`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.environment.insert(key.to_owned(), value.into());
        self
    }
}

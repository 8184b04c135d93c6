//! The environment variables by which tests find the servers of the run.

/// The variable with the URL of PostgreSQL.
pub const POSTGRES: &str = "SWATH_TEST_POSTGRES";
/// The variable with the URL of Redis.
pub const REDIS: &str = "SWATH_TEST_REDIS";
/// The variable with the URL of RabbitMQ.
pub const AMQP: &str = "SWATH_TEST_AMQP";
/// The variable with the URL of the S3 server.
pub const OBJECT_STORE: &str = "SWATH_TEST_S3";

/// The servers that the runner started, as a test finds them in its environment.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// A maintenance database; each world makes its own beside it.
    pub postgres: String,
    /// The Redis server.
    pub redis: String,
    /// The RabbitMQ server.
    pub amqp: String,
}

impl Addresses {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a server is not given: such a test fails, it never passes in silence.
    pub fn from_environment() -> anyhow::Result<Self> {
        Ok(Self { postgres: given(POSTGRES)?, redis: given(REDIS)?, amqp: given(AMQP)? })
    }
}

pub(super) fn given(key: &str) -> anyhow::Result<String> {
    std::env::var(key).map_err(|_| anyhow::anyhow!("{key} is not set: run this through tests/run"))
}

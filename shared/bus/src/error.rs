//! Why a broker's URL is refused.

/// The URL is not an AMQP URL. The message leaves out the URL, which may contain a password.
#[derive(Debug, thiserror::Error)]
#[error("not an AMQP URL: {0}")]
pub struct BadUrl(pub(crate) String);

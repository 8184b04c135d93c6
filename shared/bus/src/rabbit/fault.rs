//! Failures of calls to the broker, and the deadline of every call.

use std::time::Duration;

use lapin::ErrorKind;
use lapin::protocol::AMQPErrorKind;
use lapin::protocol::AMQPSoftError;
use tokio::time::timeout;

#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Broker(#[from] lapin::Error),
    #[error("no answer from the broker within {0:?}")]
    Deadline(Duration),
    #[error("{0}")]
    Ended(&'static str),
}

impl Fault {
    /// True if the queue exists with other settings than ours, for example after a change of its limits.
    pub fn is_other_settings(&self) -> bool {
        self.soft() == Some(AMQPSoftError::PRECONDITIONFAILED)
    }

    /// True if the user lacks a permission.
    pub fn is_refused(&self) -> bool {
        self.soft() == Some(AMQPSoftError::ACCESSREFUSED)
    }

    pub fn is_not_found(&self) -> bool {
        self.soft() == Some(AMQPSoftError::NOTFOUND)
    }

    fn soft(&self) -> Option<AMQPSoftError> {
        let Self::Broker(error) = self else { return None };
        let ErrorKind::ProtocolError(error) = error.kind() else { return None };
        match error.kind() {
            AMQPErrorKind::Soft(soft) => Some(soft.clone()),
            AMQPErrorKind::Hard(_) => None,
        }
    }
}

/// Awaits one call to the broker, with a deadline.
pub(super) async fn within<T>(
    deadline: Duration,
    step: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Fault> {
    match timeout(deadline, step).await {
        Ok(done) => done.map_err(Fault::Broker),
        Err(_) => Err(Fault::Deadline(deadline)),
    }
}

//! What goes wrong between this process and the broker, and the deadline on every wait for it.

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
    /// True when the queue stands with other settings than ours, as after a change of bounds.
    pub fn is_other_settings(&self) -> bool {
        self.soft() == Some(AMQPSoftError::PRECONDITIONFAILED)
    }

    /// True when the user may not do this.
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

/// Awaits one step with the broker, but not for ever.
pub(super) async fn within<T>(
    deadline: Duration,
    step: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Fault> {
    match timeout(deadline, step).await {
        Ok(done) => done.map_err(Fault::Broker),
        Err(_) => Err(Fault::Deadline(deadline)),
    }
}

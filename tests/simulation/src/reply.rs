//! Replies of the services, as users see them.

use swath_checker::{Answer, Outcome};

/// The reply to a call.
#[derive(Debug)]
pub enum Reply<T> {
    /// The call succeeded.
    Done(T),
    /// It was refused: code and reason.
    Refused(&'static str, String),
    /// The outcome is unknown.
    Unknown,
}

impl<T> Reply<T> {
    /// The result of a call that succeeded.
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(done) => Some(done),
            _ => None,
        }
    }
}

/// The outcome of a reply, as the history records it.
pub fn outcome<T>(reply: &Reply<T>, answer: impl FnOnce(&T) -> Answer) -> Outcome {
    match reply {
        Reply::Done(done) => Outcome::Done(answer(done)),
        Reply::Refused(code, _) => Outcome::Refused((*code).to_owned()),
        Reply::Unknown => Outcome::Unknown,
    }
}

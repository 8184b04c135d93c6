//! Who causes a change, when and why.

use crate::ids::UserId;
use crate::time::Time;

/// Who does something, when and why.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// When it is done, by the database's clock.
    pub at: Time,
    /// The user; none where Swath itself acts.
    pub actor: Option<UserId>,
    /// Who made the user's token, where that is somebody else.
    pub token_maker: Option<UserId>,
    /// The reason, where one is given.
    pub reason: Option<String>,
}

impl Cause {
    /// An act of a user.
    pub fn by(actor: UserId, at: Time) -> Self {
        Self { at, actor: Some(actor), ..Self::default() }
    }

    /// An act of Swath's own.
    pub fn own(at: Time) -> Self {
        Self { at, ..Self::default() }
    }

    /// The same through a token that somebody else made.
    pub fn through(mut self, token_maker: Option<UserId>) -> Self {
        self.token_maker = token_maker;
        self
    }

    /// The same with a reason.
    pub fn because(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }
}

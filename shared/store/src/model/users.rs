//! Accounts.

use serde::{Deserialize, Serialize};
use swath_domain::ids::UserId;
use swath_domain::{Time, email};

/// The account of a person or a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The name that people read.
    pub name: String,
    /// The e-mail address as it was given, if there is one.
    pub email: Option<String>,
    /// Whether this is an administrator.
    pub admin: bool,
    /// When the account was made.
    pub created: Time,
    /// Who made it; none where Swath itself did, where an invitation was accepted, or for accounts from before this was
    /// stored.
    #[serde(default)]
    pub creator: Option<UserId>,
    /// Since when the account may do nothing.
    #[serde(default)]
    pub deactivated: Option<Time>,
}

impl User {
    /// The address in the form that is unique among accounts.
    pub(crate) fn email_key(&self) -> Option<String> {
        self.email.as_deref().map(email::key)
    }
}

//! A simulated user.

use swath_client::Client;
use swath_domain::UserId;

/// A user who works.
#[derive(Clone)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their account.
    pub id: UserId,
    /// Their client, which has their token.
    pub client: Client,
}

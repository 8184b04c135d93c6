//! A simulated user.

use swath_client::Client;
use swath_domain::UserId;

/// A simulated user with a client.
#[derive(Clone)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The user id.
    pub id: UserId,
    /// A client with the user's token.
    pub client: Client,
}

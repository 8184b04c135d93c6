//! Users by name.

use serde::{Deserialize, Serialize};
use swath_domain::ids::UserId;

/// A person by id and name.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// The name.
    pub name: String,
}

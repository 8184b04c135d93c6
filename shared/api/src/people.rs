//! Accounts: the requests and answers of `/v1/me` and `/v1/users`, and users by name as other documents show them.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Time};

use crate::nullable::given;

/// A user by id and name.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Person)]
pub struct NamedUser {
    /// The id of the account.
    pub id: UserId,
    /// The name.
    pub name: String,
}

/// The caller.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// The account.
    pub user: UserView,
    /// The teams in which the token is valid, with the caller's roles in each.
    pub teams: Vec<Membership>,
}

/// The membership of the caller in a team.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Membership {
    /// The team.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// The caller's roles there.
    pub roles: Vec<Role>,
}

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserView {
    /// Its id.
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the user is an administrator.
    pub admin: bool,
    /// Whether the account may be used; a deactivated one keeps its work and its name.
    #[serde(default = "yes")]
    #[schema(required = true)]
    pub active: bool,
    /// When the account was created.
    pub created_at: Time,
}

/// An older server has no deactivated accounts.
fn yes() -> bool {
    true
}

/// A new account.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The user's name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// The user's e-mail address, which no other account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 254)]
    pub email: Option<String>,
}

/// Changes of an account. Absent fields stay as they are, and `null` removes the address.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// The new e-mail address.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    pub email: Option<Option<String>>,
    /// Whether the account may be used. `false` ends its leases, reservations, invitations and tokens at once. For
    /// administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

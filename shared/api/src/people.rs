//! Accounts: the requests and answers of `/v1/me` and `/v1/users`, and users by name as other documents show them.

use serde::{Deserialize, Serialize};
use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Time};

use crate::nullable::given;

/// A person by id and name.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Person)]
pub struct NamedUser {
    /// The account.
    pub id: UserId,
    /// The name.
    pub name: String,
}

/// Oneself.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// The account.
    pub user: UserView,
    /// The teams that the token opens, with one's roles in each.
    pub teams: Vec<Membership>,
}

/// One's place in a team.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Membership {
    /// The team.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// What one may do there.
    pub roles: Vec<Role>,
}

/// An account.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserView {
    /// Its id.
    pub id: UserId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether this is an administrator.
    pub admin: bool,
    /// Whether it may do anything; a deactivated account keeps its work and its name.
    pub active: bool,
    /// When the account was made.
    pub created_at: Time,
}

/// An account to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The person's name.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
    /// The person's address, which no other account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 254)]
    pub email: Option<String>,
}

/// What is changed about an account; what is absent stays, and `null` takes the address away.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditUser {
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Another address.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    pub email: Option<Option<String>>,
    /// False ends the account's leases, reservations, invitations and tokens at once; for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

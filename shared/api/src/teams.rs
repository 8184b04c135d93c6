//! Teams: the requests and answers of `/v1/teams`, with their members and media.

use serde::{Deserialize, Serialize};
use swath_domain::Role;
use swath_domain::ids::TeamId;

use crate::people::NamedUser;

/// A new team.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeam {
    /// Its name, which no other team has.
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub name: String,
}

/// A team.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamView {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

/// A member of a team.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberView {
    /// The user.
    pub user: NamedUser,
    /// The roles of the user in the team.
    pub roles: Vec<Role>,
}

/// The roles of a member.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRoles {
    /// The roles, at least one and each once.
    #[schema(value_type = BTreeSet<Role>, min_items = 1, max_items = 3)]
    pub roles: Vec<Role>,
}

/// The media that a team may use from now on, in place of those so far.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMediaRequest {
    /// Absolute folders of the server. Files in them must also be below its media roots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub folders: Vec<String>,
    /// Prefixes of keys in buckets, as in `s3://bucket/prefix/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub buckets: Vec<String>,
}

/// The media that a team may use, beside those that the configuration shares with all teams.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamMediaView {
    /// Whether there is no limit. This is so for teams that are older than limits, until an administrator sets some.
    pub everything: bool,
    /// Folders of the server; managers see their paths below the media roots.
    pub folders: Vec<String>,
    /// Prefixes of keys in buckets.
    pub buckets: Vec<String>,
}

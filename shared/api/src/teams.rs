//! Teams: the requests and answers of `/v1/teams`, with their members and media.

use serde::{Deserialize, Serialize};
use swath_domain::Role;
use swath_domain::ids::TeamId;

use crate::people::NamedUser;

/// A team to be made.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeam {
    /// Its name, like no other's.
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

/// A person in a team.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberView {
    /// The person.
    pub user: NamedUser,
    /// What the person may do there.
    pub roles: Vec<Role>,
}

/// What a person may do in a team.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRoles {
    /// At least one role.
    #[schema(value_type = BTreeSet<Role>, min_items = 1, max_items = 3)]
    pub roles: Vec<Role>,
}

/// What a team may use from now on, in place of what it might so far.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMediaRequest {
    /// Absolute folders of the server. What is read there must lie below its media roots as well.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub folders: Vec<String>,
    /// Prefixes of keys by whole steps, as in `s3://bucket/prefix/`.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub buckets: Vec<String>,
}

/// What a team may use, beside what the configuration shares with all teams.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TeamMediaView {
    /// Whether there is no limit: so it is for teams from before there were limits, until an administrator sets some.
    pub everything: bool,
    /// Folders of the server; for managers their paths below the media roots.
    pub folders: Vec<String>,
    /// Prefixes of keys.
    pub buckets: Vec<String>,
}

//! Which events a user may see.

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Role, Roles};
use swath_runtime::access::{LEADS, MANAGER};

/// What a stream shows: for each team all of its work, or only the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) user: UserId,
    /// The user's teams by id, with their roles there.
    teams: Vec<(TeamId, Roles)>,
}

impl Scope {
    pub(crate) fn new(user: UserId, mut teams: Vec<(TeamId, Roles)>) -> Self {
        teams.retain(|(_, roles)| roles.any(Roles::of(&Role::ALL)));
        teams.sort_unstable_by_key(|(team, _)| *team);
        Self { user, teams }
    }

    /// The teams of which the user may see events, and which of their events.
    pub(crate) fn views(&self) -> impl Iterator<Item = (TeamId, View)> {
        self.teams.iter().map(|(team, roles)| (*team, View::of(*roles)))
    }
}

/// Which of a team's events a user sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum View {
    /// Changes of their own assignments.
    Own,
    /// Events of jobs, datasets and assignments.
    Lead,
    /// All events, also those about members.
    Manager,
}

impl View {
    fn of(roles: Roles) -> Self {
        if roles.any(MANAGER) {
            Self::Manager
        } else if roles.any(LEADS) {
            Self::Lead
        } else {
            Self::Own
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_user_sees_of_each_team_what_their_role_there_allows() {
        let team = |n: u128| TeamId(Uuid::from_u128(n));
        let teams = vec![
            (team(3), Roles::of(&[Role::Manager])),
            (team(1), Roles::of(&[Role::Annotator])),
            (team(2), Roles::of(&[Role::Annotator, Role::Reviewer])),
            (team(4), Roles::NONE),
        ];
        let scope = Scope::new(UserId(Uuid::from_u128(9)), teams);
        let views: Vec<_> = scope.views().collect();
        assert_eq!(views, [(team(1), View::Own), (team(2), View::Lead), (team(3), View::Manager)]);
    }
}

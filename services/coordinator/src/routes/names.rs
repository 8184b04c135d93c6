//! The names of users, datasets and teams, for documents that name them by id.

use std::collections::HashMap;

use swath_api::people::NamedUser;
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_runtime::{Context, Result};

/// Names by id, each kind read by one statement.
#[derive(Debug, Default)]
pub(crate) struct Names {
    users: HashMap<UserId, String>,
    datasets: HashMap<DatasetId, String>,
    teams: HashMap<TeamId, String>,
}

impl Names {
    /// The names of these users.
    pub(crate) async fn of_users(context: &Context, users: impl IntoIterator<Item = UserId>) -> Result<Self> {
        let users = context.store.user_names(unique(users)).await?.into_iter().collect();
        Ok(Self { users, ..Self::default() })
    }

    /// The names of these datasets as well.
    pub(crate) async fn with_datasets(
        self,
        context: &Context,
        datasets: impl IntoIterator<Item = DatasetId>,
    ) -> Result<Self> {
        let datasets = context.store.dataset_names(unique(datasets)).await?.into_iter().collect();
        Ok(Self { datasets, ..self })
    }

    /// The names of these teams as well.
    pub(crate) async fn with_teams(
        self,
        context: &Context,
        teams: impl IntoIterator<Item = TeamId>,
    ) -> Result<Self> {
        let teams = context.store.team_names(unique(teams)).await?.into_iter().collect();
        Ok(Self { teams, ..self })
    }

    pub(crate) fn user(&self, id: UserId) -> Option<String> {
        self.users.get(&id).cloned()
    }

    pub(crate) fn dataset(&self, id: DatasetId) -> Option<String> {
        self.datasets.get(&id).cloned()
    }

    pub(crate) fn team(&self, id: TeamId) -> Option<String> {
        self.teams.get(&id).cloned()
    }

    /// All users whose names were asked for, by id.
    pub(crate) fn all_users(&self) -> Vec<NamedUser> {
        let mut users: Vec<_> =
            self.users.iter().map(|(id, name)| NamedUser { id: *id, name: name.clone() }).collect();
        users.sort_unstable_by_key(|user| user.id);
        users
    }
}

fn unique<T: Ord>(ids: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

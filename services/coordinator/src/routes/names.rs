//! The names of people, datasets and teams, for documents that name them by id.

use std::collections::HashMap;

use swath_api::people::Person;
use swath_domain::ids::{DatasetId, TeamId, UserId};
use swath_runtime::{Context, Result};

/// Names by id, each kind read by one statement.
#[derive(Debug, Default)]
pub(crate) struct Names {
    people: HashMap<UserId, String>,
    datasets: HashMap<DatasetId, String>,
    teams: HashMap<TeamId, String>,
}

impl Names {
    /// The names of these people.
    pub(crate) async fn of_people(
        context: &Context,
        people: impl IntoIterator<Item = UserId>,
    ) -> Result<Self> {
        let people = context.store.user_names(unique(people)).await?.into_iter().collect();
        Ok(Self { people, ..Self::default() })
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

    pub(crate) fn person(&self, id: UserId) -> Option<String> {
        self.people.get(&id).cloned()
    }

    pub(crate) fn dataset(&self, id: DatasetId) -> Option<String> {
        self.datasets.get(&id).cloned()
    }

    pub(crate) fn team(&self, id: TeamId) -> Option<String> {
        self.teams.get(&id).cloned()
    }

    /// All people whose names were asked for, by id.
    pub(crate) fn everybody(&self) -> Vec<Person> {
        let mut people: Vec<_> =
            self.people.iter().map(|(id, name)| Person { id: *id, name: name.clone() }).collect();
        people.sort_unstable_by_key(|person| person.id);
        people
    }
}

fn unique<T: Ord>(ids: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

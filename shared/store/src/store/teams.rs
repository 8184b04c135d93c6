//! Teams and their members.

use std::collections::HashMap;

use swath_domain::Roles;
use swath_domain::ids::{TeamId, UserId};

use super::Store;
use crate::error::Result;
#[cfg(doc)]
use crate::error::StoreError;
use crate::model::list_page::ListPage;
use crate::model::members::Member;
use crate::model::requests::Asked;
use crate::tables::{members, teams};
use crate::verbs::audit_log::Actor;
use crate::verbs::people;

impl Store {
    /// Makes a team; its name must be new. The same request under the same key gets the team that the first one made.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is a team of this name, or the key was used for another request;
    /// [`StoreError::Unavailable`] where the database does not answer.
    pub async fn team_create(
        &self,
        id: TeamId,
        name: String,
        actor: Actor,
        asked: Option<Asked>,
    ) -> Result<TeamId> {
        self.write((name, actor, asked), move |_, tx, (name, actor, asked)| {
            Box::pin(people::create_team(tx, id, name, actor, asked.as_ref()))
        })
        .await
    }

    /// A page of all teams in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn teams(&self, page: &ListPage) -> Result<Vec<(TeamId, String)>> {
        teams::list(&mut self.reader().await?.db(), page).await
    }

    /// The names of these teams; unknown ones are left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn team_names(&self, teams: Vec<TeamId>) -> Result<Vec<(TeamId, String)>> {
        teams::names(&mut self.reader().await?.db(), &teams).await
    }

    /// A team's name; none where there is no such team.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn team_name(&self, id: TeamId) -> Result<Option<String>> {
        teams::name(&mut self.reader().await?.db(), id).await
    }

    /// A page of a team's members in the order of their users' ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn members(&self, team: TeamId, page: &ListPage) -> Result<Vec<Member>> {
        members::list(&mut self.reader().await?.db(), team, page).await
    }

    /// The roles of a user in a team; none at all where the user is not in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn member_roles(&self, team: TeamId, user: UserId) -> Result<Roles> {
        members::roles(&mut self.reader().await?.db(), team, user).await
    }

    /// The roles of each of these users in a team; those who are not in it are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn members_roles(&self, team: TeamId, users: &[UserId]) -> Result<HashMap<UserId, Roles>> {
        members::roles_of(&mut self.reader().await?.db(), team, users).await
    }

    /// The teams of a user with their names and the user's roles, in the order of the teams' ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the database cannot be read.
    pub async fn teams_of(&self, user: UserId) -> Result<Vec<(TeamId, String, Roles)>> {
        members::named_teams(&mut self.reader().await?.db(), user).await
    }
}

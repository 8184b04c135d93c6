//! Teams, their members, the invitations by which users become members, and what a team may use as media.
//!
//! Every write may also answer `StoreError::Collision`, once it has run in vain several times beside other transactions.

use futures::future::BoxFuture;
use std::collections::HashMap;

use swath_domain::ids::{TeamId, UserId};
use swath_domain::{Roles, Time};
use uuid::Uuid;

use super::Store;
use crate::error::Result;
use crate::model::invitations::{Invitation, NewInvitation};
use crate::model::list_page::ListPage;
use crate::model::members::Member;
use crate::model::requests::{Asked, Created};
use crate::model::team_media::TeamMedia;
use crate::model::tokens::NewToken;
use crate::tables;
use crate::verbs::audit_log::Actor;
use crate::verbs::joining::{self, Accept, Guest, Joined};
use crate::verbs::leavers::Freed;
use crate::verbs::members::{self, RolesChange};
use crate::verbs::{invitations, people, team_media};

impl Store {
    /// Makes a team; its name must be new. The same request under the same key gets the team that the first one made.
    ///
    /// # Errors
    /// `StoreError::Conflict` where there is a team of this name, or the key was used for another request;
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn team_create(
        &self,
        id: TeamId,
        name: String,
        actor: Actor,
        asked: Option<Asked>,
    ) -> BoxFuture<'_, Result<TeamId>> {
        Box::pin(async move {
            self.write((name, actor, asked), move |_, tx, (name, actor, asked)| {
                Box::pin(people::create_team(tx, id, name, actor, asked.as_ref()))
            })
            .await
        })
    }

    /// A page of all teams in the order of their ids.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn teams<'a>(&'a self, page: &'a ListPage) -> BoxFuture<'a, Result<Vec<(TeamId, String)>>> {
        Box::pin(async move { tables::teams::list(&mut self.reader().await?.db(), page).await })
    }

    /// The names of these teams; unknown ones are left out.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn team_names(&self, teams: Vec<TeamId>) -> BoxFuture<'_, Result<Vec<(TeamId, String)>>> {
        Box::pin(async move { tables::teams::names(&mut self.reader().await?.db(), &teams).await })
    }

    /// A team's name; none where there is no such team.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn team_name(&self, id: TeamId) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async move { tables::teams::name(&mut self.reader().await?.db(), id).await })
    }

    /// A page of a team's members in the order of their users' ids.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn members<'a>(&'a self, team: TeamId, page: &'a ListPage) -> BoxFuture<'a, Result<Vec<Member>>> {
        Box::pin(async move { tables::members::list(&mut self.reader().await?.db(), team, page).await })
    }

    /// The roles of a user in a team; none at all where the user is not in it.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn member_roles(&self, team: TeamId, user: UserId) -> BoxFuture<'_, Result<Roles>> {
        Box::pin(async move { tables::members::roles(&mut self.reader().await?.db(), team, user).await })
    }

    /// The roles of each of these users in a team; those who are not in it are missing.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn members_roles<'a>(
        &'a self,
        team: TeamId,
        users: &'a [UserId],
    ) -> BoxFuture<'a, Result<HashMap<UserId, Roles>>> {
        Box::pin(async move { tables::members::roles_of(&mut self.reader().await?.db(), team, users).await })
    }

    /// The teams of a user with their names and the user's roles, in the order of the teams' ids.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn teams_of(&self, user: UserId) -> BoxFuture<'_, Result<Vec<(TeamId, String, Roles)>>> {
        Box::pin(async move { tables::members::named_teams(&mut self.reader().await?.db(), user).await })
    }

    /// Sets what a user may do in a team; no role at all ends the membership. What the user may no longer hold is freed in
    /// the same transaction, and answered.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such team or user, or the actor does not manage the team any more;
    /// `StoreError::Unavailable` where the database does not answer.
    pub fn member_put(
        &self,
        team: TeamId,
        user: UserId,
        roles: Roles,
        actor: Actor,
    ) -> BoxFuture<'_, Result<Vec<Freed>>> {
        Box::pin(async move {
            let change = RolesChange { team, user, roles, actor };
            self.write(change, |core, tx, change| Box::pin(members::put(core, tx, change))).await
        })
    }

    /// Stores an invitation by the digest of its code. Answers its id, and whether this call made it: the same request
    /// under the same key gets the first one's id.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such team, or the actor is no user; `StoreError::Conflict` where the
    /// key was used for another request; `StoreError::Unavailable` where the database does not answer.
    pub fn invitation_create(
        &self,
        new: NewInvitation,
        actor: Actor,
        asked: Option<Asked>,
    ) -> BoxFuture<'_, Result<Created<Uuid>>> {
        Box::pin(async move {
            self.write((new, actor, asked), |_, tx, (new, actor, asked)| {
                Box::pin(invitations::create(tx, new, actor, asked.as_ref()))
            })
            .await
        })
    }

    /// At most `limit` open invitations of a team behind invitation `after`, in the order of their ids.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn invitations(
        &self,
        team: TeamId,
        now: Time,
        after: Uuid,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<Invitation>>> {
        Box::pin(async move {
            tables::invitations::list(&mut self.reader().await?.db(), team, now, after, limit).await
        })
    }

    /// The invitation of this digest, if it is valid now.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn invitation<'a>(
        &'a self,
        digest: &'a [u8],
        now: Time,
    ) -> BoxFuture<'a, Result<Option<Invitation>>> {
        Box::pin(
            async move { tables::invitations::find_valid(&mut self.reader().await?.db(), digest, now).await },
        )
    }

    /// The team of an open invitation, by its id.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn invitation_team(&self, id: Uuid) -> BoxFuture<'_, Result<Option<TeamId>>> {
        Box::pin(async move { tables::invitations::team_of(&mut self.reader().await?.db(), id).await })
    }

    /// Revokes an open invitation.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is none; `StoreError::Unavailable` where the database does not answer.
    pub fn invitation_revoke(&self, id: Uuid, team: TeamId, actor: Actor) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(actor, move |_, tx, actor| Box::pin(invitations::revoke(tx, id, team, actor))).await
        })
    }

    /// Accepts an invitation: the guest joins the team and gets a token for it. Answers what this led to, and whether it
    /// was this call: the same request under the same key gets the first one's answer.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such invitation, it was used, has expired, or its inviter may no longer
    /// invite; `StoreError::Conflict` where the key was used for another request; `StoreError::Unavailable` where the
    /// database does not answer.
    pub fn invitation_accept(
        &self,
        digest: Vec<u8>,
        guest: Guest,
        token: NewToken,
        actor: Actor,
        asked: Option<Asked>,
    ) -> BoxFuture<'_, Result<Created<Joined>>> {
        Box::pin(async move {
            let command = Accept { digest, guest, token, actor, asked };
            self.write(command, |core, tx, command| Box::pin(joining::accept(core, tx, command))).await
        })
    }

    /// The folders and bucket prefixes that a team may use as media.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn team_media(&self, team: TeamId) -> BoxFuture<'_, Result<TeamMedia>> {
        Box::pin(async move { tables::team_media::find(&mut self.reader().await?.db(), team).await })
    }

    /// Sets what a team may use as media, in place of what it might use so far. A place that is named twice is stored once.
    ///
    /// # Errors
    /// `StoreError::NotFound` where there is no such team; `StoreError::Unavailable` where the database does not
    /// answer.
    pub fn team_media_put(&self, team: TeamId, media: TeamMedia) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.write(media, move |_, tx, media| Box::pin(team_media::put(tx, team, media))).await
        })
    }

    /// At most `limit` teams behind team `after` that may use all media under the server's roots, with their names, in the
    /// order of their ids.
    ///
    /// # Errors
    /// `StoreError::Unavailable` where the database cannot be read.
    pub fn teams_with_shared_media(
        &self,
        after: Uuid,
        limit: i64,
    ) -> BoxFuture<'_, Result<Vec<(TeamId, String)>>> {
        Box::pin(async move {
            tables::team_media::teams_with_everything(&mut self.reader().await?.db(), after, limit).await
        })
    }
}

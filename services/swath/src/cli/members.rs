//! `swath member`

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use swath_api::people::NewUser;
use swath_api::teams::MemberRoles;
use swath_domain::{Role, TeamId, UserId};

use super::list_flags::OrderFlags;
use super::output::Column;
use super::session::{NotFound, Session, id_of};

const COLUMNS: &[Column] = &[("USER", "/user/id"), ("NAME", "/user/name"), ("ROLES", "/roles")];

#[derive(Subcommand)]
pub enum MemberCommand {
    /// Give a user roles in a team, in place of those held so far; a name that is new to the team makes a new user
    Add {
        #[command(flatten)]
        member: Member,
        /// The roles
        #[arg(long, value_enum, value_delimiter = ',', required = true)]
        role: Vec<MemberRole>,
        /// An e-mail address for a new user
        #[arg(long)]
        email: Option<String>,
    },
    /// Take a user out of a team
    Remove {
        #[command(flatten)]
        member: Member,
    },
    /// List a team's people
    List {
        /// The team, by id or name; not needed with only one
        #[arg(long)]
        team: Option<String>,
        #[command(flatten)]
        order: OrderFlags,
    },
}

/// A user in a team.
#[derive(Args)]
pub struct Member {
    /// The team, by id or name; not needed with only one
    #[arg(long)]
    team: Option<String>,
    /// The user's name
    #[arg(long, required_unless_present = "user", conflicts_with = "user")]
    name: Option<String>,
    /// An account that there is already, by id or name, in the team or not
    #[arg(long)]
    user: Option<String>,
}

/// What a user may do in a team.
#[derive(Clone, Copy, ValueEnum)]
pub enum MemberRole {
    /// Runs the team
    Manager,
    /// Checks work, and may create jobs
    Reviewer,
    /// Does the work
    Annotator,
}

/// The named roles as the API knows them.
pub(super) fn roles(named: &[MemberRole]) -> Vec<Role> {
    let role = |named: &MemberRole| match named {
        MemberRole::Manager => Role::Manager,
        MemberRole::Reviewer => Role::Reviewer,
        MemberRole::Annotator => Role::Annotator,
    };
    named.iter().map(role).collect()
}

/// Runs a member command.
pub async fn run(session: &Session, command: MemberCommand) -> anyhow::Result<()> {
    match command {
        MemberCommand::Add { member, role, email } => {
            add(session, member, MemberRoles { roles: roles(&role) }, email).await
        }
        MemberCommand::Remove { member } => remove(session, member).await,
        MemberCommand::List { team, order } => {
            let team = session.team(team.as_deref()).await?;
            session.list(&format!("/v1/teams/{team}/members"), &order.query(), COLUMNS).await
        }
    }
}

async fn add(
    session: &Session,
    member: Member,
    roles: MemberRoles,
    email: Option<String>,
) -> anyhow::Result<()> {
    let team = session.team(member.team.as_deref()).await?;
    let user = match known_user(session, team, &member).await? {
        Some(user) => user,
        None => {
            let name = member.name.context("--name is needed")?;
            new_user(session, NewUser { name, email }).await?
        }
    };
    let path = format!("/v1/teams/{team}/members/{user}");
    let answer: Value = session.client.put(&path, &roles).await?;
    Ok(session.output.record(COLUMNS, &answer)?)
}

async fn remove(session: &Session, member: Member) -> anyhow::Result<()> {
    let team = session.team(member.team.as_deref()).await?;
    let nobody = || NotFound("the team has nobody of that name".to_owned());
    let user = known_user(session, team, &member).await?.ok_or_else(nobody)?;
    session.client.delete(&format!("/v1/teams/{team}/members/{user}")).await?;
    Ok(session.output.say(&format!("{user} is no longer in the team"))?)
}

/// The account that is named, or the team's member with the given name.
async fn known_user(session: &Session, team: TeamId, member: &Member) -> anyhow::Result<Option<UserId>> {
    match &member.name {
        Some(name) => session.member(team, name).await,
        None => session.optional_user(member.user.as_deref()).await,
    }
}

async fn new_user(session: &Session, user: NewUser) -> anyhow::Result<UserId> {
    id_of(&session.client.post::<Value>("/v1/users", &user).await?)
}

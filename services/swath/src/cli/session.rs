//! The client of a command, and its output.

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::output::{Column, Output, Table, cell};
use std::str::FromStr;
use swath_client::{Client, ClientError, Query};

use swath_domain::{DatasetId, JobId, TeamId, UserId, names};

/// How many candidates an error lists.
const CANDIDATES: usize = 20;
const SAME_PAGE: &str = "the server gave the same page twice";

/// The server, the token and the form of the output.
#[derive(Args)]
pub struct Connection {
    /// The server's address
    #[arg(
        long,
        global = true,
        env = "SWATH_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080",
        help_heading = "Connection"
    )]
    pub url: String,
    /// The token to sign in with
    #[arg(long, global = true, env = "SWATH_TOKEN", hide_env_values = true, help_heading = "Connection")]
    pub token: Option<String>,
    /// Print the server's JSON, one document per line
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,
}

/// A client of the server and the output of the command.
pub struct Session {
    /// The client.
    pub client: Client,
    /// The output.
    pub output: Output,
}

/// A kind of named resources that is listed by team.
struct Family<'a> {
    /// The name of the kind.
    kind: &'a str,
    /// The path of the list.
    path: &'a str,
    /// The field with the name.
    name: &'a str,
}

impl Session {
    /// Prepares a client. Nothing is sent yet.
    pub fn open(connection: &Connection) -> anyhow::Result<Self> {
        let client = Client::new(&connection.url)?;
        let client = match &connection.token {
            Some(token) => client.with_token(token)?,
            None => client,
        };
        Ok(Self { client, output: Output::new(connection.json) })
    }

    /// Fetches a document and prints it.
    pub async fn show(&self, path: &str, columns: &'static [Column]) -> anyhow::Result<()> {
        let document: Value = self.client.get(path, &[]).await?;
        Ok(self.output.record(columns, &document)?)
    }

    /// Posts a document and prints the response.
    pub async fn create(
        &self,
        path: &str,
        body: &impl Serialize,
        columns: &'static [Column],
    ) -> anyhow::Result<()> {
        let document: Value = self.client.post(path, body).await?;
        Ok(self.output.record(columns, &document)?)
    }

    /// Prints a whole list, page by page.
    pub async fn list(
        &self,
        path: &str,
        query: &Query<'_>,
        columns: &'static [Column],
    ) -> anyhow::Result<()> {
        let mut table = Table::new(columns);
        let mut after: Option<String> = None;
        loop {
            let page = self.client.page::<Value>(path, query, after.as_deref()).await?;
            self.output.page(&mut table, &page.items)?;
            ensure!(page.next.is_none() || page.next != after, SAME_PAGE);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The team with this id or name; without either, the user's only team.
    pub async fn team(&self, named: Option<&str>) -> anyhow::Result<TeamId> {
        if let Some(id) = named.and_then(|name| name.parse().ok()) {
            return Ok(id);
        }
        let is_meant = |team: &Value| named.is_none_or(|name| is_called(team, "name", name));
        let query: Vec<_> = named.map(|name| ("name", filter(name))).into_iter().collect();
        let teams = self.those("/v1/teams", &query, is_meant).await?;
        match (named, teams.as_slice()) {
            (Some(meant), _) => one_of(&teams, "team", "name", meant),
            (None, [only]) => id_of(only),
            (None, []) => bail!(NotFound("there is no team to act in".to_owned())),
            (None, several) => {
                bail!("there are several teams; name one with --team:{}", candidates(several, "name"))
            }
        }
    }

    /// Finds a job by its id or its title.
    pub async fn job(&self, meant: &str) -> anyhow::Result<JobId> {
        self.of_teams(meant, Family { kind: "job", path: "/v1/jobs", name: "title" }).await
    }

    /// Finds a dataset by its id or its name.
    pub async fn dataset(&self, meant: &str) -> anyhow::Result<DatasetId> {
        self.of_teams(meant, Family { kind: "dataset", path: "/v1/datasets", name: "name" }).await
    }

    /// Finds a resource of the user's teams by its id or its name.
    async fn of_teams<T: FromStr>(&self, meant: &str, family: Family<'_>) -> anyhow::Result<T> {
        let Family { kind, path, name } = family;
        if let Ok(id) = meant.parse() {
            return Ok(id);
        }
        let find = async |team: TeamId| {
            let query = [("team", team.to_string()), ("name", filter(meant)), ("order", "newest".to_owned())];
            self.those(path, &query, |thing| is_called(thing, name, meant)).await
        };
        let found = self.in_teams(find).await?;
        one_of(&found, kind, name, meant)
    }

    /// The user with this id or name: for an administrator among all accounts, otherwise among the members of one's
    /// teams.
    pub async fn user(&self, meant: &str) -> anyhow::Result<UserId> {
        if let Ok(id) = meant.parse() {
            return Ok(id);
        }
        let query = [("name", filter(meant))];
        let found = match self.those("/v1/users", &query, |user| is_called(user, "name", meant)).await {
            Ok(found) => found,
            Err(error) if is_refused(&error) => self.members_called(meant).await?,
            Err(error) => return Err(error),
        };
        one_of(&found, "person", "name", meant)
    }

    /// As [`Session::user`], for an optional argument.
    pub async fn optional_user(&self, meant: Option<&str>) -> anyhow::Result<Option<UserId>> {
        match meant {
            Some(meant) => self.user(meant).await.map(Some),
            None => Ok(None),
        }
    }

    /// As [`Session::user`], for several users.
    pub async fn users(&self, meant: &[String]) -> anyhow::Result<Vec<UserId>> {
        let mut users = Vec::with_capacity(meant.len());
        for one in meant {
            users.push(self.user(one).await?);
        }
        Ok(users)
    }

    /// The members of one's teams with this name, each once.
    async fn members_called(&self, meant: &str) -> anyhow::Result<Vec<Value>> {
        let mut found: Vec<Value> = Vec::new();
        for person in self.in_teams(async |team| self.members_of(team, meant).await).await? {
            if !found.contains(&person) {
                found.push(person);
            }
        }
        Ok(found)
    }

    /// What is found in one's teams, as far as they may be read. If none may be read, the last refusal.
    async fn in_teams(
        &self,
        find: impl AsyncFn(TeamId) -> anyhow::Result<Vec<Value>>,
    ) -> anyhow::Result<Vec<Value>> {
        let (mut found, mut is_shown, mut refusal) = (Vec::new(), false, None);
        for team in self.those("/v1/teams", &[], |_| true).await? {
            match find(id_of(&team)?).await {
                Ok(things) => {
                    is_shown = true;
                    found.extend(things);
                }
                // A manager of one team may have another role in a second one, and an administrator may have no role
                // in most.
                Err(error) if is_refused(&error) => refusal = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refusal {
            Some(refusal) if !is_shown => Err(refusal),
            _ => Ok(found),
        }
    }

    /// The members of a team with this name.
    async fn members_of(&self, team: TeamId, meant: &str) -> anyhow::Result<Vec<Value>> {
        let path = format!("/v1/teams/{team}/members");
        let members = self.those(&path, &[], |member| is_called(&member["user"], "name", meant)).await?;
        Ok(members.into_iter().map(|mut member| member["user"].take()).collect())
    }

    /// The team's member with this name, if there is one.
    pub async fn member(&self, team: TeamId, meant: &str) -> anyhow::Result<Option<UserId>> {
        match self.members_of(team, meant).await?.as_slice() {
            [] => Ok(None),
            people => one_of(people, "person", "name", meant).map(Some),
        }
    }

    /// The matching entries of a list, from all its pages.
    async fn those(
        &self,
        path: &str,
        query: &Query<'_>,
        is_wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.client.page::<Value>(path, query, after.as_deref()).await?;
            found.extend(page.items.into_iter().filter(&is_wanted));
            ensure!(page.next.is_none() || page.next != after, SAME_PAGE);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// True for an administrator's token.
    pub async fn is_admin(&self) -> anyhow::Result<bool> {
        let me: Value = self.client.get("/v1/me", &[]).await?;
        Ok(me["user"]["admin"] == true)
    }

    /// The team for an optional field of a request: for a user with a single team the server fills it in.
    pub async fn optional_team(&self, named: Option<&str>) -> anyhow::Result<Option<TeamId>> {
        match named {
            Some(name) => self.team(Some(name)).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The part of a name that lists are filtered by. The server ignores the case of ASCII only, so this is the longest
/// run of ASCII.
fn filter(meant: &str) -> String {
    let tidied = names::tidy(meant);
    tidied
        .split(|letter: char| !letter.is_ascii())
        .max_by_key(|run| run.len())
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Compares names without regard to case and to Unicode normalisation.
fn is_called(thing: &Value, field: &str, meant: &str) -> bool {
    thing[field].as_str().is_some_and(|name| names::key(name) == names::key(meant))
}

/// The only resource with this name.
fn one_of<T: FromStr>(named: &[Value], kind: &str, field: &str, meant: &str) -> anyhow::Result<T> {
    match named {
        [] => bail!(NotFound(format!("there is no {kind} `{meant}`"))),
        [one] => id_of(one),
        several => {
            bail!("there are several called `{meant}`; name one by its id:{}", candidates(several, field))
        }
    }
}

/// A line with name and id for each of the first candidates.
fn candidates(several: &[Value], field: &str) -> String {
    let line = |one: &Value| format!("\n  {} {}", cell(&one["id"]), cell(&one[field]));
    let mut told: String = several.iter().take(CANDIDATES).map(line).collect();
    if several.len() > CANDIDATES {
        told.push_str(&format!("\n  and {} more", several.len() - CANDIDATES));
    }
    told
}

/// True if the server does not show this to the caller.
fn is_refused(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<ClientError>();
    error.is_some_and(|error| error.is("forbidden") || error.is("not-found"))
}

/// No resource has the given name.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotFound(pub String);

/// The `id` of a document that the server sent.
pub fn id_of<T: std::str::FromStr>(document: &Value) -> anyhow::Result<T> {
    let id = document["id"].as_str().context("the server's answer has no id")?;
    id.parse().ok().with_context(|| format!("`{id}` is not an id"))
}

//! One manager's conversation with one server.

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::output::{Column, Output, Table};
use std::str::FromStr;
use swath_client::{Client, Query};

use swath_domain::{DatasetId, JobId, TeamId, UserId, names};

/// Which server, as whom, and in which form to answer.
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

/// An open conversation.
pub struct Session {
    /// The way to the server.
    pub client: Client,
    /// The way to the person.
    pub output: Output,
}

impl Session {
    /// Makes ready to speak; nothing is sent yet.
    pub fn open(connection: &Connection) -> anyhow::Result<Self> {
        let client = Client::new(&connection.url)?;
        let client = match &connection.token {
            Some(token) => client.with_token(token)?,
            None => client,
        };
        Ok(Self { client, output: Output::new(connection.json) })
    }

    /// Gets a document and prints it.
    pub async fn show(&self, path: &str, columns: &'static [Column]) -> anyhow::Result<()> {
        let document: Value = self.client.get(path, &[]).await?;
        Ok(self.output.record(columns, &document)?)
    }

    /// Posts a document and prints the answer.
    pub async fn create(
        &self,
        path: &str,
        body: &impl Serialize,
        columns: &'static [Column],
    ) -> anyhow::Result<()> {
        let document: Value = self.client.post(path, body).await?;
        Ok(self.output.record(columns, &document)?)
    }

    /// Prints a whole list, page after page.
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
            ensure!(page.next.is_none() || page.next != after, "the server gave the same page twice");
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// The team that is meant: by its id or its name, and without either the only one there is.
    pub async fn team(&self, named: Option<&str>) -> anyhow::Result<TeamId> {
        if let Some(id) = named.and_then(|name| name.parse().ok()) {
            return Ok(id);
        }
        let query: Vec<_> = named.map(|name| ("name", name.to_owned())).into_iter().collect();
        let teams = self.client.page::<Value>("/v1/teams", &query, None).await?.items;
        match (named, teams.as_slice()) {
            (Some(name), _) => one_of(teams, "team", "name", name),
            (None, [team]) => id_of(team),
            (None, []) => bail!(NotFound("there is no team to act in".to_owned())),
            (None, teams) => {
                bail!("there are several teams; name one with --team:{}", candidates(teams, "name"))
            }
        }
    }

    /// The job that is meant: by its id or its title.
    pub async fn job(&self, meant: &str) -> anyhow::Result<JobId> {
        self.of_teams(meant, ("job", "/v1/jobs", "title")).await
    }

    /// The dataset that is meant: by its id or its name.
    pub async fn dataset(&self, meant: &str) -> anyhow::Result<DatasetId> {
        self.of_teams(meant, ("dataset", "/v1/datasets", "name")).await
    }

    /// What is meant among the things of one's teams, by its id or its name.
    async fn of_teams<T: FromStr>(
        &self,
        meant: &str,
        (kind, path, name): (&str, &str, &str),
    ) -> anyhow::Result<T> {
        if let Ok(id) = meant.parse() {
            return Ok(id);
        }
        let mut found = Vec::new();
        for team in self.client.page::<Value>("/v1/teams", &[], None).await?.items {
            let team = team["id"].as_str().unwrap_or_default().to_owned();
            let query = [("team", team), ("name", meant.to_owned()), ("order", "newest".to_owned())];
            found.extend(self.client.page::<Value>(path, &query, None).await?.items);
        }
        one_of(found, kind, name, meant)
    }

    /// The person who is meant, by id or name: for an administrator one of all accounts, and otherwise of one's teams.
    pub async fn user(&self, meant: &str) -> anyhow::Result<UserId> {
        if let Ok(id) = meant.parse() {
            return Ok(id);
        }
        let found = match self.client.page::<Value>("/v1/users", &[("name", meant.to_owned())], None).await {
            Ok(page) => page.items,
            Err(error) if error.is("forbidden") => self.members_called(meant).await?,
            Err(error) => return Err(error.into()),
        };
        one_of(found, "person", "name", meant)
    }

    /// The same for a field that may be left out.
    pub async fn optional_user(&self, meant: Option<&str>) -> anyhow::Result<Option<UserId>> {
        match meant {
            Some(meant) => self.user(meant).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same for several.
    pub async fn users(&self, meant: &[String]) -> anyhow::Result<Vec<UserId>> {
        let mut users = Vec::with_capacity(meant.len());
        for one in meant {
            users.push(self.user(one).await?);
        }
        Ok(users)
    }

    /// The people of one's teams who have this name, each once.
    async fn members_called(&self, meant: &str) -> anyhow::Result<Vec<Value>> {
        let mut found: Vec<Value> = Vec::new();
        for team in self.client.page::<Value>("/v1/teams", &[], None).await?.items {
            let path = format!("/v1/teams/{}/members", team["id"].as_str().unwrap_or_default());
            let mut after: Option<String> = None;
            loop {
                let page = self.client.page::<Value>(&path, &[], after.as_deref()).await?;
                for person in page.items.into_iter().map(|member| member["user"].clone()) {
                    let is_meant = person["name"].as_str().is_some_and(|name| is_called(name, meant));
                    if is_meant && !found.contains(&person) {
                        found.push(person);
                    }
                }
                match page.next {
                    Some(next) if after.as_ref() != Some(&next) => after = Some(next),
                    _ => break,
                }
            }
        }
        Ok(found)
    }

    /// Whether the token is an administrator's.
    pub async fn is_admin(&self) -> anyhow::Result<bool> {
        let me: Value = self.client.get("/v1/me", &[]).await?;
        Ok(me["user"]["admin"] == true)
    }

    /// The team for a request's optional field: the server itself knows the team of a caller who has only one.
    pub async fn optional_team(&self, named: Option<&str>) -> anyhow::Result<Option<TeamId>> {
        match named {
            Some(name) => self.team(Some(name)).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Whether a name is the one that is meant, whatever its case and its form of Unicode.
fn is_called(name: &str, meant: &str) -> bool {
    names::key(name) == names::key(meant)
}

/// How many of several that may be meant are named.
const CANDIDATES: usize = 20;

/// A line for each of these, by id and name.
fn candidates(things: &[Value], field: &str) -> String {
    let line = |one: &Value| {
        let text = |field: &str| one[field].as_str().unwrap_or_default().replace(char::is_control, " ");
        format!("\n  {} {}", text("id"), text(field))
    };
    let more = things.len().saturating_sub(CANDIDATES);
    let told: String = things.iter().take(CANDIDATES).map(line).collect();
    if more > 0 { format!("{told}\n  and {more} more") } else { told }
}

/// The one of these that has exactly this name, whatever its case.
fn one_of<T: FromStr>(found: Vec<Value>, kind: &str, field: &str, meant: &str) -> anyhow::Result<T> {
    let is_meant = |thing: &&Value| thing[field].as_str().is_some_and(|name| is_called(name, meant));
    let named: Vec<_> = found.iter().filter(is_meant).cloned().collect();
    match named.as_slice() {
        [] => bail!(NotFound(format!("there is no {kind} `{meant}`"))),
        [one] => id_of(one),
        several => {
            bail!("there are several called `{meant}`; name one by its id:{}", candidates(several, field))
        }
    }
}

/// A name that stands for nothing on the server.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotFound(pub String);

/// The `id` of a document that the server sent.
pub fn id_of<T: std::str::FromStr>(document: &Value) -> anyhow::Result<T> {
    let id = document["id"].as_str().context("the server's answer has no id")?;
    id.parse().ok().with_context(|| format!("`{id}` is not an id"))
}

//! The scene of a run: a team, its users, a dataset and a job.

use std::time::Duration;

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use swath_client::{Client, new_key};
use swath_domain::{DatasetId, JobId, TeamId, UserId};
use tokio::time::{Instant, sleep};

use crate::person::Person;
use crate::plan::{Plan, Review};
use crate::task::BOX_CLASS;

/// How many users are created at the same time.
const CONCURRENT_JOINS: usize = 8;
/// How long the dataset may take to be ready.
const IMPORT_DEADLINE: Duration = Duration::from_secs(60);
const IMPORT_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Users, and the job on which they work.
pub struct Scene {
    /// The job.
    pub job: JobId,
    /// The annotators.
    pub annotators: Vec<Person>,
    /// The reviewers.
    pub reviewers: Vec<Person>,
    /// The client of the manager who created the job.
    pub manager: Client,
}

impl Scene {
    /// Creates a scene as an administrator, or as the manager of a team.
    ///
    /// # Errors
    /// When the server refuses a request, or the dataset is not ready in time.
    pub async fn set(client: &Client, plan: &Plan) -> anyhow::Result<Self> {
        let team = team(client, plan).await?;
        let people = |role: &'static str, count: usize, addresses: &[String]| {
            let addresses = addresses.to_vec();
            let joining = (0..count).map(move |number| {
                let base = addresses.get(number % addresses.len().max(1)).cloned();
                async move {
                    let name = format!("{role} {number}");
                    let (id, token) = join(client, team, &name, role).await?;
                    let client = client.with_token(&token)?;
                    anyhow::Ok(Person {
                        name,
                        id,
                        client: base.map_or(Ok(client.clone()), |base| client.at(&base))?,
                    })
                }
            });
            stream::iter(joining).buffered(CONCURRENT_JOINS).try_collect::<Vec<_>>()
        };
        let manager = people("manager", 1, &[]).await?.remove(0).client;
        let annotators = people("annotator", plan.annotators, &plan.gateways).await?;
        let reviewers = people("reviewer", plan.reviewers, &plan.reviews).await?;
        let dataset = dataset(&manager, team, plan).await?;
        let job = create(&manager, "/v1/jobs", job(team, dataset, plan)).await?;
        Ok(Self { job, annotators, reviewers, manager })
    }

    /// Reads the job.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn look(&self) -> Result<Value, swath_client::ClientError> {
        self.manager.get(&format!("/v1/jobs/{}", self.job), &[]).await
    }
}

/// The planned team, or a new one.
async fn team(client: &Client, plan: &Plan) -> anyhow::Result<TeamId> {
    match &plan.team {
        Some(id) => id.parse().ok().with_context(|| format!("`{id}` is not a team's id")),
        None => create(client, "/v1/teams", json!({"name": format!("Load {}", &new_key()[..8])})).await,
    }
}

/// Creates a user with one role in a team, and a token. Returns the user id and the token.
///
/// # Errors
/// When the server refuses or does not answer.
pub async fn join(
    inviter: &Client,
    team: TeamId,
    name: &str,
    role: &str,
) -> anyhow::Result<(UserId, String)> {
    let user: UserId = create(inviter, "/v1/users", json!({"name": name})).await?;
    let path = format!("/v1/teams/{team}/members/{user}");
    inviter.put::<Value>(&path, &json!({"roles": [role]})).await.with_context(|| path.clone())?;
    let token: Value = inviter.post("/v1/tokens", &json!({"user": user})).await.context("/v1/tokens")?;
    let token = token["token"].as_str().context("a new token is not shown")?.to_owned();
    Ok((user, token))
}

/// Creates a resource and returns its id.
async fn create<T: std::str::FromStr>(client: &Client, path: &str, body: Value) -> anyhow::Result<T> {
    let created: Value = client.post(path, &body).await.with_context(|| path.to_owned())?;
    let id = created["id"].as_str().and_then(|id| id.parse().ok());
    id.with_context(|| format!("{path} answered without an id"))
}

async fn dataset(manager: &Client, team: TeamId, plan: &Plan) -> anyhow::Result<DatasetId> {
    let source = json!({"pattern": "https://pictures.example/{:08}.png", "count": plan.items});
    let body = json!({"team": team, "name": format!("load {}", new_key()), "source": source});
    let id: DatasetId = create(manager, "/v1/datasets", body).await?;
    let deadline = Instant::now() + IMPORT_DEADLINE;
    loop {
        let dataset: Value = manager.get(&format!("/v1/datasets/{id}"), &[]).await?;
        match dataset["state"].as_str() {
            Some("ready") => return Ok(id),
            Some("importing") => {}
            _ => anyhow::bail!("the dataset did not become ready: {dataset}"),
        }
        ensure!(Instant::now() < deadline, "the dataset is not ready in time");
        sleep(IMPORT_POLL_INTERVAL).await;
    }
}

fn job(team: TeamId, dataset: DatasetId, plan: &Plan) -> Value {
    let review = match plan.review {
        Review::All => json!({"rule": "all"}),
        Review::None => json!({"rule": "none"}),
        Review::Sample(percent) => json!({"rule": "sample", "percent": percent}),
    };
    json!({
        "team": team,
        "dataset": dataset,
        "title": "load",
        "classes": [{"name": BOX_CLASS, "shape": "rectangle"}],
        "range_size": plan.range_size,
        "slots": plan.slots,
        "lease_seconds": plan.lease_seconds,
        "reserve_seconds": plan.reserve_seconds,
        "review": review,
    })
}

//! The scene of a run: a team, its users, a dataset and a job.

use std::time::Duration;

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use serde::de::IgnoredAny;
use swath_api::datasets::{DatasetView, NewDatasetRequest, SourceRequest};
use swath_api::jobs::{JobView, NewJobRequest, ReviewPart, RuleName};
use swath_api::people::{NewUser, UserView};
use swath_api::teams::{MemberRoles, NewTeam, TeamView};
use swath_api::tokens::{NewTokenRequest, NewTokenView};
use swath_client::{Client, ClientError, new_key};
use swath_domain::labels::{Class, Shape};
use swath_domain::{DatasetId, JobId, Role, TeamId, UserId};
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
        let people = |role: Role, title: &'static str, count: usize, addresses: &[String]| {
            let addresses = addresses.to_vec();
            let joining = (0..count).map(move |number| {
                let base = addresses.get(number % addresses.len().max(1)).cloned();
                async move {
                    let name = format!("{title} {number}");
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
        let manager = people(Role::Manager, "manager", 1, &[]).await?.remove(0).client;
        let annotators = people(Role::Annotator, "annotator", plan.annotators, &plan.gateways).await?;
        let reviewers = people(Role::Reviewer, "reviewer", plan.reviewers, &plan.reviews).await?;
        let dataset = dataset(&manager, team, plan).await?;
        let job: JobView = manager
            .post("/v1/jobs", &job(team, dataset, plan))
            .await
            .context("the job could not be created")?;
        Ok(Self { job: job.summary.id, annotators, reviewers, manager })
    }

    /// Reads the job.
    ///
    /// # Errors
    /// When the server refuses or does not answer.
    pub async fn look(&self) -> Result<JobView, ClientError> {
        self.manager.get(&format!("/v1/jobs/{}", self.job), &[]).await
    }
}

/// The planned team, or a new one.
async fn team(client: &Client, plan: &Plan) -> anyhow::Result<TeamId> {
    match &plan.team {
        Some(id) => id.parse().ok().with_context(|| format!("`{id}` is not a team's id")),
        None => {
            let team = NewTeam { name: format!("Load {}", &new_key()[..8]) };
            let team: TeamView = client.post("/v1/teams", &team).await.context("/v1/teams")?;
            Ok(team.id)
        }
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
    role: Role,
) -> anyhow::Result<(UserId, String)> {
    let user = NewUser { name: name.to_owned(), email: None };
    let user: UserView = inviter.post("/v1/users", &user).await.context("/v1/users")?;
    let path = format!("/v1/teams/{team}/members/{}", user.id);
    let roles = MemberRoles { roles: vec![role] };
    inviter.put::<IgnoredAny>(&path, &roles).await.with_context(|| path.clone())?;
    let request = NewTokenRequest { user: Some(user.id), ..NewTokenRequest::default() };
    let made: NewTokenView = inviter.post("/v1/tokens", &request).await.context("/v1/tokens")?;
    Ok((user.id, made.token.context("a new token is not shown")?))
}

async fn dataset(manager: &Client, team: TeamId, plan: &Plan) -> anyhow::Result<DatasetId> {
    let source = SourceRequest {
        pattern: Some("https://pictures.example/{:08}.png".to_owned()),
        count: Some(plan.items.try_into().context("too many items")?),
        ..SourceRequest::default()
    };
    let request =
        NewDatasetRequest { team: Some(team), name: format!("load {}", new_key()), source, dry_run: false };
    let created: DatasetView = manager.post("/v1/datasets", &request).await.context("/v1/datasets")?;
    let deadline = Instant::now() + IMPORT_DEADLINE;
    loop {
        let dataset: DatasetView = manager.get(&format!("/v1/datasets/{}", created.id), &[]).await?;
        match dataset.state.as_str() {
            "ready" => return Ok(dataset.id),
            "importing" => {}
            _ => anyhow::bail!("the dataset did not become ready: {dataset:?}"),
        }
        ensure!(Instant::now() < deadline, "the dataset is not ready in time");
        sleep(IMPORT_POLL_INTERVAL).await;
    }
}

fn job(team: TeamId, dataset: DatasetId, plan: &Plan) -> NewJobRequest {
    let review = match plan.review {
        Review::All => ReviewPart { rule: RuleName::All, percent: None },
        Review::None => ReviewPart { rule: RuleName::None, percent: None },
        Review::Sample(percent) => ReviewPart { rule: RuleName::Sample, percent: Some(percent) },
    };
    let classes = vec![Class { name: BOX_CLASS.to_owned(), shape: Shape::Rectangle }];
    NewJobRequest {
        team: Some(team),
        range_size: Some(plan.range_size.into()),
        slots: Some(plan.slots.into()),
        lease_seconds: Some(plan.lease_seconds.into()),
        reserve_seconds: Some(plan.reserve_seconds.into()),
        review: Some(review),
        ..NewJobRequest::new(dataset, "load", classes)
    }
}

//! The simulated users of the demo, with their team and their job.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use swath_api::datasets::{DatasetView, NewDatasetRequest, SourceRequest};
use swath_api::jobs::{JobView, NewJobRequest, ReviewPart, RuleName};
use swath_api::sessions::{LinkView, NewLinkRequest};
use swath_api::teams::{NewTeam, TeamView};
use swath_domain::labels::{Class, LabelLimits, Shape, TagDefinition};
use swath_domain::{DatasetId, Role, TeamId};
use swath_load::{Person, Scene};
use tokio::time::Instant;

use super::demo_server::DemoServer;
use super::digit_task::DIGIT;
use crate::cli::output::line;
use swath_client::{Client, new_key};

const NAMES: [&str; 12] =
    ["Ada", "Bela", "Chidi", "Dalia", "Emre", "Fumiko", "Goran", "Hana", "Ines", "Jomo", "Kirsi", "Luca"];
const REVIEWERS: [&str; 2] = ["Mina", "Noor"];
/// The items per range, and how long a lease runs.
struct JobPolicy {
    range_size: u32,
    lease_seconds: u32,
}

/// Long enough for simulated users, and short enough that the work of one who leaves is soon available.
const SIMULATED_POLICY: JobPolicy = JobPolicy { range_size: 25, lease_seconds: 8 };
/// Short ranges and long leases, for a real user who continues the job.
const CONTINUED_POLICY: JobPolicy = JobPolicy { range_size: 10, lease_seconds: 900 };
/// How long the import of the pictures may take.
const IMPORT_DEADLINE: Duration = Duration::from_secs(60);
const IMPORT_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The simulated users and their job.
pub struct DemoUsers {
    /// The simulated users, as the load knows them.
    pub scene: Scene,
    /// How long a lease of the job runs, in seconds.
    pub lease_seconds: u32,
    team: TeamId,
    admin_token: String,
    manager: Member,
    reviewers: Vec<Member>,
    annotators: Vec<Member>,
}

/// A user with their token.
struct Member {
    person: Person,
    token: String,
}

impl DemoUsers {
    /// Creates the team, its users, the dataset and the job through the API.
    pub async fn create(server: &DemoServer, annotators: u16, stops_half: bool) -> anyhow::Result<Self> {
        let admin = server.client()?.with_token(server.admin_token())?;
        // Several demos may use one data folder, and the names of teams are unique.
        let team = NewTeam { name: format!("Demo {}", &new_key()[..6]) };
        let team: TeamView = admin.post("/v1/teams", &team).await.context("/v1/teams")?;
        let team = team.id;
        let manager = new_member(&admin, team, "Maria", Role::Manager).await?;
        let inviter = &manager.person.client;
        let mut reviewers = Vec::new();
        for name in REVIEWERS {
            reviewers.push(new_member(inviter, team, name, Role::Reviewer).await?);
        }
        let mut people = Vec::new();
        for number in 0..usize::from(annotators) {
            people.push(new_member(inviter, team, &name(number), Role::Annotator).await?);
        }
        let dataset = dataset(inviter, team, server).await?;
        let policy = if stops_half { CONTINUED_POLICY } else { SIMULATED_POLICY };
        let job: JobView =
            inviter.post("/v1/jobs", &job(team, dataset, &policy)).await.context("/v1/jobs")?;
        let people_of = |members: &[Member]| members.iter().map(|member| member.person.clone()).collect();
        let scene = Scene {
            job: job.summary.id,
            annotators: people_of(&people),
            reviewers: people_of(&reviewers),
            manager: inviter.clone(),
        };
        let admin_token = server.admin_token().to_owned();
        let lease_seconds = policy.lease_seconds;
        Ok(Self { scene, lease_seconds, team, admin_token, manager, reviewers, annotators: people })
    }

    /// Prints how the user signs in to continue the job.
    pub async fn print_access(&self, address: String) -> anyhow::Result<()> {
        line(&format!("\nserving at {address}"))?;
        let annotator = self.annotators.first().context("the demo has no annotator")?;
        let reviewer = self.reviewers.first().context("the demo has no reviewer")?;
        let members = [("annotator", annotator), ("reviewer", reviewer), ("manager", &self.manager)];
        line("label and review in the browser; each link is good once, for a quarter of an hour:")?;
        for (role, member) in members {
            let link = self.link(&member.person, &address).await?;
            line(&format!("{:<16} {link}", format!("{role}:")))?;
        }
        let tokens = [
            ("admin", &self.admin_token),
            ("manager", &self.manager.token),
            ("reviewer", &reviewer.token),
            ("annotator", &annotator.token),
        ];
        for (role, token) in tokens {
            line(&format!("{:<16} {token}", format!("{role} token:")))?;
        }
        Ok(())
    }

    /// A link by which the user signs in as this simulated user.
    async fn link(&self, person: &Person, address: &str) -> anyhow::Result<String> {
        let request = NewLinkRequest { user: Some(person.id), team: Some(self.team) };
        let made: LinkView = self.scene.manager.post("/v1/sign-in-links", &request).await?;
        Ok(format!("{address}/#sign-in={}", made.code.context("a new sign-in link is not shown")?))
    }
}

fn name(number: usize) -> String {
    match number / NAMES.len() {
        0 => NAMES[number].to_owned(),
        turn => format!("{} {}", NAMES[number % NAMES.len()], turn + 1),
    }
}

/// A new user with one role in the team.
async fn new_member(inviter: &Client, team: TeamId, name: &str, role: Role) -> anyhow::Result<Member> {
    let (id, token) = swath_load::join(inviter, team, name, role).await?;
    Ok(Member { person: Person { name: name.to_owned(), id, client: inviter.with_token(&token)? }, token })
}

/// Imports the folder of digits and waits until the dataset is ready.
async fn dataset(manager: &Client, team: TeamId, server: &DemoServer) -> anyhow::Result<DatasetId> {
    let pictures = server.pictures().into_os_string().into_string();
    let Ok(folder) = pictures else { bail!("the path of the data folder is not valid UTF-8") };
    let request = NewDatasetRequest {
        team: Some(team),
        name: "Handwritten digits".to_owned(),
        source: SourceRequest { folder: Some(folder), ..SourceRequest::default() },
        dry_run: false,
    };
    let created: DatasetView = manager.post("/v1/datasets", &request).await.context("/v1/datasets")?;
    let began = Instant::now();
    loop {
        let dataset: DatasetView = manager.get(&format!("/v1/datasets/{}", created.id), &[]).await?;
        if dataset.state == "ready" {
            return Ok(dataset.id);
        }
        ensure!(dataset.state == "importing", "the digits were not imported: {dataset:?}");
        ensure!(began.elapsed() < IMPORT_DEADLINE, "the digits were not imported in time");
        tokio::time::sleep(IMPORT_POLL_INTERVAL).await;
    }
}

fn job(team: TeamId, dataset: DatasetId, policy: &JobPolicy) -> NewJobRequest {
    let classes = vec![Class { name: DIGIT.to_owned(), shape: Shape::Rectangle }];
    let values = (0..10).map(|value| value.to_string()).collect();
    NewJobRequest {
        team: Some(team),
        description: Some("Draw a box around the ink, and say which digit it is.".to_owned()),
        instructions: Some("One box, one digit.".to_owned()),
        tags: vec![TagDefinition { name: DIGIT.to_owned(), values: Some(values) }],
        limits: Some(LabelLimits { figures: Some(1), tags: Some(1) }),
        range_size: Some(policy.range_size.into()),
        lease_seconds: Some(policy.lease_seconds.into()),
        review: Some(ReviewPart { rule: RuleName::All, percent: None }),
        ..NewJobRequest::new(dataset, "Which digit is it?", classes)
    }
}

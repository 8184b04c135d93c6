//! The users of the demo: a team with tokens of their own, and their job.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use swath_domain::{DatasetId, TeamId};
use swath_load::{Person, Scene};
use tokio::time::Instant;

use super::stage::Stage;
use crate::cli::output::line;
use swath_client::{Client, new_key};

const NAMES: [&str; 12] =
    ["Ada", "Bela", "Chidi", "Dalia", "Emre", "Fumiko", "Goran", "Hana", "Ines", "Jomo", "Kirsi", "Luca"];
const REVIEWERS: [&str; 2] = ["Mina", "Noor"];
/// Items per range, and how long a lease runs.
struct Terms {
    range_size: u32,
    lease_seconds: u32,
}

/// Long enough for simulated users at work, short enough that one who has left is not waited for.
const PLAYED: Terms = Terms { range_size: 25, lease_seconds: 8 };
/// Short ranges, and time to look around, for the user who continues the job.
const FOR_PERSON: Terms = Terms { range_size: 10, lease_seconds: 900 };
/// How long the import of the pictures may take.
const IMPORT_DEADLINE: Duration = Duration::from_secs(60);
const IMPORT_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The users, and their job.
pub struct Cast {
    /// The users at work.
    pub scene: Scene,
    /// How long a lease of the job runs.
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

impl Cast {
    /// Makes the team, its users, the dataset and the job, all through the API.
    pub async fn assemble(stage: &Stage, annotators: u16, stops_half: bool) -> anyhow::Result<Self> {
        let admin = stage.client()?.with_token(stage.admin_token())?;
        // A folder may see more than one demo, and the names of teams are unique.
        let name_of_team = format!("Demo {}", &new_key()[..6]);
        let team: TeamId = made(&admin, "/v1/teams", json!({"name": name_of_team})).await?;
        let manager = join(&admin, team, "Maria", "manager").await?;
        let inviter = &manager.person.client;
        let mut reviewers = Vec::new();
        for name in REVIEWERS {
            reviewers.push(join(inviter, team, name, "reviewer").await?);
        }
        let mut people = Vec::new();
        for number in 0..usize::from(annotators) {
            people.push(join(inviter, team, &name(number), "annotator").await?);
        }
        let dataset = dataset(inviter, team, stage).await?;
        let terms = if stops_half { FOR_PERSON } else { PLAYED };
        let job = made(inviter, "/v1/jobs", job(team, dataset, &terms)).await?;
        let persons = |members: &[Member]| members.iter().map(|member| member.person.clone()).collect();
        let scene = Scene {
            job,
            annotators: persons(&people),
            reviewers: persons(&reviewers),
            manager: inviter.clone(),
        };
        let admin_token = stage.admin_token().to_owned();
        let lease_seconds = terms.lease_seconds;
        Ok(Self { scene, lease_seconds, team, admin_token, manager, reviewers, annotators: people })
    }

    /// Tells the user who watches how to sign in and continue the job.
    pub async fn introduce(&self, address: String) -> anyhow::Result<()> {
        line(&format!("\nserving at {address}"))?;
        let (annotator, reviewer) = (self.annotators.first(), self.reviewers.first());
        let roles = [("annotator", annotator), ("reviewer", reviewer), ("manager", Some(&self.manager))];
        line("label and review in the browser; each link is good once, for a quarter of an hour:")?;
        for (role, member) in roles.iter().filter_map(|(role, member)| Some((role, (*member)?))) {
            let link = self.link(&member.person, &address).await?;
            line(&format!("{:<16} {link}", format!("{role}:")))?;
        }
        let token = |member: Option<&Member>| member.map(|member| member.token.clone()).unwrap_or_default();
        let tokens = [
            ("admin", self.admin_token.clone()),
            ("manager", self.manager.token.clone()),
            ("reviewer", token(reviewer)),
            ("annotator", token(annotator)),
        ];
        for (role, token) in tokens {
            line(&format!("{:<16} {token}", format!("{role} token:")))?;
        }
        Ok(())
    }

    /// A link with which a user signs in as this person.
    async fn link(&self, person: &Person, address: &str) -> anyhow::Result<String> {
        let body = json!({"user": person.id, "team": self.team});
        let made: Value = self.scene.manager.post("/v1/sign-in-links", &body).await?;
        Ok(format!("{address}/#sign-in={}", made["code"].as_str().unwrap_or_default()))
    }
}

fn name(number: usize) -> String {
    match number / NAMES.len() {
        0 => NAMES[number].to_owned(),
        turn => format!("{} {}", NAMES[number % NAMES.len()], turn + 1),
    }
}

/// A new user with one role in the team.
async fn join(inviter: &Client, team: TeamId, name: &str, role: &str) -> anyhow::Result<Member> {
    let (id, token) = swath_load::join(inviter, team, name, role).await?;
    Ok(Member { person: Person { name: name.to_owned(), id, client: inviter.with_token(&token)? }, token })
}

/// Makes something and returns its id.
async fn made<T: std::str::FromStr>(client: &Client, path: &str, body: Value) -> anyhow::Result<T> {
    let answer: Value = client.post(path, &body).await.with_context(|| path.to_owned())?;
    let id = answer["id"].as_str().and_then(|id| id.parse().ok());
    id.with_context(|| format!("{path} answered without an id"))
}

/// The folder of digits as a dataset that is ready.
async fn dataset(manager: &Client, team: TeamId, stage: &Stage) -> anyhow::Result<DatasetId> {
    let body = json!({"team": team, "name": "Handwritten digits", "source": {"folder": stage.pictures()}});
    let id: DatasetId = made(manager, "/v1/datasets", body).await?;
    let began = Instant::now();
    loop {
        let dataset: Value = manager.get(&format!("/v1/datasets/{id}"), &[]).await?;
        if dataset["state"] == "ready" {
            return Ok(id);
        }
        ensure!(dataset["state"] == "importing", "the digits were not imported: {dataset}");
        ensure!(began.elapsed() < IMPORT_DEADLINE, "the digits were not imported in time");
        tokio::time::sleep(IMPORT_POLL_INTERVAL).await;
    }
}

fn job(team: TeamId, dataset: DatasetId, terms: &Terms) -> Value {
    let values: Vec<_> = (0..10).map(|value| value.to_string()).collect();
    json!({
        "team": team,
        "dataset": dataset,
        "title": "Which digit is it?",
        "description": "Draw a box around the ink, and say which digit it is.",
        "instructions": "One box, one digit.",
        "classes": [{"name": "digit", "shape": "rectangle"}],
        "tags": [{"name": "digit", "values": values}],
        "limits": {"figures": 1, "tags": 1},
        "range_size": terms.range_size,
        "lease_seconds": terms.lease_seconds,
        "review": {"rule": "all"},
    })
}

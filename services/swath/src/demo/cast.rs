//! Who plays: a team of people with tokens of their own, and the job that brings them together.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use swath_domain::{DatasetId, JobId, TeamId};
use tokio::time::Instant;

use super::people::Person;
use super::stage::Stage;
use crate::cli::line;
use swath_client::{Client, new_key};

const NAMES: [&str; 12] =
    ["Ada", "Bela", "Chidi", "Dalia", "Emre", "Fumiko", "Goran", "Hana", "Ines", "Jomo", "Kirsi", "Luca"];
const REVIEWERS: [&str; 2] = ["Mina", "Noor"];
/// Items per range, and how long a lease runs.
struct Terms {
    range_size: u32,
    lease_seconds: u32,
}

/// Long enough for simulated people at work, short enough that one who has left is not waited for.
const PLAYED: Terms = Terms { range_size: 25, lease_seconds: 8 };
/// Short ranges, and time to look around, where a person is to go on with the job.
const FOR_PERSON: Terms = Terms { range_size: 10, lease_seconds: 900 };
/// How long the import of the pictures may take.
const IMPORT_DEADLINE: Duration = Duration::from_secs(60);
const IMPORT_PACE: Duration = Duration::from_millis(100);

/// Everybody, and what they do.
pub struct Cast {
    /// Runs the team.
    pub manager: Person,
    /// Check.
    pub reviewers: Vec<Person>,
    /// Label; the last one walks away.
    pub annotators: Vec<Person>,
    /// What there is to do.
    pub job: JobId,
    team: TeamId,
    admin_token: String,
}

impl Cast {
    /// Makes the team, its people, the dataset and the job, all through the API.
    pub async fn assemble(stage: &Stage, annotators: u16, stops_half: bool) -> anyhow::Result<Self> {
        let admin = stage.client()?.with_token(stage.admin_token())?;
        // A folder may see more than one demo, and a team's name is its own.
        let name_of_team = format!("Demo {}", &new_key()[..6]);
        let team: TeamId = made(&admin, "/v1/teams", json!({"name": name_of_team})).await?;
        let manager = join(&admin, team, "Maria", "manager").await?;
        let mut reviewers = Vec::new();
        for name in REVIEWERS {
            reviewers.push(join(&manager.client, team, name, "reviewer").await?);
        }
        let mut people = Vec::new();
        for number in 0..usize::from(annotators) {
            people.push(join(&manager.client, team, &name(number), "annotator").await?);
        }
        let dataset = dataset(&manager.client, team, stage).await?;
        let terms = if stops_half { FOR_PERSON } else { PLAYED };
        let job = made(&manager.client, "/v1/jobs", job(team, dataset, &terms)).await?;
        let admin_token = stage.admin_token().to_owned();
        Ok(Self { manager, reviewers, annotators: people, job, team, admin_token })
    }

    /// Tells the person who watches how to sign in and go on with the job.
    pub async fn introduce(&self, address: String) -> anyhow::Result<()> {
        line(&format!("\nserving at {address}"))?;
        let first = |people: &[Person]| people.first().cloned();
        let roles = [
            ("annotator", first(&self.annotators)),
            ("reviewer", first(&self.reviewers)),
            ("manager", Some(self.manager.clone())),
        ];
        line("label and review in the browser; each link is good once, for a quarter of an hour:")?;
        for (role, person) in roles.iter().filter_map(|(role, person)| Some((role, person.as_ref()?))) {
            let link = self.link(person, &address).await?;
            line(&format!("{:<16} {link}", format!("{role}:")))?;
        }
        let some = |people: &[Person]| people.first().map(|person| person.token.clone()).unwrap_or_default();
        let (reviewer, annotator) = (some(&self.reviewers), some(&self.annotators));
        let tokens = [
            ("admin", &self.admin_token),
            ("manager", &self.manager.token),
            ("reviewer", &reviewer),
            ("annotator", &annotator),
        ];
        for (role, token) in tokens {
            line(&format!("{:<16} {token}", format!("{role} token:")))?;
        }
        Ok(())
    }
}

impl Cast {
    /// A link with which somebody signs in as this person.
    async fn link(&self, person: &Person, address: &str) -> anyhow::Result<String> {
        let me: Value = person.client.get("/v1/me", &[]).await?;
        let body = json!({"user": me["user"]["id"], "team": self.team});
        let made: Value = self.manager.client.post("/v1/sign-in-links", &body).await?;
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
async fn join(inviter: &Client, team: TeamId, name: &str, role: &str) -> anyhow::Result<Person> {
    let (_, token) = swath_load::join(inviter, team, name, role).await?;
    Ok(Person { name: name.to_owned(), client: inviter.with_token(&token)?, token })
}

/// Makes something and gives its id.
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
        tokio::time::sleep(IMPORT_PACE).await;
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

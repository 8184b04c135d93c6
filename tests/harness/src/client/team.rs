//! A team with its manager, and what the manager sets up.

use std::time::Duration;

use serde_json::{Value, json};

use super::User;
use crate::{ids, until};

/// How long an import, or a job's change of status, may take.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A team that one test has for itself.
#[derive(Clone, Debug)]
pub struct Team {
    /// The team's id.
    pub id: String,
    /// Its first manager.
    pub manager: User,
    admin: User,
}

/// A dataset that is ready.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The dataset's id.
    pub id: String,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// The job's id.
    pub id: String,
}

impl Job {
    /// A path below the job's path.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/jobs/{}{rest}", self.id)
    }
}

impl Team {
    /// Creates a team as an administrator, with a manager of its own.
    pub async fn found(admin: &User, name: &str) -> Self {
        let team = admin.post("/v1/teams", json!({"name": ids::named(name)})).await.created();
        let id = text(&team, "id");
        let mut team = Self { id, manager: admin.clone(), admin: admin.clone() };
        team.manager = team.member("manager", &["manager"]).await;
        team
    }

    /// A new user with a token and these roles in the team.
    pub async fn member(&self, name: &str, roles: &[&str]) -> User {
        let created = self.admin.post("/v1/users", json!({"name": ids::named(name)})).await.created();
        let user = self.admin.as_user(name, &text(&created, "id"), "none yet");
        self.enrol(&user, roles).await;
        self.with_token(&user).await
    }

    /// Gives a user these roles in the team instead of any others.
    pub async fn enrol(&self, user: &User, roles: &[&str]) {
        let path = format!("/v1/teams/{}/members/{}", self.id, user.id);
        let answer = self.admin.put(&path, json!({"roles": roles})).await;
        assert!(answer.status() < 300, "{} was not made a member: {}", user.name, answer.text());
    }

    /// The same member with a new token for this team.
    pub async fn with_token(&self, user: &User) -> User {
        let token = json!({"user": user.id, "team": self.id});
        let token = self.admin.post("/v1/tokens", token).await.created();
        self.admin.as_user(&user.name, &user.id, &text(&token, "token"))
    }

    /// A new annotator.
    pub async fn annotator(&self, name: &str) -> User {
        self.member(name, &["annotator"]).await
    }

    /// A new reviewer.
    pub async fn reviewer(&self, name: &str) -> User {
        self.member(name, &["reviewer"]).await
    }

    /// A ready dataset of `count` pictures. The pictures themselves do not exist.
    pub async fn dataset(&self, count: usize) -> Dataset {
        let item = |index| json!({"uri": format!("https://pictures.example/{index:05}.png")});
        let items: Vec<Value> = (0..count).map(item).collect();
        self.dataset_from(json!({"items": items})).await
    }

    /// A ready dataset from the given source.
    pub async fn dataset_from(&self, source: Value) -> Dataset {
        let body = json!({"team": self.id, "name": ids::named("dataset"), "source": source});
        let made = self.manager.post("/v1/datasets", body).await.created();
        self.dataset_ready(&text(&made, "id")).await
    }

    /// Waits until the dataset's import has succeeded.
    pub async fn dataset_ready(&self, id: &str) -> Dataset {
        let path = format!("/v1/datasets/{id}");
        let ready = until("the import", SETTLE_TIMEOUT, || async {
            let dataset = self.manager.get(&path).await.ok();
            assert_ne!(dataset["state"], "failed", "{dataset}");
            (dataset["state"] == "ready").then_some(())
        });
        ready.await.unwrap_or_else(|error| panic!("{error}"));
        Dataset { id: id.to_owned() }
    }

    /// A job over `dataset`. The fields of `wishes` replace the defaults: boxes and a tag, ranges of five.
    pub async fn job(&self, dataset: &Dataset, wishes: Value) -> Job {
        let job = self.manager.post("/v1/jobs", self.job_body(dataset, wishes)).await.created();
        Job { id: text(&job, "id") }
    }

    /// The request body of [`Team::job`].
    pub fn job_body(&self, dataset: &Dataset, wishes: Value) -> Value {
        let mut body = json!({
            "team": self.id,
            "dataset": dataset.id,
            "title": ids::named("job"),
            "classes": [{"name": "thing", "shape": "rectangle"}],
            "tags": [{"name": "seen"}],
            "range_size": 5,
        });
        if let (Some(body), Value::Object(wishes)) = (body.as_object_mut(), wishes) {
            body.extend(wishes);
        }
        body
    }

    /// The job as its manager sees it.
    pub async fn look(&self, job: &Job) -> Value {
        self.manager.get(&job.path("")).await.ok()
    }

    /// Waits until the job has this status.
    pub async fn becomes(&self, job: &Job, status: &str, deadline: Duration) -> Value {
        let what = format!("the job to be {status}");
        let reached = until(&what, deadline, || async {
            let seen = self.look(job).await;
            (seen["status"] == status).then_some(seen)
        });
        reached.await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The job's assignments, in order.
    pub async fn assignments(&self, job: &Job) -> Vec<Value> {
        self.manager.list(&job.path("/assignments")).await
    }

    /// The job's decision log.
    pub async fn log(&self, job: &Job) -> Vec<Value> {
        self.manager.get(&job.path("/log")).await.is(200).lines()
    }

    /// The job's accepted items.
    pub async fn export(&self, job: &Job) -> Vec<Value> {
        self.manager.get(&job.path("/export?format=jsonl")).await.is(200).lines()
    }
}

/// A text field; the test fails if it is missing.
#[track_caller]
pub(super) fn text(value: &Value, key: &str) -> String {
    let found = value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"));
    found.to_owned()
}

//! The users: annotators who make mistakes and abandon work, and reviewers who know the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Job, Lease};
use swath_harness::{Answer, Team, User, ids};
use tokio::sync::Mutex;
use tokio::time::sleep;

/// One of this many annotators abandons a range that is half done.
const ANNOTATORS_PER_WALKER: usize = 10;
/// The pause before asking again, unless the server says another one.
const ASK_PAUSE: Duration = Duration::from_millis(250);

/// What the users have done, to compare it with Swath's records afterwards.
#[derive(Debug, Default)]
pub struct Memory {
    /// Saved items that were acknowledged, as (assignment, author, item) with the last annotation.
    pub confirmed: BTreeMap<(String, String, u64), Value>,
    /// The rejected items of each decided assignment.
    pub rejected: BTreeMap<String, BTreeSet<u64>>,
    /// The holder of each granted lease.
    pub leases: BTreeMap<String, String>,
}

/// All users who work on one job.
pub struct Crowd {
    team: Team,
    job: Job,
    answers: Arc<Vec<u8>>,
    annotators: Vec<User>,
    reviewers: Vec<User>,
}

impl Crowd {
    /// Invites the users.
    pub async fn gather(
        team: &Team,
        job: &Job,
        answers: Arc<Vec<u8>>,
        annotators: usize,
        reviewers: usize,
    ) -> Self {
        let annotators =
            futures::future::join_all((0..annotators).map(|_| team.annotator("annotator"))).await;
        let reviewers = futures::future::join_all((0..reviewers).map(|_| team.reviewer("reviewer"))).await;
        Self { team: team.clone(), job: job.clone(), answers, annotators, reviewers }
    }

    /// All users work until the job is done.
    pub async fn work(self) -> Memory {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let mut tasks = tokio::task::JoinSet::new();
        for (place, user) in self.annotators.into_iter().enumerate() {
            let walks_away = place % ANNOTATORS_PER_WALKER == 0;
            tasks.spawn(Worker::new(user, &self.job, &self.answers, &memory).annotate(walks_away));
        }
        for user in self.reviewers {
            tasks.spawn(Worker::new(user, &self.job, &self.answers, &memory).review());
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        assert_eq!(self.team.look(&self.job).await["status"], "done");
        std::mem::take(&mut *memory.lock().await)
    }
}

/// A user at work.
struct Worker {
    user: User,
    job: Job,
    answers: Arc<Vec<u8>>,
    memory: Arc<Mutex<Memory>>,
}

impl Worker {
    fn new(user: User, job: &Job, answers: &Arc<Vec<u8>>, memory: &Arc<Mutex<Memory>>) -> Self {
        Self { user, job: job.clone(), answers: answers.clone(), memory: memory.clone() }
    }

    async fn annotate(self, walks_away: bool) {
        while let Some(reply) = self.next("/v1/leases").await {
            let lease = Lease::of_work(reply);
            let items = lease.items();
            self.memory.lock().await.leases.insert(lease.id.clone(), self.user.id.clone());
            if walks_away {
                self.label(&lease, &items[..items.len() / 2]).await;
                return;
            }
            if self.label(&lease, &items).await {
                let body = json!({"submission_id": ids::fresh()});
                let answer = self.user.patiently(Method::POST, &lease.path("/submit"), &body).await;
                self.done_or_taken(answer);
            }
        }
    }

    /// Saves these items one by one. Returns false once the lease is lost.
    async fn label(&self, lease: &Lease, items: &[u64]) -> bool {
        let round = lease.body["assignment"]["round"].as_u64().unwrap_or(1);
        for &index in items {
            let annotation = digit(opinion(&self.answers, index, round));
            let answer = self.user.patiently(Method::PUT, &lease.item(index), &annotation).await;
            if !self.done_or_taken(answer) {
                return false;
            }
            let key = (lease.assignment(), self.user.id.clone(), index);
            self.memory.lock().await.confirmed.insert(key, annotation);
        }
        true
    }

    async fn review(self) {
        while let Some(reply) = self.next("/v1/reviews").await {
            let review = Lease::of_review(reply);
            let wrong: BTreeSet<u64> = self.wrong_items(&review.body);
            let verdicts =
                wrong.iter().map(|&index| (index, json!({"verdict": "reject", "reason": "another digit"})));
            let mut held = true;
            for (index, body) in verdicts {
                let answer = self.user.patiently(Method::PUT, &review.item(index), &body).await;
                held = held && self.done_or_taken(answer);
            }
            let body = json!({"decision_id": ids::fresh(), "rest": "accept"});
            if held
                && self.done_or_taken(self.user.patiently(Method::POST, &review.path("/submit"), &body).await)
            {
                self.memory.lock().await.rejected.insert(review.assignment(), wrong);
            }
        }
    }

    fn wrong_items(&self, review: &Value) -> BTreeSet<u64> {
        let items = review["assignment"]["items"].as_array().into_iter().flatten();
        let wrong = items.filter_map(|item| {
            let index = item["index"].as_u64()?;
            let right = self.answers.get(usize::try_from(index).ok()?).copied();
            (digit_of(&item["annotation"]) != right).then_some(index)
        });
        wrong.collect()
    }

    /// The next lease or review; `None` once the job is done.
    async fn next(&self, path: &str) -> Option<Value> {
        loop {
            let answer = self.user.patiently(Method::POST, path, &json!({"job": self.job.id})).await;
            match (answer.status(), answer.code().as_str()) {
                (200 | 201, _) => return Some(answer.json()),
                (404, "no-work") if self.is_done().await => return None,
                (404, "no-work") => sleep(ASK_PAUSE).await,
                _ => panic!("{path}: {}", answer.text()),
            }
        }
    }

    async fn is_done(&self) -> bool {
        self.user.get(&self.job.path("")).await.ok()["status"] == "done"
    }

    /// True if the call succeeded. The loss of a lease that expired on a slow machine is allowed.
    fn done_or_taken(&self, answer: Answer) -> bool {
        if answer.status() == 409 && answer.code() == "stale-lease" {
            return false;
        }
        answer.ok();
        true
    }
}

/// The digit that a user sees: often wrong in the first round, seldom later, never in the last.
fn opinion(answers: &[u8], index: u64, round: u64) -> u8 {
    let right = usize::try_from(index).ok().and_then(|place| answers.get(place)).copied().unwrap_or_default();
    let lot = index.wrapping_mul(2_654_435_761).wrapping_add(round.wrapping_mul(40_503)) % 100;
    let errs = lot
        < match round {
            1 => 15,
            2 => 10,
            _ => 0,
        };
    if errs { (right + 1) % 10 } else { right }
}

fn digit(digit: u8) -> Value {
    let geometry = json!({"x": 1.0, "y": 0.0, "width": 6.0, "height": 8.0});
    let figure = json!({"class": "digit", "shape": "rectangle", "geometry": geometry});
    json!({"figures": [figure], "tags": [{"name": "digit", "value": digit.to_string()}]})
}

/// The digit that an annotation names.
pub fn digit_of(annotation: &Value) -> Option<u8> {
    annotation["tags"][0]["value"].as_str()?.parse().ok()
}

//! The people: annotators who err and wander off, reviewers who know the answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Job, Lease};
use swath_harness::{Answer, Person, Team, ids};
use tokio::sync::Mutex;
use tokio::time::sleep;

/// Every how many annotators one walks away from a range that is half done.
const WALKERS: usize = 10;
/// How long to wait before asking again when nothing else was said.
const PAUSE: Duration = Duration::from_millis(250);

/// What the people remember, to be compared with what Swath says afterwards.
#[derive(Debug, Default)]
pub struct Memory {
    /// Confirms that were answered, as (assignment, author, item) with the last annotation.
    pub confirmed: BTreeMap<(String, String, u64), Value>,
    /// Items rejected, by the assignment that was decided.
    pub rejected: BTreeMap<String, BTreeSet<u64>>,
    /// Leases granted, with whom they were granted to.
    pub leases: BTreeMap<String, String>,
}

/// Everybody who works on one job.
pub struct Crowd {
    team: Team,
    job: Job,
    answers: Arc<Vec<u8>>,
    annotators: Vec<Person>,
    reviewers: Vec<Person>,
}

impl Crowd {
    /// Invites the people.
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

    /// Everybody works until the job is done.
    pub async fn work(self) -> Memory {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let mut tasks = tokio::task::JoinSet::new();
        for (place, person) in self.annotators.into_iter().enumerate() {
            let walks_away = place % WALKERS == 0;
            tasks.spawn(Worker::new(person, &self.job, &self.answers, &memory).annotate(walks_away));
        }
        for person in self.reviewers {
            tasks.spawn(Worker::new(person, &self.job, &self.answers, &memory).review());
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        assert_eq!(self.team.look(&self.job).await["status"], "done");
        std::mem::take(&mut *memory.lock().await)
    }
}

/// One person at work.
struct Worker {
    person: Person,
    job: Job,
    answers: Arc<Vec<u8>>,
    memory: Arc<Mutex<Memory>>,
}

impl Worker {
    fn new(person: Person, job: &Job, answers: &Arc<Vec<u8>>, memory: &Arc<Mutex<Memory>>) -> Self {
        Self { person, job: job.clone(), answers: answers.clone(), memory: memory.clone() }
    }

    async fn annotate(self, walks_away: bool) {
        while let Some(told) = self.next("/v1/leases").await {
            let lease = Lease::of_work(told);
            let items = lease.items();
            self.memory.lock().await.leases.insert(lease.id.clone(), self.person.id.clone());
            if walks_away {
                self.label(&lease, &items[..items.len() / 2]).await;
                return;
            }
            if self.label(&lease, &items).await {
                let body = json!({"submission_id": ids::fresh()});
                let answer = self.person.patiently(Method::POST, &lease.path("/submit"), &body).await;
                self.done_or_taken(answer);
            }
        }
    }

    /// Confirms these items one by one; false once the lease is somebody else's.
    async fn label(&self, lease: &Lease, items: &[u64]) -> bool {
        let round = lease.body["assignment"]["round"].as_u64().unwrap_or(1);
        for &index in items {
            let annotation = digit(opinion(&self.answers, index, round));
            let answer = self.person.patiently(Method::PUT, &lease.item(index), &annotation).await;
            if !self.done_or_taken(answer) {
                return false;
            }
            let key = (lease.assignment(), self.person.id.clone(), index);
            self.memory.lock().await.confirmed.insert(key, annotation);
        }
        true
    }

    async fn review(self) {
        while let Some(told) = self.next("/v1/reviews").await {
            let review = Lease::of_review(told);
            let wrong: BTreeSet<u64> = self.wrong_items(&review.body);
            let verdicts =
                wrong.iter().map(|&index| (index, json!({"verdict": "reject", "reason": "another digit"})));
            let mut held = true;
            for (index, body) in verdicts {
                let answer = self.person.patiently(Method::PUT, &review.item(index), &body).await;
                held = held && self.done_or_taken(answer);
            }
            let body = json!({"decision_id": ids::fresh(), "rest": "accept"});
            if held
                && self
                    .done_or_taken(self.person.patiently(Method::POST, &review.path("/submit"), &body).await)
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

    /// The next lease or review, or nothing once the job is done.
    async fn next(&self, path: &str) -> Option<Value> {
        loop {
            let answer = self.person.patiently(Method::POST, path, &json!({"job": self.job.id})).await;
            match (answer.status(), answer.code().as_str()) {
                (200 | 201, _) => return Some(answer.json()),
                (404, "no-work") if self.is_done().await => return None,
                (404, "no-work") => sleep(PAUSE).await,
                _ => panic!("{path}: {}", answer.text()),
            }
        }
    }

    async fn is_done(&self) -> bool {
        self.person.get(&self.job.path("")).await.ok()["status"] == "done"
    }

    /// Whether it was done; losing a lease that expired on a slow machine is an ordinary answer.
    fn done_or_taken(&self, answer: Answer) -> bool {
        if answer.status() == 409 && answer.code() == "stale-lease" {
            return false;
        }
        answer.ok();
        true
    }
}

/// What a person takes the digit for: often wrong at first, seldom later, never in the end.
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

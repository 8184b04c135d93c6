//! The work of annotators and reviewers.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::team::text;
use super::{Answer, Job, User};
use crate::{ids, until};

/// A new job's first range can be leased within this time, on any machine that runs tests.
const FIRST_RANGE_TIMEOUT: Duration = Duration::from_secs(20);

/// A lease or a review as it was granted.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The lease id; for a review, the review id.
    pub id: String,
    /// The body of the answer that granted it.
    pub body: Value,
    kind: &'static str,
}

impl Lease {
    /// Reads an answer to `POST /v1/leases`.
    #[track_caller]
    pub fn of_work(body: Value) -> Self {
        Self { id: text(&body, "lease_id"), body, kind: "leases" }
    }

    /// Reads an answer to `POST /v1/reviews`.
    #[track_caller]
    pub fn of_review(body: Value) -> Self {
        let id = body["review_id"].as_str().map_or_else(|| text(&body, "lease_id"), str::to_owned);
        Self { id, body, kind: "reviews" }
    }

    /// A path below the lease's path.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/{}/{}{rest}", self.kind, self.id)
    }

    /// The path of an item.
    pub fn item(&self, index: u64) -> String {
        self.path(&format!("/items/{index}"))
    }

    /// The assignment's id.
    #[track_caller]
    pub fn assignment(&self) -> String {
        text(&self.body["assignment"], "id")
    }

    /// The fencing token.
    pub fn fence(&self) -> u64 {
        self.body["fence"].as_u64().unwrap_or_else(|| panic!("no fence in {}", self.body))
    }

    /// The slot of its assignment.
    pub fn slot(&self) -> u64 {
        self.body["assignment"]["slot"].as_u64().unwrap_or_else(|| panic!("no slot in {}", self.body))
    }

    /// The numbers of its items, in order.
    pub fn items(&self) -> Vec<u64> {
        let items = self.body["assignment"]["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|item| item["index"].as_u64()).collect()
    }
}

/// An annotation of one box at `x`, with the classes of an ordinary test job.
pub fn boxed(x: f64) -> Value {
    let geometry = json!({"x": x, "y": 1.0, "width": 4.0, "height": 3.0});
    json!({"figures": [{"class": "thing", "shape": "rectangle", "geometry": geometry}], "tags": []})
}

/// An annotation that differs from those of all other items.
pub fn annotation(index: u64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "item numbers of tests are small")]
    boxed(index as f64)
}

impl User {
    /// Asks once for work in `job`.
    pub async fn ask(&self, job: &Job) -> Answer {
        self.post("/v1/leases", json!({"job": job.id})).await
    }

    /// Asks for work in `job` until there is a lease: the ranges of a new job may not be cut yet.
    pub async fn lease(&self, job: &Job) -> Lease {
        let granted = until("a lease", FIRST_RANGE_TIMEOUT, || async {
            let answer = self.ask(job).await;
            (answer.code() != "no-work").then_some(answer)
        });
        Lease::of_work(granted.await.unwrap_or_else(|error| panic!("{}: {error}", self.name)).created())
    }

    /// Saves one item.
    pub async fn confirm(&self, lease: &Lease, index: u64, annotation: Value) -> Answer {
        self.put(&lease.item(index), annotation).await
    }

    /// Saves every item of the lease, each with its own annotation.
    pub async fn confirm_all(&self, lease: &Lease) {
        for index in lease.items() {
            self.confirm(lease, index, annotation(index)).await.ok();
        }
    }

    /// Submits the lease under a new submission id.
    pub async fn submit(&self, lease: &Lease) -> Answer {
        self.submit_as(lease, &ids::fresh()).await
    }

    /// Submits the lease under the given submission id, as a retry does.
    pub async fn submit_as(&self, lease: &Lease, submission_id: &str) -> Answer {
        self.post(&lease.path("/submit"), json!({"submission_id": submission_id})).await
    }

    /// Saves every item, and submits.
    pub async fn finish(&self, lease: &Lease) -> Value {
        self.confirm_all(lease).await;
        self.submit(lease).await.ok()
    }

    /// Leases the next range of `job` and finishes it.
    pub async fn work(&self, job: &Job) -> Lease {
        let lease = self.lease(job).await;
        self.finish(&lease).await;
        lease
    }

    /// All items of a lease or a review.
    pub async fn items(&self, lease: &Lease) -> Vec<Value> {
        self.list(&lease.path("/items")).await
    }

    /// Renews a lease or a review.
    pub async fn renew(&self, lease: &Lease) -> Answer {
        self.request(Method::POST, &lease.path("/renew")).send().await
    }

    /// Releases a lease or a review.
    pub async fn release(&self, lease: &Lease) -> Answer {
        self.delete(&lease.path("")).await
    }

    /// Asks once for a submission to review in `job`.
    pub async fn ask_review(&self, job: &Job) -> Answer {
        self.post("/v1/reviews", json!({"job": job.id})).await
    }

    /// Starts the review of a submission of `job`.
    pub async fn review(&self, job: &Job) -> Lease {
        Lease::of_review(self.ask_review(job).await.created())
    }

    /// Saves a verdict on one item, `accept` or `reject`.
    pub async fn verdict(&self, review: &Lease, index: u64, verdict: &str) -> Answer {
        let mut body = json!({"verdict": verdict});
        if verdict == "reject" {
            body["reason"] = json!("not as the instructions say");
        }
        self.put(&review.item(index), body).await
    }

    /// Decides a review. Items without a verdict are accepted.
    pub async fn decide(&self, review: &Lease) -> Answer {
        let body = json!({"decision_id": ids::fresh(), "rest": "accept"});
        self.post(&review.path("/submit"), body).await
    }

    /// Reviews the next submission: rejects these items, accepts the others.
    pub async fn reject(&self, job: &Job, items: &[u64]) -> Value {
        let review = self.review(job).await;
        for &index in items {
            self.verdict(&review, index, "reject").await.ok();
        }
        self.decide(&review).await.ok()
    }
}

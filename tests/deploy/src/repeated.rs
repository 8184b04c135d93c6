//! Requests that an older release carried out and whose answers were lost. Repeated to this release under the same key,
//! each gets its first answer.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Answer, User};
use swath_harness::{World, ids, until};

/// The items of the job that the requests are about.
pub(crate) const ITEMS: u64 = 2;

const TIMEOUT: Duration = Duration::from_secs(60);

/// A request, and the first answer to it.
struct Asked {
    user: User,
    path: String,
    key: String,
    body: Value,
    first: Value,
}

impl Asked {
    /// Sends the request until there is work for its user.
    async fn first(user: &User, path: String, body: Value) -> Self {
        let key = ids::fresh();
        let sent = || async {
            let answer = send(user, &path, &key, &body).await;
            (answer.status() != 404).then_some(answer)
        };
        let first = until("work", TIMEOUT, sent).await.unwrap();
        let first = if first.status() == 201 { first.created() } else { first.ok() };
        Self { user: user.clone(), path, key, body, first }
    }

    async fn gets_its_first_answer(&self) {
        let again = send(&self.user, &self.path, &self.key, &self.body).await.ok();
        // A lease goes on telling its state; its id says that it is the same one.
        let fields =
            if self.first["lease_id"].is_null() { &["assignment", "status"][..] } else { &["lease_id"] };
        for field in fields {
            assert_eq!(again[field], self.first[field], "{field} of {}", self.path);
        }
    }
}

async fn send(user: &User, path: &str, key: &str, body: &Value) -> Answer {
    user.request(Method::POST, path).header("idempotency-key", key).json(body).send().await
}

/// A new user with one role in the team. A token of the older release is for all teams of its user.
async fn member(world: &World, team: &str, role: &str) -> User {
    let admin = world.admin();
    let user = id(&admin.post("/v1/users", json!({"name": ids::named(role)})).await.created());
    admin.put(&format!("/v1/teams/{team}/members/{user}"), json!({"roles": [role]})).await.ok();
    let token = admin.post("/v1/tokens", json!({"user": user})).await.created();
    world.stranger(token["token"].as_str())
}

fn id(created: &Value) -> String {
    created["id"].as_str().unwrap().to_owned()
}

/// The requests whose digests are made of what was understood of them, and not of their bytes.
pub(crate) struct Repeated([Asked; 4]);

impl Repeated {
    /// Has the requests carried out by the older release. They leave out what they may leave out.
    pub(crate) async fn make(world: &World) -> Self {
        let name = json!({"name": ids::named("repeated")});
        let team = id(&world.admin().post("/v1/teams", name).await.created());
        let mia = member(world, &team, "manager").await;
        let (ann, ben) = (member(world, &team, "annotator").await, member(world, &team, "reviewer").await);
        let items = json!([{"uri": "https://a.example/1.png"}, {"uri": "https://a.example/2.png"}]);
        let dataset = json!({"team": team, "name": "repeated", "source": {"items": items}});
        let dataset = mia.post("/v1/datasets", dataset).await.created();
        let job = json!({"dataset": dataset["id"], "title": "repeated",
            "classes": [{"name": "thing", "shape": "any"}], "review": {"rule": "all"}});
        let job = mia.post("/v1/jobs", job).await.created();

        let work = json!({"job": job["id"]});
        let lease = Asked::first(&ann, "/v1/leases".to_owned(), work.clone()).await;
        let path = format!("/v1/leases/{}/submit", lease.first["lease_id"].as_str().unwrap());
        let items = json!([{"index": 0, "figures": []}, {"index": 1, "skip": {"reason": "dark"}}]);
        let submission = json!({"submission_id": ids::fresh(), "items": items});
        let submission = Asked::first(&ann, path, submission).await;

        let review = Asked::first(&ben, "/v1/reviews".to_owned(), work).await;
        let path = format!("/v1/reviews/{}/submit", review.first["lease_id"].as_str().unwrap());
        let verdicts = json!([{"index": 0, "verdict": "accept"}]);
        let decision = json!({"decision_id": ids::fresh(), "verdicts": verdicts, "rest": "accept"});
        let decision = Asked::first(&ben, path, decision).await;
        Self([lease, submission, review, decision])
    }

    /// Repeats the requests to this release.
    pub(crate) async fn get_their_first_answers(&self) {
        for asked in &self.0 {
            asked.gets_its_first_answer().await;
        }
    }
}

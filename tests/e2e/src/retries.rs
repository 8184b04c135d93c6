//! Idempotency: a request that is repeated under its `Idempotency-Key`, at once or later, is carried out once.

use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::{Answer, Settings, Team, User, World, ids, until};

/// A request that a client sends repeatedly.
#[derive(Clone)]
struct Repeated {
    path: String,
    key: String,
    kind: &'static str,
    body: String,
}

impl Repeated {
    fn json(path: impl Into<String>, body: &Value) -> Self {
        Self { path: path.into(), key: ids::fresh(), kind: "application/json", body: body.to_string() }
    }

    fn csv(path: impl Into<String>, lines: usize) -> Self {
        let tag = ids::fresh();
        let line = |n| format!("https://a.example/{tag}/{n}.png\n");
        let body = std::iter::once("uri\n".to_owned()).chain((0..lines).map(line)).collect();
        Self { path: path.into(), key: ids::fresh(), kind: "text/csv", body }
    }

    async fn send(&self, user: &User) -> Answer {
        let request = user.request(Method::POST, &self.path).header("idempotency-key", &self.key);
        request.body(self.kind, self.body.clone()).send().await
    }

    /// Sends the request repeatedly while another attempt runs. True if it was carried out completely.
    async fn until_cut_off(&self, user: &User) -> bool {
        loop {
            let request = user.request(Method::POST, &self.path).header("idempotency-key", &self.key);
            match request.body(self.kind, self.body.clone()).send_or_unreachable().await {
                Ok(answer) if answer.status() == 409 => {}
                Ok(answer) => return answer.status() == 201,
                Err(_) => return false,
            }
        }
    }

    /// Sends the request until no other attempt runs.
    async fn patiently(&self, user: &User) -> Answer {
        let answered = until("the twin to end", Duration::from_secs(60), || async {
            let answer = self.send(user).await;
            let waits = answer.status() == 409 && answer.code() == "in-progress";
            assert!(!waits || answer.retry_after().is_some(), "{}", answer.text());
            (!waits).then_some(answer)
        });
        answered.await.unwrap()
    }
}

fn with(mut value: Value, field: &str, new: Value) -> Value {
    value[field] = new;
    value
}

async fn datasets(team: &Team) -> Vec<Value> {
    team.manager.list(&format!("/v1/datasets?team={}", team.id)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_of_an_upload_make_one_dataset() {
    let team = World::shared().await.team("twins").await;
    for twins in [2, 8] {
        let before = datasets(&team).await.len();
        let upload = Repeated::csv(format!("/v1/datasets?name=d{twins}&team={}", team.id), 3_000);
        let answers = join_all((0..twins).map(|_| upload.patiently(&team.manager))).await;
        let mut made: Vec<Value> = answers.into_iter().map(|answer| answer.created()["id"].clone()).collect();
        made.dedup();
        assert_eq!(made.len(), 1, "{made:?}");
        let after = datasets(&team).await;
        assert_eq!(after.len(), before + 1);
        let whole = after.iter().find(|dataset| dataset["id"] == made[0]).unwrap();
        assert_eq!((&whole["state"], &whole["count"]), (&json!("ready"), &json!(3_000)));
        // Another body under the same key is another request.
        let other =
            Repeated { body: format!("{}https://a.example/one-more.png\n", upload.body), ..upload.clone() };
        other.send(&team.manager).await.refused(409, "conflict");
        let renamed = Repeated { path: upload.path.replace("name=d", "name=e"), ..upload };
        renamed.send(&team.manager).await.refused(409, "conflict");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_of_every_request_that_creates_make_one_thing() {
    let world = World::shared().await;
    let team = world.team("twins").await;
    let dataset = team.dataset(3).await;
    let anna = team.annotator("anna").await;
    let items = json!([{"uri": "https://a.example/1.png"}, {"uri": "https://a.example/2.png"}]);
    let named = |source: Value| json!({"team": team.id, "name": "d", "source": source});
    let pattern = json!({"pattern": "https://a.example/{}.png", "count": 9});
    let requests = [
        (world.admin(), Repeated::json("/v1/teams", &json!({"name": ids::named("twins")}))),
        (
            team.manager.clone(),
            Repeated::json(
                "/v1/users",
                &json!({"name": "twin", "email": format!("{}@example.org", ids::fresh())}),
            ),
        ),
        (team.manager.clone(), Repeated::json("/v1/tokens", &json!({"user": anna.id}))),
        (
            team.manager.clone(),
            Repeated::json(format!("/v1/teams/{}/invitations", team.id), &json!({"roles": ["annotator"]})),
        ),
        (team.manager.clone(), Repeated::json("/v1/datasets", &named(json!({"items": items})))),
        (team.manager.clone(), Repeated::json("/v1/datasets", &named(pattern))),
        (team.manager.clone(), Repeated::json("/v1/jobs", &team.job_body(&dataset, json!({})))),
    ];
    for (user, request) in requests {
        let answers = join_all((0..5).map(|_| request.patiently(&user))).await;
        let mut made: Vec<Value> = answers.into_iter().map(|answer| answer.created()["id"].clone()).collect();
        made.dedup();
        assert_eq!(made.len(), 1, "{}: {made:?}", request.path);
        let other: Value = serde_json::from_str(&request.body).unwrap();
        let other = match request.path.as_str() {
            "/v1/tokens" => with(other, "expires_at", json!("2100-01-01T00:00:00Z")),
            "/v1/jobs" => with(other, "title", json!("another")),
            path if path.ends_with("invitations") => with(other, "note", json!("another")),
            _ => with(other, "name", json!(ids::named("another"))),
        };
        Repeated { body: other.to_string(), ..request }.send(&user).await.refused(409, "conflict");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_appended_once_and_the_repeat_hears_of_that_version() {
    let team = World::shared().await.team("twins").await;
    let dataset = team.dataset(3).await;
    let path = format!("/v1/datasets/{}/items", dataset.id);
    let first = Repeated::csv(&path, 2_000);
    let answers = join_all((0..4).map(|_| first.patiently(&team.manager))).await;
    let shown = |answer: Answer| {
        let dataset = answer.created();
        (dataset["version"].clone(), dataset["count"].clone())
    };
    let reply: Vec<_> = answers.into_iter().map(shown).collect();
    assert!(reply.iter().all(|said| *said == (json!(2), json!(2_003))), "{reply:?}");
    let second = Repeated::json(&path, &json!({"items": [{"uri": "https://a.example/last.png"}]}));
    assert_eq!(shown(second.patiently(&team.manager).await), (json!(3), json!(2_004)));
    assert_eq!(shown(first.send(&team.manager).await), (json!(2), json!(2_003)));
    let other = team.dataset(1).await;
    let elsewhere = Repeated { path: format!("/v1/datasets/{}/items", other.id), ..second };
    elsewhere.send(&team.manager).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_refused_leaves_its_key_free() {
    let team = World::shared().await.team("twins").await;
    let upload = Repeated::csv(format!("/v1/datasets?name=d&team={}", team.id), 10);
    let twice = Repeated {
        body: format!("{}{}", upload.body, upload.body.lines().nth(1).unwrap()),
        ..upload.clone()
    };
    twice.send(&team.manager).await.invalid("uri");
    assert!(datasets(&team).await.is_empty());
    upload.patiently(&team.manager).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_process_was_killed_is_carried_out_when_it_is_sent_again() {
    let mut world = World::start(Settings::default()).await.unwrap();
    let team = world.team("killed").await;
    let dataset = team.dataset(1).await;
    let paths =
        [format!("/v1/datasets?name=d&team={}", team.id), format!("/v1/datasets/{}/items", dataset.id)];
    for path in paths {
        let upload = Repeated::csv(path, 200_000);
        let under_way = upload.clone();
        let manager = team.manager.clone();
        let first = tokio::spawn(async move { under_way.until_cut_off(&manager).await });
        let began = until("the upload to begin", Duration::from_secs(30), || async {
            let twin = Repeated { body: String::new(), ..upload.clone() }.send(&team.manager).await;
            (twin.code() == "in-progress").then_some(())
        });
        began.await.unwrap();
        let services = world.services_mut();
        let place =
            services.iter().position(|service| service.name().starts_with("coordinator")).unwrap_or(0);
        services[place].kill();
        assert!(!first.await.unwrap(), "the upload was cut off");
        services[place].start().await.unwrap();
        let again = until("the key to be free again", Duration::from_secs(180), || async {
            let answer = upload.send(&team.manager).await;
            (answer.status() == 201).then_some(answer)
        });
        assert_eq!(again.await.unwrap().created()["state"], "ready");
    }
    // The dataset that the killed process had begun is left as failed, without items.
    let all = datasets(&team).await;
    let ready = all.iter().filter(|dataset| dataset["state"] == "ready");
    let counts: Vec<_> = ready.map(|dataset| dataset["count"].clone()).collect();
    assert_eq!(counts, [json!(200_001), json!(200_000)]);
}

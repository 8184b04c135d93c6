//! Users join by invitation, act through tokens for one team, and leave without blocking others.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::{Answer, Team, User, World, ids, until};

/// A process may use roles and memberships that are a second old.
const PROPAGATION_TIMEOUT: Duration = Duration::from_secs(10);

async fn team() -> Team {
    World::shared().await.team("people").await
}

async fn invite(team: &Team, inviter: &User, roles: &[&str]) -> Value {
    let path = format!("/v1/teams/{}/invitations", team.id);
    inviter.post(&path, json!({"roles": roles, "note": "the new one"})).await.created()
}

async fn accept(user: &User, code: &Value, name: Option<&str>) -> Answer {
    let mut body = json!({"invitation": code["invitation"]});
    if let Some(name) = name {
        body["name"] = json!(name);
    }
    user.post("/v1/invitations/accept", body).await
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_good_once_and_shows_the_teams_name_alone() {
    let (world, team) = (World::shared().await, team().await);
    let stranger = world.stranger(None);
    let code = invite(&team, &team.manager, &["annotator"]).await;
    let shown = stranger.post("/v1/invitations/show", json!({"invitation": code["invitation"]})).await.ok();
    assert_eq!(shown.as_object().unwrap().keys().collect::<Vec<_>>(), ["team"]);

    let twins: Vec<Answer> =
        futures::future::join_all((0..6).map(|_| accept(&stranger, &code, Some("Anna")))).await;
    let joined: Vec<&Answer> = twins.iter().filter(|answer| answer.status() == 201).collect();
    assert_eq!(joined.len(), 1, "{:?}", twins.iter().map(Answer::text).collect::<Vec<_>>());
    assert!(twins.iter().all(|answer| matches!(answer.status(), 201 | 404)));
    let anna = world.stranger(joined[0].json()["token"].as_str());
    let me = anna.get("/v1/me").await.ok();
    assert_eq!(
        (me["teams"][0]["id"].as_str(), &me["teams"][0]["roles"]),
        (Some(team.id.as_str()), &json!(["annotator"]))
    );
    stranger
        .post("/v1/invitations/show", json!({"invitation": code["invitation"]}))
        .await
        .refused(404, "not-found");

    // A user with an account joins with it, and gets a token for the new team.
    let other = world.team("elsewhere").await;
    let bob = other.annotator("bob").await;
    let second = invite(&team, &team.manager, &["reviewer"]).await;
    accept(&bob, &second, Some("Not Bob")).await.invalid("name");
    let here = accept(&bob, &second, None).await.created();
    assert_eq!(text(&here, "user"), bob.id);
    let roles = |user: &User| {
        let user = user.clone();
        async move { user.get("/v1/me").await.ok()["teams"].clone() }
    };
    assert_eq!(roles(&world.stranger(here["token"].as_str())).await[0]["id"], json!(team.id));
    assert_eq!(roles(&bob).await[0]["id"], json!(other.id), "his old token opens his old team alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_with_its_inviter_and_when_it_is_revoked() {
    let (world, team) = (World::shared().await, team().await);
    let stranger = world.stranger(None);
    let second = team.member("second manager", &["manager"]).await;
    let void = invite(&team, &second, &["manager"]).await;
    let path = format!("/v1/teams/{}/members/{}", team.id, second.id);
    team.manager.delete(&path).await.no_content();
    accept(&stranger, &void, Some("Eve")).await.refused(404, "not-found");

    let revoked = invite(&team, &team.manager, &["annotator"]).await;
    let path = format!("/v1/teams/{}/invitations", team.id);
    let open = team.manager.list(&path).await;
    assert!(open.len() == 1 && open[0]["invited_by_name"].is_string(), "{open:?}");
    team.manager.delete(&format!("/v1/invitations/{}", text(&revoked, "id"))).await.no_content();
    accept(&stranger, &revoked, Some("Eve")).await.refused(404, "not-found");
    assert!(team.manager.list(&path).await.is_empty());
    stranger
        .post("/v1/invitations/show", json!({"invitation": "x".repeat(5_000)}))
        .await
        .refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_taken_into_a_team_by_id_unasked() {
    let (world, team) = (World::shared().await, team().await);
    let other = world.team("next-door").await;
    let victim = other.annotator("victim").await;
    let path = |user: &User| format!("/v1/teams/{}/members/{}", team.id, user.id);
    let refused = team.manager.put(&path(&victim), json!({"roles": ["annotator"]})).await;
    assert!(!refused.refused(404, "not-found").to_string().contains("victim"));
    // An account that the manager has created, and that is in no team yet, may be added.
    let made = team.manager.post("/v1/users", json!({"name": ids::named("new")})).await.created();
    let by_id = format!("/v1/teams/{}/members/{}", team.id, text(&made, "id"));
    other.manager.put(&by_id, json!({"roles": ["annotator"]})).await.refused(404, "not-found");
    team.manager.put(&by_id, json!({"roles": ["annotator"]})).await.ok();
    team.manager.put(&by_id, json!({"roles": ["annotator", "annotator"]})).await.invalid("roles");
    // An administrator may.
    world.admin().put(&path(&victim), json!({"roles": ["annotator"]})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_holds_is_free_when_they_leave_or_change_their_role() {
    let team = team().await;
    let dataset = team.dataset(4).await;
    let job = team.job(&dataset, json!({"range_size": 2, "lease_seconds": 3600})).await;
    let (leaver, next) = (team.annotator("leaver").await, team.annotator("next").await);
    let lease = leaver.lease(&job).await;
    leaver.confirm(&lease, lease.items()[0], json!({"figures": [], "tags": []})).await.ok();
    let path = format!("/v1/teams/{}/members/{}", team.id, leaver.id);
    team.manager.delete(&path).await.no_content();
    assert_eq!(next.lease(&job).await.assignment(), lease.assignment());
    let kept = team.manager.get(&job.path("/export?format=jsonl&items=all")).await.lines();
    assert!(kept.iter().any(|line| line["author"] == json!(leaver.id)), "{kept:?}");
    let ended = until("the token to be refused", PROPAGATION_TIMEOUT, || async {
        (leaver.get("/v1/me").await.status() == 401).then_some(())
    });
    ended.await.unwrap();

    let changer = team.annotator("changer").await;
    let lease = changer.lease(&job).await;
    let path = format!("/v1/teams/{}/members/{}", team.id, changer.id);
    team.manager.put(&path, json!({"roles": ["reviewer"]})).await.ok();
    let rows = team.assignments(&job).await;
    let row = rows.iter().find(|row| row["id"] == json!(lease.assignment())).unwrap();
    assert_eq!((row["status"].as_str(), &row["holder"]), (Some("PENDING"), &Value::Null), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_frees_a_review_with_a_reason() {
    let team = team().await;
    let dataset = team.dataset(2).await;
    let job = team.job(&dataset, json!({"review": {"rule": "all"}})).await;
    team.annotator("author").await.work(&job).await;
    let (away, here) = (team.reviewer("away").await, team.reviewer("here").await);
    let review = away.review(&job).await;
    let path = format!("/v1/assignments/{}/reassign", review.assignment());
    team.manager.post(&path, json!({"reason": "away", "user": here.id})).await.invalid("user");
    let freed = team.manager.post(&path, json!({"reason": "away"})).await.ok();
    assert_eq!(freed["status"], "COMPLETED");
    assert_eq!(away.decide(&review).await.refused(409, "stale-lease")["reason"], "reassigned");
    assert_eq!(here.review(&job).await.assignment(), review.assignment());
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_listed_with_maker_and_use_and_revoked_by_person() {
    let (world, team) = (World::shared().await, team().await);
    let anna = team.annotator("anna").await;
    anna.get("/v1/me").await.ok();
    let mine = format!("/v1/tokens?user={}", anna.id);
    let used = until("the use of the token to be kept", Duration::from_secs(30), || async {
        let listed = team.manager.list(&mine).await;
        listed.first().filter(|token| !token["last_used_at"].is_null()).cloned()
    });
    let token = used.await.unwrap();
    assert_eq!((&token["user"]["id"], &token["team"]), (&json!(anna.id), &json!(team.id)));
    assert!(token["made_by"].is_string() && token["made_by_name"].is_string() && token["token"].is_null());
    assert_eq!(anna.list("/v1/tokens").await.len(), 1, "one's own");
    let other = world.team("next-door").await;
    assert!(other.manager.list(&mine).await.is_empty());
    other.manager.delete(&format!("/v1/tokens/{}", text(&token, "id"))).await.refused(404, "not-found");
    let log = team.manager.list(&format!("/v1/teams/{}/audit", team.id)).await;
    let signed_in =
        log.iter().find(|entry| entry["action"] == "sign-in" && entry["user"]["id"] == json!(anna.id));
    assert!(signed_in.is_some(), "{log:?}");

    team.manager.delete(&mine).await.no_content();
    let ended = until("the token to be refused", PROPAGATION_TIMEOUT, || async {
        (anna.get("/v1/me").await.status() == 401).then_some(())
    });
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_whatever_is_asked_again() {
    let (world, team) = (World::shared().await, team().await);
    let anna = team.annotator("anna").await;
    let key = ids::fresh();
    let ask = || {
        let request = team.manager.request(reqwest::Method::POST, "/v1/tokens");
        request.header("idempotency-key", &key).json(&json!({"user": anna.id})).send()
    };
    let first = ask().await.created();
    let again = ask().await.created();
    assert_eq!(again["id"], first["id"]);
    assert!(first["token"].is_string() && again["token"].is_null(), "{again}");
    world.stranger(first["token"].as_str()).get("/v1/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_corrected_found_and_deactivated() {
    let (world, team) = (World::shared().await, team().await);
    let (admin, anna) = (world.admin(), team.annotator("anna").await);
    let path = format!("/v1/users/{}", anna.id);
    let address = format!("Anna.{}@Example.org", ids::fresh());
    team.manager.patch(&path, json!({"name": "Anna", "email": address})).await.ok();
    let found = admin.list(&format!("/v1/users?email={}", address.to_lowercase())).await;
    assert!(found.len() == 1 && found[0]["id"] == json!(anna.id), "{found:?}");
    let twin = json!({"name": "twin", "email": address.to_uppercase()});
    admin.post("/v1/users", twin).await.invalid("email");
    admin.post("/v1/users", json!({"name": "nobody", "email": "not an address"})).await.invalid("email");
    team.manager.patch(&path, json!({"active": false})).await.refused(403, "forbidden");

    let dataset = team.dataset(1).await;
    let job = team.job(&dataset, json!({})).await;
    let lease = anna.lease(&job).await;
    admin.patch(&path, json!({"active": false})).await.ok();
    let next = team.annotator("next").await;
    assert_eq!(next.lease(&job).await.assignment(), lease.assignment());
    admin.post("/v1/tokens", json!({"user": anna.id})).await.invalid("user");
    admin.patch(&path, json!({"active": true})).await.ok();
    let again = team.with_token(&anna).await;
    again.get("/v1/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_through_a_token_made_for_somebody_else_is_seen() {
    let team = team().await;
    let author = team.member("author", &["manager", "annotator"]).await;
    let dataset = team.dataset(2).await;
    let job = team.job(&dataset, json!({"review": {"rule": "all"}})).await;
    author.work(&job).await;
    // The author makes a token for a reviewer, and can so act in the reviewer's name.
    let reviewer = team.reviewer("reviewer").await;
    let token = author.post("/v1/tokens", json!({"user": reviewer.id})).await.created();
    let puppet = World::shared().await.stranger(token["token"].as_str());
    let refused = puppet.ask_review(&job).await;
    assert!(refused.refused(404, "no-work").to_string().contains("own-work"));
    let review = reviewer.review(&job).await;
    let index = review.items()[0];
    puppet.verdict(&review, index, "accept").await.refused(403, "forbidden");
    reviewer.decide(&review).await.ok();
    let log = team.log(&job).await;
    let decided = log.iter().find(|entry| entry["action"] == "decide").unwrap();
    assert_eq!(decided["actor"], json!(reviewer.id));
    assert!(decided["token_maker"].is_string() && decided["token_maker"] != decided["actor"], "{decided}");
}

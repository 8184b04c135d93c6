//! What users see of their own work, and the texts that come with it.

use serde_json::{Value, json};
use swath_harness::client::annotation;
use swath_harness::{User, World};

#[tokio::test(flavor = "multi_thread")]
async fn one_sees_what_one_holds_what_came_back_and_what_one_did() {
    let team = World::shared().await.team("own work").await;
    let dataset = team.dataset(6).await;
    let job = team.job(&dataset, json!({"range_size": 3, "title": "Mine"})).await;
    let (anna, bob, rosa) =
        (team.annotator("anna").await, team.annotator("bob").await, team.reviewer("rosa").await);
    let first = anna.work(&job).await;
    rosa.reject(&job, &[1]).await;
    let held = bob.lease(&job).await;
    bob.confirm(&held, held.items()[0], annotation(0)).await.ok();

    let annas = anna.get("/v1/me/work").await.ok();
    assert_eq!(annas["held"], json!([]), "{annas}");
    let back = &annas["returned"][0];
    assert_eq!(
        (&back["round"], &back["items"], &back["job"]["title"]),
        (&json!(2), &json!(1), &json!("Mine"))
    );
    assert_eq!(back["team"]["id"], team.id.as_str());
    let done = &annas["handed_in"][0];
    assert_eq!(done["assignment"], first.assignment());
    assert_eq!((&done["stage"], &done["status"]), (&json!("annotation"), &json!("REJECTED")), "{annas}");
    assert_eq!(annas["totals"], json!({"submissions": 1, "items": 3, "decisions": 0, "judged": 0}));

    let bobs = bob.get("/v1/me/work").await.ok();
    let row = &bobs["held"][0];
    assert_eq!((&row["lease_id"], &row["saved"]), (&held.body["lease_id"], &json!(1)), "{bobs}");
    let rosas = rosa.get("/v1/me/work").await.ok();
    assert_eq!(rosas["totals"], json!({"submissions": 0, "items": 0, "decisions": 1, "judged": 3}));
    assert_eq!(rosas["handed_in"][0]["stage"], "review");

    let later = anna.get("/v1/me/work?since=9000-01-01T00:00:00Z").await.ok();
    assert_eq!((&later["handed_in"], &later["totals"]["items"]), (&json!([]), &json!(0)));
    for since in ["yesterday", "2001-01-01T00:00:00Z"] {
        let problem = anna.get(&format!("/v1/me/work?since={since}")).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "since");
    }
    let stranger = World::shared().await.team("elsewhere").await.annotator("sam").await;
    let none = stranger.get("/v1/me/work").await.ok();
    assert_eq!((&none["held"], &none["returned"], &none["handed_in"]), (&json!([]), &json!([]), &json!([])));
}

/// The user's name on the server.
async fn name(user: &User) -> Value {
    user.get("/v1/me").await.ok()["user"]["name"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_name_what_they_mean() {
    let team = World::shared().await.team("names").await;
    let dataset = team.dataset(2).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let job = team.job(&dataset, json!({"range_size": 1, "annotators": [anna.id]})).await;
    anna.work(&job).await;
    let held = anna.lease(&job).await;
    let (manager, annotator) = (name(&team.manager).await, name(&anna).await);
    let look = team.look(&job).await;
    assert_eq!(look["created_by_name"], manager);
    assert!(look["dataset_name"].as_str().is_some_and(|name| !name.is_empty()), "{look}");
    let named = |user: &Value| user["id"] == anna.id.as_str() && user["name"] == annotator;
    assert!(look["people"].as_array().unwrap().iter().any(named), "{look}");
    let listed = team.manager.list(&format!("/v1/jobs?team={}", team.id)).await;
    assert!(listed.iter().any(|row| row["created_by_name"] == manager), "{listed:?}");
    let assignments = team.assignments(&job).await;
    assert!(assignments.iter().any(|row| row["author_name"] == annotator), "{assignments:?}");
    let path = format!("/v1/assignments/{}", held.assignment());
    assert_eq!(team.manager.get(&path).await.ok()["holder_name"], annotator);
    // An annotator sees no names of other users.
    let shown = anna.get(&job.path("")).await.ok();
    assert!(shown["people"].is_null() && shown["created_by_name"].is_null(), "{shown}");
    rosa.get(&job.path("")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn markdown_comes_as_html_that_is_safe() {
    let team = World::shared().await.team("words").await;
    let dataset = team.dataset(1).await;
    let description =
        "# Cars\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](https://elsewhere.example/y.png)";
    let job = team.job(&dataset, json!({"description": description, "instructions": "*tight*"})).await;
    let shown = team.annotator("anna").await.get(&job.path("")).await.ok();
    let html = shown["description_html"].as_str().unwrap();
    assert!(html.contains("<h1>Cars</h1>") && html.contains("&lt;script&gt;"), "{html}");
    assert!(!html.contains("<script") && !html.contains("javascript:") && !html.contains("<img"), "{html}");
    assert_eq!(shown["instructions_html"].as_str().unwrap().trim(), "<p><em>tight</em></p>");
    assert_eq!(shown["description"], description);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_save_can_be_kept_from_replacing_another() {
    let team = World::shared().await.team("tabs").await;
    let job = team.job(&team.dataset(1).await, json!({})).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let save = |place: u64| {
        let request = anna.request(reqwest::Method::PUT, &lease.item(0)).header("If-Match", "\"0\"");
        request.json(&annotation(place)).send()
    };
    save(1).await.ok();
    save(2).await.is(412);
    let items = anna.items(&lease).await;
    assert_eq!(items[0]["annotation"]["figures"], annotation(1)["figures"]);
}

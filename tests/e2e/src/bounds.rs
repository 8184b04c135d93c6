//! Requests are bounded in bytes, and everything that was accepted can be read, reviewed, redone and exported.

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Dataset, Job, Lease, boxed};
use swath_harness::{Team, User, World};

/// The largest annotation, in bytes.
const ANNOTATION_BYTES_MAX: usize = 1 << 20;
/// The largest document or page, in bytes.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// A job over items on which any number of points is allowed.
async fn scene(items: usize) -> (Team, Job) {
    let team = World::shared().await.team("bounds").await;
    let dataset = team.dataset(items).await;
    let classes = json!([{"name": "thing", "shape": "any"}]);
    let tags: Vec<_> = (0..TAGS).map(|place| json!({"name": name(place)})).collect();
    let job = team.job(&dataset, json!({"classes": classes, "tags": tags, "range_size": items})).await;
    (team, job)
}

/// The number of a figure's tags.
const TAGS: usize = 200;

/// The name of a tag.
fn name(place: usize) -> String {
    format!("tag{place:03}")
}

/// An annotation that takes this many bytes when stored: a few points with as many tags as allowed.
fn large(bytes: usize) -> Value {
    const FIGURES: usize = 6;
    let annotation = |length: &dyn Fn(usize) -> usize| {
        let tag = |place: usize| json!({"name": name(place % TAGS), "value": "x".repeat(length(place))});
        let figure = |of: usize| {
            let tags: Vec<_> = (of * TAGS..(of + 1) * TAGS).map(tag).collect();
            json!({"class": "thing", "shape": "point", "geometry": {"points": [[1.0, 1.0]]}, "tags": tags})
        };
        json!({"figures": (0..FIGURES).map(figure).collect::<Vec<_>>(), "tags": []})
    };
    let missing = bytes - serde_json::to_vec(&annotation(&|_| 0)).unwrap().len();
    let (each, rest) = (missing / (FIGURES * TAGS), missing % (FIGURES * TAGS));
    annotation(&|place| each + usize::from(place < rest))
}

async fn save_all(user: &User, lease: &Lease, annotation: &Value) {
    for index in lease.items() {
        user.confirm(lease, index, annotation.clone()).await.ok();
    }
}

fn items(document: &Value) -> &Vec<Value> {
    document["assignment"]["items"].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_annotation_has_a_bound_in_bytes() {
    let (team, job) = scene(3).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    let stored = |annotation: &Value| serde_json::to_vec(annotation).unwrap().len();
    let (fits, is_too_large) = (large(ANNOTATION_BYTES_MAX), large(ANNOTATION_BYTES_MAX + 1));
    assert_eq!((stored(&fits), stored(&is_too_large)), (ANNOTATION_BYTES_MAX, ANNOTATION_BYTES_MAX + 1));

    let problem = anna.confirm(&lease, 1, is_too_large.clone()).await.refused(413, "too-large");
    assert_eq!(problem["errors"][0]["index"], 1, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("1048576"), "{problem}");
    anna.confirm(&lease, 1, fits.clone()).await.ok();

    let with_index = |index: u64, annotation: &Value| {
        let mut item = annotation.clone();
        item["index"] = json!(index);
        item
    };
    let handed_in = [with_index(0, &boxed(1.0)), with_index(2, &is_too_large)];
    let body = json!({"submission_id": "one", "items": handed_in});
    let problem = anna.post(&lease.path("/submit"), body).await.refused(413, "too-large");
    assert_eq!(
        (&problem["errors"][0]["index"], &problem["errors"][0]["field"]),
        (&json!(2), &json!("items[1]"))
    );
    let handed_in = [with_index(0, &boxed(1.0)), with_index(2, &fits)];
    anna.post(&lease.path("/submit"), json!({"submission_id": "two", "items": handed_in})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_has_a_bound_in_bytes() {
    let (team, job) = scene(2).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    anna.work(&job).await;
    let review = rosa.review(&job).await;
    let reason = |text: &str| json!({"verdict": "reject", "reason": text.repeat(1_000), "comment": text.repeat(1_000)});
    rosa.put(&review.item(0), reason("\u{1F600}")).await.ok();
    // Invisible characters are refused; JSON would write each with six characters.
    rosa.put(&review.item(1), reason("\u{1}")).await.invalid("reason");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_can_be_read_reviewed_redone_and_exported() {
    let (team, job) = scene(6).await;
    let (anna, rosa) = (team.annotator("anna").await, team.reviewer("rosa").await);
    let lease = anna.lease(&job).await;
    let annotation = large(ANNOTATION_BYTES_MAX);
    save_all(&anna, &lease, &annotation).await;
    check_pages(&anna, &lease, 6, &annotation).await;
    anna.submit(&lease).await.ok();

    let review = rosa.review(&job).await;
    rosa.verdict(&review, 2, "reject").await.ok();
    check_pages(&rosa, &review, 6, &annotation).await;
    let seen = rosa.items(&review).await;
    assert_eq!(seen[2]["verdict"]["verdict"], "reject", "{}", seen[2]["verdict"]);
    for index in [0, 1, 3, 4] {
        rosa.verdict(&review, index, "reject").await.ok();
    }
    rosa.decide(&review).await.ok();

    let rework = anna.lease(&job).await;
    assert_eq!(rework.items(), [0, 1, 2, 3, 4]);
    check_pages(&anna, &rework, 5, &annotation).await;
    let shown = anna.items(&rework).await;
    assert!(shown.iter().all(|item| item["revision"] == 0 && item["verdict"]["verdict"] == "reject"));
    save_all(&anna, &rework, &boxed(1.0)).await;
    let shown = anna.items(&rework).await;
    assert!(shown.iter().all(|item| item["revision"] == 1), "the rework's own labels win");
    assert_eq!(shown[0]["annotation"]["figures"], boxed(1.0)["figures"]);
    anna.submit(&rework).await.ok();
    let again = rosa.review(&job).await;
    assert_eq!(again.body["annotations_left_out"], false);
    rosa.decide(&again).await.ok();

    assert_eq!(team.export(&job).await.len(), 6);
    let all = team.manager.get(&job.path("/export?items=all")).await.is(200).lines();
    assert_eq!(all.len(), 11);
    assert_eq!(all[5]["annotation"]["figures"], annotation["figures"]);
}

/// The document leaves annotations out and says how large they are; pages contain all of them.
async fn check_pages(user: &User, lease: &Lease, count: usize, annotation: &Value) {
    let answer = user.get(&lease.path("")).await.is(200);
    assert!(answer.bytes().len() < ANNOTATION_BYTES_MAX, "{}", answer.bytes().len());
    let document = answer.json();
    assert_eq!(document["annotations_left_out"], true);
    for item in items(&document) {
        assert!(item["annotation"].is_null(), "{}", item["index"]);
        assert_eq!(item["annotation_bytes"], ANNOTATION_BYTES_MAX);
    }
    let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = user.get(&lease.path(&format!("/items?limit=1000{after}"))).await.is(200);
        assert!(page.bytes().len() <= PAGE_BYTES_MAX + 8_192, "{}", page.bytes().len());
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.iter().all(|item| item["annotation"]["figures"] == annotation["figures"]));
        seen.extend(items.iter().map(|item| item["index"].as_u64().unwrap()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!((seen.len(), pages), (count, 2));
    assert_eq!(seen, lease.items());
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_and_their_items_are_listed_page_by_page() {
    let team = World::shared().await.team("bounds").await;
    let dataset = team.dataset(5).await;
    let anna = team.annotator("anna").await;
    for _ in 0..3 {
        let job = team.job(&dataset, json!({})).await;
        anna.lease(&job).await;
    }
    let first = anna.get("/v1/leases?limit=2").await.ok();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let rest = anna.get(&format!("/v1/leases?limit=2&after={}", first["next"].as_str().unwrap())).await.ok();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let lease = Lease::of_work(rest["items"][0].clone());
    let page = anna.get(&lease.path("/items?limit=2&after=1")).await.ok();
    let indices: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| item["index"].clone()).collect();
    assert_eq!((indices, &page["next"]), (vec![json!(2), json!(3)], &json!("3")));
    for query in ["limit=0", "limit=1001", "after=nonsense", "colour=red"] {
        anna.get(&format!("/v1/leases?{query}")).await.invalid("");
        anna.get(&lease.path(&format!("/items?{query}"))).await.invalid("");
    }
    anna.get(&lease.path("/items?after=-1")).await.invalid("after");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_a_route_does_not_know_is_refused() {
    let (team, job) = scene(2).await;
    let anna = team.annotator("anna").await;
    let lease = anna.lease(&job).await;
    for path in ["/v1/me", &lease.path(""), &job.path(""), "/v1/teams"] {
        anna.get(&format!("{path}?colour=red")).await.invalid("colour");
    }
    for path in [job.path("/log"), job.path("/export")] {
        team.manager.get(&format!("{path}?colour=red")).await.invalid("colour");
    }
    anna.request(Method::POST, &lease.path("/renew?colour=red")).send().await.invalid("colour");
    anna.put(&format!("{}?colour=red", lease.item(0)), boxed(1.0)).await.invalid("colour");
}

async fn job_refused(team: &Team, dataset: &Dataset, wishes: Value, field: &str) {
    let problem = team.manager.post("/v1/jobs", team.job_body(dataset, wishes)).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], field, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_has_a_bound_in_bytes_and_names_nothing_twice() {
    let team = World::shared().await.team("bounds").await;
    let dataset = team.dataset(5).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let rosa = team.reviewer("rosa").await;
    let values: Vec<_> = (0..1_000).map(|value| format!("{value:0>100}")).collect();
    let tags = json!([{"name": "tag", "values": values}]);
    job_refused(&team, &dataset, json!({"tags": tags}), "tags").await;
    let twice = json!([{"name": "tag", "values": ["a", "b", "a"]}]);
    job_refused(&team, &dataset, json!({"tags": twice}), "tags[0].values[2]").await;
    job_refused(&team, &dataset, json!({"annotators": [anna.id, bob.id, anna.id]}), "annotators[2]").await;
    job_refused(&team, &dataset, json!({"reviewers": [rosa.id, rosa.id]}), "reviewers[1]").await;
    job_refused(&team, &dataset, json!({"reviewers": [rosa.id, anna.id]}), "reviewers[1]").await;
    let labels = json!({"labels": ["day", "day"]});
    job_refused(&team, &dataset, json!({"selection": labels}), "selection.labels[1]").await;

    let job = team.job(&dataset, json!({"annotators": [anna.id]})).await;
    let edit = async |edit: Value| team.manager.patch(&job.path(""), edit).await;
    edit(json!({"annotators": [anna.id, anna.id]})).await.invalid("annotators[1]");
    edit(json!({"annotators": [rosa.id]})).await.invalid("annotators[0]");
    edit(json!({"instructions": "\u{1F600}".repeat(17_000)})).await.invalid("instructions");
    edit(json!({"annotators": [anna.id, bob.id]})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotator_sees_the_jobs_that_they_may_work_in_and_nobodys_id() {
    let team = World::shared().await.team("bounds").await;
    let dataset = team.dataset(5).await;
    let (anna, bob) = (team.annotator("anna").await, team.annotator("bob").await);
    let rosa = team.reviewer("rosa").await;
    let both = team.member("both", &["annotator", "reviewer"]).await;
    let mut theirs = Vec::new();
    for _ in 0..3 {
        theirs.push(team.job(&dataset, json!({"annotators": [anna.id], "instructions": "secret"})).await);
    }
    let open = team.job(&dataset, json!({"reviewers": [rosa.id], "instructions": "welcome"})).await;
    let listed = async |user: &User, query: &str| {
        let page = user.get(&format!("/v1/jobs{query}")).await.ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| job["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = theirs.iter().chain([&open]).map(|job| job.id.clone()).collect();
    assert_eq!(listed(&bob, "?limit=1").await, *std::slice::from_ref(&open.id), "the page is full");
    assert_eq!(listed(&anna, "").await, all);
    assert_eq!(listed(&both, "").await, all);
    bob.get(&theirs[0].path("")).await.refused(404, "not-found");
    rosa.get(&theirs[0].path("")).await.ok();

    let page = team.manager.get(&format!("/v1/jobs?team={}", team.id)).await.ok();
    let first = &page["items"][0];
    for field in ["description", "classes", "tags", "limits", "instructions", "annotators", "reviewers"] {
        assert!(first.get(field).is_none(), "{field} in {first}");
    }
    assert!(first["progress"].is_object() && first["created_by"].is_string(), "{first}");
    let shown = bob.get(&open.path("")).await.ok();
    assert_eq!(shown["instructions"], "welcome");
    for field in ["annotators", "reviewers", "created_by", "progress"] {
        assert!(shown.get(field).is_none(), "{field} in {shown}");
    }
    let whole = team.look(&theirs[0]).await;
    assert_eq!((&whole["annotators"], &whole["reviewers"]), (&json!([anna.id]), &Value::Null));
}

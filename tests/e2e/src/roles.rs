//! Every route and every role, in the own and in other teams: 401 without a token, 403 for the wrong role, 404 for
//! what belongs to another team or does not exist.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::client::{Dataset, Job, Lease};
use swath_harness::{Answer, Team, User, World, ids, until};

use crate::uploads::grey_png;

/// An id that does not exist.
const UNKNOWN_ID: &str = "01890000-0000-7000-8000-000000000000";

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Administrator,
    Managers,
    ManagersAndReviewers,
    Members,
    Annotators,
    Reviewers,
    Holder,
    Reviewing,
    /// Users who may see the named resource; here it does not exist.
    Themselves,
    Anyone,
}

/// Each route with the users who may call it. Placeholders in braces are filled in.
#[rustfmt::skip]
const ROUTES: [(&str, &str, Who); 71] = [
    ("GET",    "/v1/me",                                    Who::Anyone),
    ("GET",    "/v1/events",                                Who::Members),
    ("GET",    "/v1/me/work",                               Who::Anyone),
    ("POST",   "/v1/teams",                                 Who::Administrator),
    ("PUT",    "/v1/teams/{team}/members/{user}",           Who::Managers),
    ("DELETE", "/v1/teams/{team}/members/{user}",           Who::Managers),
    ("GET",    "/v1/teams/{team}/media",                    Who::Managers),
    ("PUT",    "/v1/teams/{team}/media",                    Who::Administrator),
    ("GET",    "/v1/teams/{team}/files",                    Who::Managers),
    ("POST",   "/v1/teams/{team}/files?name=a.png",         Who::Managers),
    ("POST",   "/v1/datasets",                              Who::Managers),
    ("GET",    "/v1/datasets/{dataset}",                    Who::ManagersAndReviewers),
    ("POST",   "/v1/datasets/{dataset}/items",              Who::Managers),
    ("GET",    "/v1/datasets/{dataset}/items",              Who::Managers),
    ("POST",   "/v1/datasets/{dataset}/sizes",              Who::Managers),
    ("GET",    "/v1/teams/{team}/files/{guideline}",        Who::Members),
    ("DELETE", "/v1/teams/{team}/files/{guideline}",        Who::Managers),
    ("GET",    "/v1/datasets/{inline}/items/0/thumbnail",   Who::Managers),
    ("PUT",    "/v1/leases/{lease}/items/{index}/picture",  Who::Holder),
    ("PUT",    "/v1/reviews/{review}/items/{reviewed}/picture", Who::Reviewing),
    ("POST",   "/v1/jobs",                                  Who::ManagersAndReviewers),
    ("GET",    "/v1/jobs/{job}",                            Who::Members),
    ("PATCH",  "/v1/jobs/{job}",                            Who::Managers),
    ("POST",   "/v1/jobs/{job}/pause",                      Who::Managers),
    ("POST",   "/v1/jobs/{job}/resume",                     Who::Managers),
    ("GET",    "/v1/jobs/{job}/assignments",                Who::ManagersAndReviewers),
    ("GET",    "/v1/jobs/{job}/coverage",                   Who::ManagersAndReviewers),
    ("GET",    "/v1/jobs/{job}/log",                        Who::ManagersAndReviewers),
    ("GET",    "/v1/jobs/{job}/export?format=jsonl",        Who::ManagersAndReviewers),
    ("GET",    "/v1/assignments/{assignment}",              Who::ManagersAndReviewers),
    ("GET",    "/v1/assignments/{assignment}/log",          Who::ManagersAndReviewers),
    ("POST",   "/v1/assignments/{assignment}/reassign",     Who::Managers),
    ("POST",   "/v1/assignments/{assignment}/reopen",       Who::Managers),
    ("POST",   "/v1/assignments/{assignment}/cancel",       Who::Managers),
    ("POST",   "/v1/leases",                                Who::Annotators),
    ("GET",    "/v1/leases",                                Who::Annotators),
    ("GET",    "/v1/leases/{lease}",                        Who::Holder),
    ("GET",    "/v1/leases/{lease}/items",                  Who::Holder),
    ("POST",   "/v1/leases/{lease}/renew",                  Who::Holder),
    ("PUT",    "/v1/leases/{lease}/items/{index}",          Who::Holder),
    ("GET",    "/v1/leases/{lease}/items/{index}/media",    Who::Holder),
    ("POST",   "/v1/leases/{lease}/submit",                 Who::Holder),
    ("DELETE", "/v1/leases/{lease}",                        Who::Holder),
    ("POST",   "/v1/reviews",                               Who::Reviewers),
    ("GET",    "/v1/reviews",                               Who::Reviewers),
    ("GET",    "/v1/reviews/{review}/items",                Who::Reviewing),
    ("GET",    "/v1/reviews/{review}",                      Who::Reviewing),
    ("POST",   "/v1/reviews/{review}/renew",                Who::Reviewing),
    ("PUT",    "/v1/reviews/{review}/items/{reviewed}",     Who::Reviewing),
    ("GET",    "/v1/reviews/{review}/items/{reviewed}/media", Who::Reviewing),
    ("GET",    "/v1/reviews/{review}/items/{reviewed}/opinions", Who::Reviewing),
    ("POST",   "/v1/reviews/{review}/submit",               Who::Reviewing),
    ("DELETE", "/v1/reviews/{review}",                      Who::Reviewing),
    ("POST",   "/v1/users",                                 Who::Managers),
    ("POST",   "/v1/tokens",                                Who::Managers),
    ("POST",   "/v1/sign-in-links",                         Who::Managers),
    ("DELETE", "/v1/session",                               Who::Anyone),
    ("GET",    "/v1/tokens",                                Who::Anyone),
    ("DELETE", "/v1/tokens?user={stranger}",                Who::Themselves),
    ("DELETE", "/v1/tokens/{nobody}",                       Who::Themselves),
    ("GET",    "/v1/users",                                 Who::Administrator),
    ("PATCH",  "/v1/users/{user}",                          Who::Managers),
    ("GET",    "/v1/teams/{team}/members",                  Who::Managers),
    ("GET",    "/v1/teams/{team}/audit",                    Who::Managers),
    ("GET",    "/v1/audit",                                 Who::Administrator),
    ("POST",   "/v1/teams/{team}/invitations",              Who::Managers),
    ("GET",    "/v1/teams/{team}/invitations",              Who::Managers),
    ("DELETE", "/v1/invitations/{nobody}",                  Who::Managers),
    ("GET",    "/v1/datasets",                              Who::ManagersAndReviewers),
    ("GET",    "/v1/jobs",                                  Who::Members),
    ("POST",   "/v1/jobs/{job}/cancel",                     Who::Managers),
];

/// A picture of one pixel.
pub(crate) const INLINE: &str = "data:image/png;base64,\
    iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/// A team at work: a user in each role, a current lease, and a current review.
struct Scene {
    team: Team,
    dataset: Dataset,
    /// A dataset whose picture is in its URI.
    inline: Dataset,
    /// A picture for instructions.
    guideline: String,
    job: Job,
    annotator: User,
    reviewer: User,
    lease: Lease,
    review: Lease,
}

impl Scene {
    async fn set() -> Self {
        let team = World::shared().await.team("roles").await;
        let dataset = team.dataset(10).await;
        let inline = team.dataset_from(json!({"items": [{"uri": INLINE}]})).await;
        let guideline = format!("/v1/teams/{}/files?name=a.png&purpose=guideline", team.id);
        let guideline = team.manager.request(Method::POST, &guideline).body("image/png", grey_png(8, 6, 7));
        let guideline = guideline.send().await.created()["id"].as_str().unwrap().to_owned();
        let job = team.job(&dataset, json!({})).await;
        let (annotator, reviewer) = (team.annotator("anna").await, team.reviewer("rosa").await);
        annotator.work(&job).await;
        let lease = annotator.lease(&job).await;
        let review = reviewer.review(&job).await;
        Self { team, dataset, inline, guideline, job, annotator, reviewer, lease, review }
    }

    fn path(&self, template: &str) -> String {
        let first = |lease: &Lease| lease.items().first().copied().unwrap_or_default().to_string();
        let names = [
            ("{team}", self.team.id.clone()),
            ("{user}", self.annotator.id.clone()),
            ("{stranger}", UNKNOWN_ID.to_owned()),
            ("{nobody}", UNKNOWN_ID.to_owned()),
            ("{dataset}", self.dataset.id.clone()),
            ("{guideline}", self.guideline.clone()),
            ("{inline}", self.inline.id.clone()),
            ("{job}", self.job.id.clone()),
            ("{assignment}", self.lease.assignment()),
            ("{lease}", self.lease.id.clone()),
            ("{review}", self.review.id.clone()),
            ("{index}", first(&self.lease)),
            ("{reviewed}", first(&self.review)),
        ];
        names.iter().fold(template.to_owned(), |path, (name, value)| path.replace(name, value))
    }

    /// A valid body, if the route needs one.
    fn body(&self, method: &str, template: &str) -> Value {
        match (method, template) {
            ("POST", "/v1/leases" | "/v1/reviews") => json!({"team": self.team.id}),
            ("POST", "/v1/datasets") => {
                let items = json!([{"uri": "https://pictures.example/a.png"}]);
                json!({"team": self.team.id, "name": ids::named("d"), "source": {"items": items}})
            }
            ("POST", "/v1/jobs") => self.team.job_body(&self.dataset, json!({})),
            ("PUT", "/v1/teams/{team}/members/{user}") => json!({"roles": ["annotator"]}),
            ("POST", "/v1/teams" | "/v1/users") => json!({"name": ids::named("name")}),
            ("POST", "/v1/tokens" | "/v1/sign-in-links") => json!({"user": self.annotator.id}),
            ("POST", "/v1/datasets/{dataset}/items") => {
                json!({"items": [{"uri": "https://pictures.example/b.png"}]})
            }
            ("PATCH", "/v1/users/{user}") => json!({"name": "another name"}),
            ("PATCH", _) => json!({"title": "another title"}),
            ("POST", "/v1/teams/{team}/invitations") => json!({"roles": ["annotator"]}),
            ("PUT", path) if path.ends_with("/picture") => json!({"missing": false}),
            ("PUT", "/v1/leases/{lease}/items/{index}") => json!({"figures": [], "tags": []}),
            ("PUT", "/v1/reviews/{review}/items/{reviewed}") => json!({"verdict": "accept"}),
            ("POST", "/v1/leases/{lease}/submit") => json!({"submission_id": ids::fresh()}),
            ("POST", "/v1/reviews/{review}/submit") => json!({"decision_id": ids::fresh(), "rest": "accept"}),
            _ if template.starts_with("/v1/assignments/") => json!({"reason": "because"}),
            _ => json!({}),
        }
    }

    async fn call(&self, user: &User, method: &str, template: &str) -> Answer {
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let request = user.request(verb, &self.path(template));
        match method {
            "GET" | "DELETE" => request.send().await,
            _ => request.json(&self.body(method, template)).send().await,
        }
    }
}

fn may(who: Who, role: &str) -> bool {
    match who {
        Who::Anyone | Who::Members => true,
        Who::Managers => role == "manager",
        Who::ManagersAndReviewers => role != "annotator",
        Who::Annotators => role == "annotator",
        Who::Reviewers => role == "reviewer",
        Who::Administrator | Who::Holder | Who::Reviewing | Who::Themselves => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_every_door_is_closed() {
    let (world, scene) = (World::shared().await, Scene::set().await);
    for (method, template, _) in ROUTES {
        for token in [None, Some("nonsense")] {
            let answer = scene.call(&world.stranger(token), method, template).await;
            assert_eq!(answer.status(), 401, "{method} {template}: {}", answer.text());
            answer.refused(401, "unauthenticated");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_role_is_forbidden() {
    let scene = Scene::set().await;
    let people = [
        ("manager", scene.team.manager.clone()),
        ("reviewer", scene.team.reviewer("rita").await),
        ("annotator", scene.team.annotator("abel").await),
    ];
    for (method, template, who) in ROUTES {
        for (_, user) in people.iter().filter(|(role, _)| !may(who, role)) {
            let answer = scene.call(user, method, template).await;
            let expected =
                if matches!(who, Who::Holder | Who::Reviewing | Who::Themselves) { 404 } else { 403 };
            let said = format!("{} {method} {template}: {}", user.name, answer.text());
            // The holder's routes tell members without the role that they lack it, and tell others nothing.
            let fits = answer.status() == expected || (expected == 404 && answer.status() == 403);
            assert!(fits, "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_role_is_let_in() {
    let (world, scene) = (World::shared().await, Scene::set().await);
    let manager = &scene.team.manager;
    for (method, template, who) in ROUTES.into_iter().filter(|(method, ..)| *method == "GET") {
        let user = match who {
            Who::Holder | Who::Annotators => &scene.annotator,
            Who::Reviewing | Who::Reviewers => &scene.reviewer,
            Who::Administrator => &world.admin(),
            _ => manager,
        };
        let answer = scene.call(user, method, template).await;
        assert!(matches!(answer.status(), 200 | 302), "{method} {template}: {}", answer.text());
    }
    let path = scene.path("/v1/jobs/{job}");
    assert!(scene.annotator.get(&path).await.ok()["progress"].is_null(), "annotators see no progress");
    assert!(scene.reviewer.get(&path).await.ok()["progress"].is_object());
    scene.reviewer.post("/v1/jobs", scene.body("POST", "/v1/jobs")).await.created();
    manager.post("/v1/users", json!({"name": "new"})).await.created();
    world.admin().post("/v1/teams", json!({"name": ids::named("team")})).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_teams_things_do_not_exist() {
    let scene = Scene::set().await;
    let others = World::shared().await.team("next-door").await;
    let stranger = others.member("allrounder", &["manager", "reviewer", "annotator"]).await;
    // The administrator's routes are forbidden for others, whatever they name.
    for (method, template, _) in ROUTES.into_iter().filter(|(.., who)| *who != Who::Administrator) {
        let speaks_of_the_team = template.contains('{') || scene.body(method, template)["team"].is_string();
        if !speaks_of_the_team {
            continue;
        }
        let answer = scene.call(&stranger, method, template).await;
        assert_eq!(answer.status(), 404, "{method} {template}: {}", answer.text());
        answer.refused(404, "not-found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_and_unknown_ids_answer_alike() {
    let scene = Scene::set().await;
    let others = World::shared().await.team("next-door").await;
    let stranger = others.member("allrounder", &["manager", "reviewer", "annotator"]).await;
    for template in
        ["/v1/jobs/{}", "/v1/datasets/{}", "/v1/assignments/{}", "/v1/leases/{}", "/v1/reviews/{}"]
    {
        let (kind, _) = template.rsplit_once("s/").unwrap();
        let foreign = match kind {
            "/v1/job" => &scene.job.id,
            "/v1/dataset" => &scene.dataset.id,
            "/v1/assignment" => &scene.lease.assignment(),
            "/v1/lease" => &scene.lease.id,
            _ => &scene.review.id,
        };
        let foreign = stranger.get(&template.replace("{}", foreign)).await.refused(404, "not-found");
        let unknown = stranger.get(&template.replace("{}", UNKNOWN_ID)).await.refused(404, "not-found");
        assert_eq!(foreign["title"], unknown["title"]);
        assert_eq!(foreign["detail"], unknown["detail"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_cannot_touch_a_lease() {
    let scene = Scene::set().await;
    let bob = scene.team.annotator("bob").await;
    let index = scene.lease.items()[0];
    bob.get(&scene.lease.path("")).await.refused(404, "not-found");
    bob.confirm(&scene.lease, index, json!({"figures": [], "tags": []})).await.refused(404, "not-found");
    bob.submit(&scene.lease).await.refused(404, "not-found");
    bob.release(&scene.lease).await.refused(404, "not-found");
    bob.get(&format!("{}/media", scene.lease.item(index))).await.refused(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_by_team() {
    let (scene, others) = (Scene::set().await, World::shared().await.team("next-door").await);
    let here = scene.team.annotator("pendler").await;
    others.enrol(&here, &["manager"]).await;
    let there = others.with_token(&here).await;

    // A token is valid in its own team only.
    for (user, own, foreign) in [(&here, &scene.team.id, &others.id), (&there, &others.id, &scene.team.id)] {
        let me = user.get("/v1/me").await.ok().to_string();
        assert!(me.contains(own.as_str()) && !me.contains(foreign.as_str()), "{me}");
    }
    let body = scene.team.job_body(&scene.dataset, json!({}));
    here.post("/v1/jobs", body).await.refused(403, "forbidden");

    // A dataset without a team belongs to the token's team.
    let homeless = json!({"name": "whose", "source": {"items": [{"uri": "https://a.example/1.png"}]}});
    let placed = there.post("/v1/datasets", homeless.clone()).await.created();
    assert_eq!(placed["team"], others.id);
    here.post("/v1/datasets", homeless).await.refused(403, "forbidden");

    // A user who is in two teams must say for which one a token is.
    let unclear = World::shared().await.admin().post("/v1/tokens", json!({"user": here.id})).await;
    unclear.invalid("team");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_is_removed_is_out() {
    let (world, scene) = (World::shared().await, Scene::set().await);
    // The same role in another team does not help.
    let next_door = world.team("next-door").await;
    let people = [
        (&scene.annotator, "annotator", "gateway", "/v1/leases", Who::Holder),
        (&scene.reviewer, "reviewer", "review", "/v1/reviews", Who::Reviewing),
    ];
    for (user, role, service, held, who) in people {
        next_door.enrol(user, &[role]).await;
        let neighbour = next_door.with_token(user).await;
        let path = format!("/v1/teams/{}/members/{}", scene.team.id, user.id);
        scene.team.manager.delete(&path).await.is(204);
        // A process may use the membership for a moment longer, and one may learn of the removal before another.
        let out = until("the removal to be known", Duration::from_secs(10), || async {
            (user.get(&scene.path("/v1/jobs/{job}")).await.status() == 401).then_some(())
        });
        out.await.unwrap();
        let here = neighbour.at(&world.with_role(service).next().expect("a process").url());
        let refused = until("a process to know it", Duration::from_secs(10), || async {
            here.list(held).await.is_empty().then_some(())
        });
        refused.await.unwrap();
        for (method, template, _) in ROUTES.iter().filter(|(_, _, of)| *of == who) {
            let answer = scene.call(&here, method, template).await;
            assert_eq!(answer.status(), 404, "{method} {template}: {}", answer.text());
        }
    }
}

//! Data that an older release accepted and this one would refuse: it keeps working, and `swath check` lists it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::process::swath;
use swath_harness::{User, World, ids};

/// What was made before the upgrade.
pub(crate) struct OlderData {
    /// A user in two teams, with a token for neither of them.
    user: User,
    teams: [String; 2],
    lease: String,
    /// The younger of two accounts with the same address.
    twin: String,
}

/// The items of the job that is worked on during the upgrade.
pub(crate) const ITEMS: u64 = 2;

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// An annotation of more than 1 MiB, which this release refuses.
fn large() -> Value {
    let points: Vec<Value> =
        (0..20_000).map(|n| json!([f64::from(n) + 0.123_456, f64::from(n) + 0.654_321])).collect();
    let figure = json!({"class": "thing", "shape": "polyline", "geometry": {"points": points}});
    json!({"figures": vec![figure; 4], "tags": []})
}

/// Creates the data with the older release.
pub(crate) async fn make(world: &World) -> OlderData {
    let admin = world.admin();
    let address = format!("{}@example.org", ids::fresh());
    let create_user =
        |name: &str, email: String| admin.post("/v1/users", json!({"name": name, "email": email}));
    let user = text(&create_user("standing", address.clone()).await.created(), "id");
    let twin = text(&create_user("twin", address.to_uppercase()).await.created(), "id");
    let mut teams = [String::new(), String::new()];
    for team in &mut teams {
        *team = text(&admin.post("/v1/teams", json!({"name": ids::named("standing")})).await.created(), "id");
        let path = format!("/v1/teams/{team}/members/{user}");
        admin.put(&path, json!({"roles": ["manager", "annotator"]})).await.ok();
    }
    let token = admin.post("/v1/tokens", json!({"user": user})).await.created();
    let user = world.stranger(token["token"].as_str());
    let folder = world.media_folder("standing").unwrap();
    std::fs::write(folder.join("a.gif"), b"GIF89a\x02\0\x01\0\0\0\0;").unwrap();
    let files = json!({"team": teams[0], "name": "files", "source": {"folder": folder}});
    user.post("/v1/datasets", files).await.created();
    let items = json!([{"uri": "https://a.example/1.png"}, {"uri": "https://a.example/2.png"}]);
    let dataset = json!({"team": teams[0], "name": "standing", "source": {"items": items}});
    let dataset = text(&user.post("/v1/datasets", dataset).await.created(), "id");
    let job = json!({"dataset": dataset, "title": "standing", "classes": [{"name": "thing", "shape": "any"}],
        "review": {"rule": "none"}});
    let job = text(&user.post("/v1/jobs", job).await.created(), "id");
    let lease = text(&user.post("/v1/leases", json!({"job": job})).await.created(), "lease_id");
    user.put(&format!("/v1/leases/{lease}/items/0"), large()).await.ok();
    OlderData { user, teams, lease, twin }
}

impl OlderData {
    /// Continues the work with this release.
    pub(crate) async fn still_works(&self, world: &World) {
        let me = self.user.get("/v1/me").await.ok().to_string();
        assert!(self.teams.iter().all(|team| me.contains(team)), "{me}");
        let lease = format!("/v1/leases/{}", self.lease);
        let shown = self.user.get(&format!("{lease}/items?limit=1")).await.ok();
        assert_eq!(shown["items"][0]["annotation"]["figures"].as_array().map(Vec::len), Some(4));
        self.user.put(&format!("{lease}/items/1"), large()).await.refused(413, "too-large");
        self.user.put(&format!("{lease}/items/1"), json!({"figures": [], "tags": []})).await.ok();
        let submission = json!({"submission_id": ids::fresh()});
        self.user.request(Method::POST, &format!("{lease}/submit")).json(&submission).send().await.ok();
        let found = check(world).await;
        let twin = format!("/v1/users/{}", self.twin);
        world.admin().patch(&twin, json!({"name": "renamed"})).await.ok();
        world.admin().patch(&twin, json!({"active": false})).await.ok();
        for kind in [
            "large-annotation",
            "token-without-team",
            "shared-address",
            "member-unasked",
            "shared-media",
            "sizes-as-stored",
        ] {
            assert!(found.contains(kind), "{kind} is not among {found:?}");
        }
    }
}

/// The kinds of findings of `swath check`.
async fn check(world: &World) -> BTreeSet<String> {
    let command = swath(&["check", "--json"], world.services()[0].environment()).unwrap();
    let output = tokio::process::Command::from(command).kill_on_drop(true).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    found["findings"].as_array().unwrap().iter().map(|finding| text(finding, "kind")).collect()
}

//! Sign-in from a browser: a link that works once, or a token, becomes a session in a cookie, and no foreign page can
//! act through it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use swath_harness::{Answer, Team, User, World, until};

/// A process may use roles and memberships that are a second old.
const PROPAGATION_TIMEOUT: Duration = Duration::from_secs(10);

async fn team() -> Team {
    World::shared().await.team("sessions").await
}

async fn link(maker: &User, user: &str) -> Value {
    maker.post("/v1/sign-in-links", json!({"user": user})).await.created()
}

async fn spend(link: &Value) -> Answer {
    let stranger = World::shared().await.stranger(None);
    stranger.post("/v1/session", json!({"link": link["code"]})).await
}

async fn signed_in(team: &Team, user: &User) -> User {
    user.through(&spend(&link(&team.manager, &user.id).await).await.is(201))
}

async fn is_signed_out(user: &User) {
    let out = || async { (user.get("/v1/me").await.status() == 401).then_some(()) };
    until("the session to be over", PROPAGATION_TIMEOUT, out).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_spent_once_and_becomes_a_session_that_scripts_cannot_read() {
    let team = team().await;
    let anna = team.annotator("anna").await;
    let link = link(&team.manager, &anna.id).await;
    let opened = spend(&link).await.is(201);
    let cookie = opened.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict; Path=/; Max-Age=43"), "{cookie}");
    assert!(!cookie.contains("Secure") && !opened.text().contains("swath_"), "{cookie}");
    assert_eq!(opened.header("cache-control"), "no-store");
    let said = opened.json();
    assert_eq!((&said["user"]["id"], &said["teams"][0]["id"]), (&json!(anna.id), &json!(team.id)));
    assert!(said["expires_at"].is_string(), "{said}");
    spend(&link).await.refused(401, "unauthenticated");

    let browser = anna.through(&opened);
    assert_eq!(browser.get("/v1/me").await.ok()["user"]["id"], json!(anna.id));
    // The cookie's value is no bearer token, and a token is no cookie.
    let world = World::shared().await;
    world.stranger(Some(browser.session())).get("/v1/me").await.refused(401, "unauthenticated");
    let disguised = world.stranger(None).request(Method::GET, "/v1/me");
    let disguised = disguised.header("cookie", &format!("swath_session={}", anna.token())).send().await;
    disguised.refused(401, "unauthenticated");

    let behind =
        world.stranger(None).request(Method::POST, "/v1/session").header("x-forwarded-proto", "https");
    let behind = behind.json(&json!({"token": anna.token()})).send().await.is(201);
    assert!(behind.header("set-cookie").contains("; Secure"), "{}", behind.header("set-cookie"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_act_through_a_session() {
    let team = team().await;
    let anna = team.annotator("anna").await;
    let job = team.job(&team.dataset(4).await, json!({})).await;
    let browser = signed_in(&team, &anna).await;
    let cookie = format!("swath_session={}", browser.session());
    let stranger = World::shared().await.stranger(None);
    let ask = |headers: &[(&str, &str)]| {
        let request = stranger.request(Method::POST, "/v1/leases").header("cookie", &cookie);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        request.json(&json!({"job": job.id})).send()
    };
    ask(&[]).await.refused(403, "forbidden");
    ask(&[("swath-client", "console"), ("sec-fetch-site", "same-site")]).await.refused(403, "forbidden");
    ask(&[("swath-client", "console"), ("sec-fetch-site", "cross-site")]).await.refused(403, "forbidden");
    let foreign = stranger.request(Method::GET, "/v1/me").header("cookie", &cookie);
    foreign.header("sec-fetch-site", "same-site").send().await.refused(403, "forbidden");
    // No answer allows a foreign page to read it with the cookie.
    let preflight = stranger.request(Method::OPTIONS, "/v1/leases").header("origin", "http://evil.example");
    let preflight = preflight.header("access-control-request-headers", "swath-client").send().await;
    assert_eq!(preflight.header("access-control-allow-origin"), "");
    assert_eq!(preflight.header("access-control-allow-credentials"), "");
    browser.work(&job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_signing_out_with_its_token_and_with_the_membership() {
    let (world, team) = (World::shared().await, team().await);
    let anna = team.annotator("anna").await;
    let sign_in = async |token: &str| {
        let stranger = world.stranger(None);
        anna.through(&stranger.post("/v1/session", json!({"token": token})).await.is(201))
    };
    let (first, second) = (sign_in(anna.token()).await, sign_in(anna.token()).await);
    let gone = first.request(Method::DELETE, "/v1/session").send().await.is(204);
    assert!(gone.header("set-cookie").contains("Max-Age=0"), "{}", gone.header("set-cookie"));
    is_signed_out(&first).await;
    second.get("/v1/me").await.ok();
    anna.delete("/v1/session").await.refused(409, "conflict");

    // The token that opened the session is revoked.
    let tokens = team.manager.list(&format!("/v1/tokens?user={}", anna.id)).await;
    let open: Vec<_> = tokens.iter().filter(|token| token["session"] == true).collect();
    assert_eq!((tokens.len(), open.len()), (2, 1), "{tokens:?}");
    let own = tokens.iter().find(|token| token["session"] == false).unwrap();
    team.manager.delete(&format!("/v1/tokens/{}", own["id"].as_str().unwrap())).await.no_content();
    is_signed_out(&second).await;
    let late = world.stranger(None).post("/v1/session", json!({"token": anna.token()})).await;
    late.refused(401, "unauthenticated");

    // The user leaves the team, and an unused link becomes invalid.
    let third = signed_in(&team, &anna).await;
    let unspent = link(&team.manager, &anna.id).await;
    team.manager.delete(&format!("/v1/teams/{}/members/{}", team.id, anna.id)).await.no_content();
    is_signed_out(&third).await;
    spend(&unspent).await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_made_the_link_is_seen_and_no_author_reviews_through_it() {
    let team = team().await;
    let author = team.member("author", &["manager", "annotator"]).await;
    let job = team.job(&team.dataset(2).await, json!({"review": {"rule": "all"}})).await;
    author.work(&job).await;
    let reviewer = team.reviewer("reviewer").await;
    let puppet = reviewer.through(&spend(&link(&author, &reviewer.id).await).await.is(201));
    let refused = puppet.ask_review(&job).await;
    assert!(refused.refused(404, "no-work").to_string().contains("own-work"));
    // The session can create neither tokens nor links.
    let lead = team.member("lead", &["manager"]).await;
    let puppet = lead.through(&spend(&link(&team.manager, &lead.id).await).await.is(201));
    puppet.post("/v1/sign-in-links", json!({})).await.refused(403, "forbidden");
    puppet.post("/v1/tokens", json!({})).await.refused(403, "forbidden");

    let honest = reviewer.through(&spend(&link(&team.manager, &reviewer.id).await).await.is(201));
    let review = honest.review(&job).await;
    honest.decide(&review).await.ok();
    let log = team.log(&job).await;
    let decided = log.iter().find(|entry| entry["action"] == "decide").unwrap();
    assert_eq!((&decided["actor"], &decided["token_maker"]), (&json!(reviewer.id), &json!(team.manager.id)));
    assert!(decided["token_maker_name"].is_string(), "{decided}");
    let audit = team.manager.list(&format!("/v1/teams/{}/audit", team.id)).await;
    let signed_in = audit
        .iter()
        .filter(|entry| entry["action"] == "sign-in" && entry["user"]["id"] == json!(reviewer.id));
    let makers: Vec<_> = signed_in.map(|entry| entry["detail"]["made_by"].clone()).collect();
    assert!(makers.contains(&json!(author.id)) && makers.contains(&json!(team.manager.id)), "{makers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_for_those_for_whom_one_may_make_tokens() {
    let (world, team, others) =
        (World::shared().await, team().await, World::shared().await.team("next").await);
    let (anna, foreign) = (team.annotator("anna").await, others.annotator("foreign").await);
    let ask = async |user: &User, body: Value| user.post("/v1/sign-in-links", body).await;
    ask(&anna, json!({})).await.refused(403, "forbidden");
    ask(&team.manager, json!({"user": foreign.id})).await.refused(404, "not-found");
    ask(&team.manager, json!({"user": foreign.id, "team": others.id})).await.refused(404, "not-found");
    ask(&team.manager, json!({"people": 3})).await.invalid("people");
    world.admin().post("/v1/sign-in-links", json!({"user": anna.id})).await.created();

    // The same request under the same key makes one link, and shows its code once.
    let again = || {
        let request = team.manager.request(Method::POST, "/v1/sign-in-links");
        request.header("idempotency-key", "once").json(&json!({"user": anna.id})).send()
    };
    let (first, second) = (again().await.created(), again().await.created());
    assert_eq!((&first["id"], &first["expires_at"]), (&second["id"], &second["expires_at"]));
    assert!(first["code"].is_string() && second["code"].is_null(), "{second}");

    let stranger = world.stranger(None);
    stranger.post("/v1/session", json!({"link": "guess"})).await.refused(401, "unauthenticated");
    stranger.post("/v1/session", json!({"token": "x".repeat(10_000)})).await.refused(401, "unauthenticated");
    for body in [json!({}), json!({"link": "a", "token": "b"}), json!({"password": "a"}), json!("link")] {
        let refused = stranger.post("/v1/session", body.clone()).await;
        assert!(matches!(refused.status(), 400 | 422), "{body}: {}", refused.text());
    }
}

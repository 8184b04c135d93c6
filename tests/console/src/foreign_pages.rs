//! A page of another origin can do nothing with the cookie of a signed-in user.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use swath_harness::{User, World, ports};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::scene::{PHOTOGRAPHS, is_marked, job, label, signed_in, take};

/// A server of foreign pages, on a port of its own. It stops when it is dropped.
struct ForeignServer {
    port: u16,
    serving: JoinHandle<()>,
}

impl ForeignServer {
    async fn open() -> Self {
        let listener = TcpListener::bind(ports::local(0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/", get(|| async { Html("<!doctype html><title>Elsewhere</title>") }));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { port, serving }
    }
}

impl Drop for ForeignServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Sends requests in every way that a script can. Returns what it could read: `refused` for nothing.
const FETCHES: &str = "
    const [origin, lease, index, answer] = arguments;
    const item = `${origin}/v1/leases/${lease}/items/${index}`;
    const body = JSON.stringify({ figures: [], tags: [] });
    const json = { 'Content-Type': 'application/json' };
    const header = { ...json, 'Swath-Client': 'console' };
    const tries = {
        'reads': [`${origin}/v1/me`, {}],
        'reads with the header': [`${origin}/v1/me`, { headers: { 'Swath-Client': 'console' } }],
        'reads a page': [`${origin}/work`, {}],
        'posts plainly': [`${origin}/v1/leases/${lease}/submit`, { method: 'POST', body: '{\"submission_id\":\"foreign\"}' }],
        'posts JSON with the header': [`${origin}/v1/leases/${lease}/submit`, { method: 'POST', headers: header, body: '{\"submission_id\":\"foreign\"}' }],
        'saves with the header': [item, { method: 'PUT', headers: header, body }],
        'gives back': [`${origin}/v1/leases/${lease}`, { method: 'DELETE', headers: header }],
        'signs out': [`${origin}/v1/session`, { method: 'DELETE', headers: header }],
    };
    const attempt = async ([url, init]) => {
        try {
            const response = await fetch(url, { credentials: 'include', ...init });
            return `${response.status} ${await response.text()}`;
        } catch {
            return 'refused';
        }
    };
    const blind = fetch(`${origin}/v1/leases/${lease}/submit`, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{\"submission_id\":\"blind\"}' });
    Promise.all([...Object.entries(tries).map(async ([name, one]) => [name, await attempt(one)]), blind.catch(() => {}).then(() => ['blind', 'refused'])])
        .then((told) => answer(Object.fromEntries(told)));";

/// Embeds a picture, a page and an answer of the server in this page. Returns the result of each.
const EMBEDS: &str = "
    const [origin, picture, answer] = arguments;
    const image = new Promise((resolve) => {
        const one = new Image();
        one.onload = () => resolve('loaded');
        one.onerror = () => resolve('refused');
        one.src = origin + picture;
        document.body.append(one);
    });
    const frame = (path) => new Promise((resolve) => {
        const one = document.createElement('iframe');
        one.onload = () => {
            try {
                resolve(one.contentDocument ? one.contentDocument.body.innerText : 'refused');
            } catch {
                resolve('refused');
            }
        };
        one.src = origin + path;
        document.body.append(one);
    });
    Promise.all([image, frame('/work'), frame('/v1/me')]).then(answer);";

/// Sends a form, which navigates the browser to the answer.
const FORM: &str = "
    const [url] = arguments;
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: url, enctype: 'text/plain' });
    const field = document.createElement('input');
    Object.assign(field, { name: '{\"submission_id\":\"form', value: '\"}' });
    form.append(field);
    document.body.append(form);
    form.submit();";

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_changes_nothing_and_reads_nothing() {
    let world = World::shared().await;
    let team = world.team("console").await;
    let (anna, job) = (team.annotator("Anna").await, job(world, &team).await);
    let browser = signed_in(world.origin(), &team, &anna, "/work").await;
    take(&browser).await;
    // All items are saved, so that a single foreign request would be enough to submit.
    for place in 1..=PHOTOGRAPHS.len() {
        label(&browser, place).await;
        is_marked(&browser, place, "saved").await;
    }
    let before = standing(&anna).await;
    let lease = before["lease"].as_str().expect("a lease").to_owned();

    let elsewhere = ForeignServer::open().await;
    // Another port is another origin of the same site, to which the browser sends the cookie. Another host name is
    // another site, to which it does not.
    for (host, refusal) in [("127.0.0.1", "forbidden"), ("localhost", "unauthenticated")] {
        let page = format!("http://{host}:{}/", elsewhere.port);
        browser.goto(&page).await;
        let arguments = vec![json!(world.origin()), json!(lease), json!(0)];
        let told = browser.script_async(FETCHES, arguments).await.unwrap();
        let told = told.as_object().expect("an answer to each try");
        assert!(told.values().all(|answer| answer == "refused") && told.len() > 8, "{host}: {told:#?}");
        assert_eq!(standing(&anna).await, before, "{host}: a script has changed something");
        let picture = format!("/v1/leases/{lease}/items/0/media");
        let shown = browser.script_async(EMBEDS, vec![json!(world.origin()), json!(picture)]).await.unwrap();
        assert_eq!(shown, json!(["refused", "refused", "refused"]), "{host}");
        browser.goto(&page).await;
        let submit = format!("{}/v1/leases/{lease}/submit", world.origin());
        browser.script_with(FORM, vec![json!(submit)]).await;
        browser.says(refusal).await;
        assert_eq!(standing(&anna).await, before, "{host}: a form has changed something");
    }

    // Anna is still signed in, and her own page keeps working.
    browser.goto(&format!("{}/work", world.origin())).await;
    is_marked(&browser, 1, "saved").await;
    assert_eq!(team.assignments(&job).await[0]["status"], "IN_PROGRESS");
    // The refusals of the foreign pages are in the browser's log.
    assert!(!browser.faults().await.is_empty());
    browser.close().await;
}

/// Anna's lease and the items saved under it.
async fn standing(anna: &User) -> Value {
    let lease = anna.get("/v1/leases").await.ok()["items"][0].clone();
    let items = lease["assignment"]["items"].as_array().cloned().unwrap_or_default();
    let items: Vec<_> = items.iter().map(|item| json!([item["revision"], item["annotation"]])).collect();
    json!({"lease": lease["lease_id"], "fence": lease["fence"], "state": lease["state"], "items": items})
}

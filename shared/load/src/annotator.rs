//! An annotator: takes a range, says something of each item, corrects some of it, and hands it in.

use rand::RngExt;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use swath_checker::{Call, Content};
use swath_client::{Method, new_key};
use swath_domain::Stage;
use tokio::time::{Instant, sleep_until};

use crate::meter::Kind;
use crate::person::{Desk, Errand, Heard, Held};
use crate::told::Saved;

/// Of a hundred items, how many are looked at again and said otherwise.
const CORRECTED: f64 = 5.0;
/// Of a hundred items, how many are skipped.
const SKIPPED: f64 = 1.0;
/// Of a hundred leases that are worked on with time to think, how many are renewed by hand.
const RENEWED: f64 = 20.0;
/// How often a range is gone through again if the server misses something in it.
const TRIES: usize = 3;

/// Works until everybody goes home.
pub async fn run(mut desk: Desk) -> anyhow::Result<()> {
    while let Some(held) = desk.ask(Stage::Annotate).await {
        let gives_up = desk.happens(desk.plan.gives_up);
        if gives_up && desk.dice.random_bool(0.5) {
            walk_away(&mut desk, &held).await;
        } else if gives_up {
            release(&mut desk, &held).await;
        } else {
            finish(&mut desk, &held).await;
        }
    }
    Ok(())
}

/// Labels a few items and is gone for longer than the lease lasts.
async fn walk_away(desk: &mut Desk, held: &Held) {
    let half = held.items.len() / 2;
    let _ = label(desk, held, &held.items[..half]).await;
    let lease = std::time::Duration::from_secs(u64::from(desk.plan.lease_seconds));
    let back = Instant::now() + lease.mul_f64(desk.dice.random_range(1.0..2.0));
    let over = desk.run.over.clone();
    tokio::select! {
        () = sleep_until(back) => {}
        () = over.cancelled() => {}
    }
    // Back at the desk: the lease still stands unless somebody else has taken the work meanwhile.
    if desk.dice.random_bool(0.5) {
        finish(desk, held).await;
    }
}

async fn finish(desk: &mut Desk, held: &Held) {
    if desk.plan.whole {
        let items: Vec<i64> = held.items.clone();
        submit(desk, held, &items).await;
        return;
    }
    let mut left: Vec<i64> =
        held.items.iter().filter(|item| !held.confirmed.contains(item)).copied().collect();
    for _ in 0..TRIES {
        if !desk.pace.is_driven() && desk.happens(RENEWED) {
            renew(desk, held).await;
        }
        // Some of it may come with the submission.
        let with = if desk.happens(20.0) { left.split_off(left.len() / 2) } else { Vec::new() };
        if !label(desk, held, &left).await || submit(desk, held, &with).await {
            return;
        }
        // Something is missing: all of it once more.
        left.clone_from(&held.items);
    }
}

/// Says something of items one by one; whether the lease still stands.
async fn label(desk: &mut Desk, held: &Held, items: &[i64]) -> bool {
    for item in items {
        let pace = desk.pace.clone();
        pace.think(&mut desk.dice).await;
        let times = if desk.happens(CORRECTED) { 2 } else { 1 };
        for _ in 0..times {
            let annotation = annotation(desk);
            if !confirm(desk, held, *item, annotation).await {
                return false;
            }
        }
    }
    true
}

/// A box where nobody has drawn one before, or a reason to draw none.
fn annotation(desk: &mut Desk) -> Value {
    let stamp = desk.stamp();
    if desk.happens(SKIPPED) {
        return json!({"skip": {"reason": format!("cannot be told ({stamp})")}});
    }
    let geometry = json!({"x": stamp, "y": 1, "width": 4, "height": 3});
    json!({"figures": [{"class": "thing", "shape": "rectangle", "geometry": geometry}], "tags": []})
}

async fn confirm(desk: &mut Desk, held: &Held, item: i64, annotation: Value) -> bool {
    let content = Content::of(&annotation);
    let errand = Errand {
        kind: Kind::Confirm,
        method: Method::PUT,
        path: held.path(Stage::Annotate, &format!("/items/{item}")),
        body: Some(annotation),
        key: None,
        assignment: Some(held.assignment),
        call: Call::Confirm { lease: held.lease, item, content },
    };
    matches!(desk.errand::<Saved>(errand, None).await, Heard::Done(_))
}

async fn renew(desk: &mut Desk, held: &Held) {
    let errand = Errand {
        kind: Kind::Renew,
        method: Method::POST,
        path: held.path(Stage::Annotate, "/renew"),
        body: None,
        key: None,
        assignment: Some(held.assignment),
        call: Call::Renew { lease: held.lease },
    };
    desk.errand::<IgnoredAny>(errand, None).await;
}

async fn release(desk: &mut Desk, held: &Held) {
    let errand = Errand {
        kind: Kind::Release,
        method: Method::DELETE,
        path: held.path(Stage::Annotate, ""),
        body: None,
        key: None,
        assignment: Some(held.assignment),
        call: Call::Release { lease: held.lease },
    };
    desk.errand::<IgnoredAny>(errand, None).await;
}

/// Hands the range in, with these items said along with it; false where something is still missing.
async fn submit(desk: &mut Desk, held: &Held, with: &[i64]) -> bool {
    let id = new_key();
    let mut body = json!({"submission_id": id});
    let mut items = Vec::new();
    if !with.is_empty() {
        let said: Vec<(i64, Value)> = with.iter().map(|item| (*item, annotation(desk))).collect();
        items = said.iter().map(|(item, annotation)| (*item, Content::of(annotation))).collect();
        let listed = said.into_iter().map(|(item, mut annotation)| {
            annotation["index"] = json!(item);
            annotation
        });
        body["items"] = listed.collect();
    }
    let errand = Errand {
        kind: Kind::Submit,
        method: Method::POST,
        path: held.path(Stage::Annotate, "/submit"),
        body: Some(body),
        key: None,
        assignment: Some(held.assignment),
        call: Call::Submit { lease: held.lease, id, items },
    };
    !matches!(desk.errand::<IgnoredAny>(errand, None).await, Heard::Refused(code, _) if code == "incomplete")
}

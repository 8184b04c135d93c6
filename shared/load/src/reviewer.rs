//! A reviewer: looks over a submission, rejects some of it, and decides.

use serde::de::IgnoredAny;
use serde_json::{Value, json};
use swath_checker::Call;
use swath_client::{Method, new_key};
use swath_domain::Stage;

use crate::meter::Kind;
use crate::person::{Desk, Errand, Heard, Held};
use crate::told::Decided;

/// From this round on nothing is rejected any more, so that the work ends.
const CONTENT_FROM: u64 = 3;
/// Of a hundred verdicts, how many come with the decision instead of one by one.
const TOGETHER: f64 = 30.0;

/// Reviews until everybody goes home.
pub async fn run(mut desk: Desk) -> anyhow::Result<()> {
    while let Some(review) = desk.ask(Stage::Review).await {
        pass(&mut desk, &review).await;
    }
    Ok(())
}

async fn pass(desk: &mut Desk, review: &Held) {
    let percent = if review.round >= CONTENT_FROM { 0.0 } else { desk.plan.rejects };
    let mut along = Vec::new();
    for item in &review.items {
        let pace = desk.pace.clone();
        pace.think(&mut desk.dice).await;
        let reject = desk.happens(percent);
        // What is right needs no word; now and then a reviewer says so all the same.
        if !reject && !desk.happens(TOGETHER / 10.0) {
            continue;
        }
        if desk.happens(TOGETHER) {
            along.push((*item, !reject));
        } else if !judge(desk, review, *item, !reject).await {
            return;
        }
    }
    decide(desk, review, along).await;
}

fn words(accept: bool) -> Value {
    if accept {
        json!({"verdict": "accept"})
    } else {
        json!({"verdict": "reject", "reason": "not as the instructions say"})
    }
}

async fn judge(desk: &mut Desk, review: &Held, item: i64, accept: bool) -> bool {
    let errand = Errand {
        kind: Kind::Verdict,
        method: Method::PUT,
        path: review.path(Stage::Review, &format!("/items/{item}")),
        body: Some(words(accept)),
        key: None,
        assignment: Some(review.assignment),
        call: Call::Judge { lease: review.lease, item, accept },
    };
    matches!(desk.errand::<IgnoredAny>(errand, None).await, Heard::Done(_))
}

async fn decide(desk: &mut Desk, review: &Held, along: Vec<(i64, bool)>) {
    let listed: Vec<Value> = along
        .iter()
        .map(|(item, accept)| {
            let mut verdict = words(*accept);
            verdict["index"] = json!(item);
            verdict
        })
        .collect();
    let errand = Errand {
        kind: Kind::Decide,
        method: Method::POST,
        path: review.path(Stage::Review, "/submit"),
        body: Some(json!({"decision_id": new_key(), "verdicts": listed, "rest": "accept"})),
        key: None,
        assignment: Some(review.assignment),
        call: Call::Decide { lease: review.lease, verdicts: along },
    };
    desk.errand::<Decided>(errand, None).await;
}

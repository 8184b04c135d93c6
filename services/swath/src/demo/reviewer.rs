//! A reviewer: knows the answers, rejects what is wrong with a reason, accepts the rest.

use serde_json::{Value, json};

use super::people::{Desk, Item, Lease, claimed};
use swath_client::{ClientError, new_key};

/// How long it takes to see over a range, and over one of its items, in seconds.
const OVERLOOK: f64 = 0.1;
const LOOK: f64 = 0.008;

/// Reviews until nothing is left.
pub async fn run(mut desk: Desk) -> anyhow::Result<()> {
    while let Some(review) = desk.ask::<Lease>("/v1/reviews").await? {
        desk.pace.think(OVERLOOK).await;
        match pass(&mut desk, &review).await? {
            Err(error) if !error.is("stale-lease") => return Err(desk.said(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Goes over a submission. The inner error is the server's refusal.
async fn pass(desk: &mut Desk, review: &Lease) -> anyhow::Result<Result<(), ClientError>> {
    for item in &review.assignment.items {
        desk.pace.think(LOOK).await;
        let Some(reason) = fault(desk, item)? else { continue };
        let path = format!("/v1/reviews/{}/items/{}", review.lease_id, item.index);
        let verdict = json!({"verdict": "reject", "reason": reason});
        if let Err(error) = desk.person.client.put::<Value>(&path, &verdict).await {
            return Ok(Err(error));
        }
    }
    let path = format!("/v1/reviews/{}/submit", review.lease_id);
    let decision = json!({"decision_id": new_key(), "rest": "accept"});
    Ok(desk.person.client.post::<Value>(&path, &decision).await.map(drop))
}

/// What is wrong with an item, if anything is.
fn fault(desk: &Desk, item: &Item) -> anyhow::Result<Option<String>> {
    let truth = desk.truth(item)?;
    let said = item.annotation.as_ref().and_then(claimed);
    Ok(match said {
        Some(value) if value == truth => None,
        Some(value) => Some(format!("this is a {truth}, not a {value}")),
        None => Some(format!("this is a {truth}, and nothing was said")),
    })
}

//! A reviewer: reviews a submission, rejects some of it, and decides.

use serde::de::IgnoredAny;
use serde_json::to_value;
use swath_api::reviews::{DecideAnswer, DecideRequest, ItemVerdict, Rest, VerdictRequest};
use swath_checker::Call;
use swath_client::{Method, new_key};
use swath_domain::Stage;
use swath_domain::review::Verdict;

use crate::leased::Leased;
use crate::meter::Kind;
use crate::worker::{CallEnd, PendingCall, Worker};

/// Reviews until the run is over.
///
/// # Errors
/// When the task cannot review an item, or a call ends in a way that a strict plan does not allow.
pub async fn run(mut worker: Worker) -> anyhow::Result<()> {
    while let Some(leased) = worker.ask(Stage::Review).await? {
        review(&mut worker, &leased).await?;
    }
    Ok(())
}

async fn review(worker: &mut Worker, leased: &Leased) -> anyhow::Result<()> {
    let mut brought = Vec::new();
    for (at, item) in leased.items.iter().enumerate() {
        worker.think(Stage::Review).await;
        let reason = worker.review(leased, at)?;
        // An accepted item needs no verdict, but sometimes gets one.
        if reason.is_none() && !worker.dice.happens(worker.shared.plan.habits.accepts_by_hand) {
            continue;
        }
        let verdict = if reason.is_none() { Verdict::Accept } else { Verdict::Reject };
        let (index, comment, figures) = (item.index, None, Vec::new());
        if worker.dice.happens(worker.shared.plan.habits.brings_verdicts) {
            brought.push(ItemVerdict { index, verdict, reason, comment, figures });
        } else if !judge(worker, leased, index, VerdictRequest { verdict, reason, comment, figures }).await? {
            return Ok(());
        }
    }
    decide(worker, leased, brought).await
}

/// Saves a verdict. Returns false once the review is lost.
async fn judge(
    worker: &mut Worker,
    leased: &Leased,
    item: i64,
    request: VerdictRequest,
) -> anyhow::Result<bool> {
    let accept = request.verdict == Verdict::Accept;
    let call = PendingCall {
        kind: Kind::Verdict,
        method: Method::PUT,
        path: leased.path(Stage::Review, &format!("/items/{item}")),
        body: Some(to_value(request)?),
        key: None,
        assignment: Some(leased.assignment),
        call: Call::Judge { lease: leased.lease, item, accept },
    };
    Ok(matches!(worker.call::<IgnoredAny>(call, None).await?, CallEnd::Done(_)))
}

async fn decide(worker: &mut Worker, leased: &Leased, verdicts: Vec<ItemVerdict>) -> anyhow::Result<()> {
    let given = verdicts.iter().map(|verdict| (verdict.index, verdict.verdict == Verdict::Accept)).collect();
    let request = DecideRequest { decision_id: new_key(), verdicts, rest: Some(Rest::Accept) };
    let call = PendingCall {
        kind: Kind::Decide,
        method: Method::POST,
        path: leased.path(Stage::Review, "/submit"),
        body: Some(to_value(request)?),
        key: None,
        assignment: Some(leased.assignment),
        call: Call::Decide { lease: leased.lease, verdicts: given },
    };
    worker.call::<DecideAnswer>(call, None).await.map(drop)
}

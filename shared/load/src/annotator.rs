//! An annotator: leases a range, annotates each item, corrects some of them, and submits.

use std::time::Duration;

use anyhow::bail;
use serde::de::IgnoredAny;
use serde_json::to_value;
use swath_api::leases::{ItemAnswer, SubmitRequest, SubmittedItem};
use swath_checker::{Call, Content};
use swath_client::{Method, new_key};
use swath_domain::Stage;
use swath_domain::labels::Annotation;
use tokio::time::{Instant, sleep_until};

use crate::leased::Leased;
use crate::meter::Kind;
use crate::worker::{CallEnd, PendingCall, Worker};

/// How often a range is annotated again if the server misses something in it.
const TRIES_MAX: usize = 3;

/// Works until the run is over.
///
/// # Errors
/// When the task cannot annotate an item, or a call ends in a way that a strict plan does not allow.
pub async fn run(mut worker: Worker) -> anyhow::Result<()> {
    while let Some(leased) = worker.ask(Stage::Annotate).await? {
        let plan = &worker.shared.plan;
        if plan.last_leaves && worker.number + 1 == plan.annotators {
            return annotate(&mut worker, &leased, &first_half(&leased)).await.map(drop);
        }
        let gives_up = worker.dice.happens(worker.shared.plan.gives_up);
        if gives_up && worker.dice.happens(50.0) {
            walk_away(&mut worker, &leased).await?;
        } else if gives_up {
            release(&mut worker, &leased).await?;
        } else {
            finish(&mut worker, &leased).await?;
        }
    }
    Ok(())
}

fn first_half(leased: &Leased) -> Vec<usize> {
    (0..leased.items.len() / 2).collect()
}

/// Annotates a few items, and then does nothing for longer than the lease lasts.
async fn walk_away(worker: &mut Worker, leased: &Leased) -> anyhow::Result<()> {
    annotate(worker, leased, &first_half(leased)).await?;
    let lease = Duration::from_secs(u64::from(worker.shared.plan.lease_seconds));
    let back = Instant::now() + lease.mul_f64(worker.dice.between(1.0, 2.0));
    let over = worker.shared.run.over.clone();
    tokio::select! {
        () = sleep_until(back) => {}
        () = over.cancelled() => {}
    }
    // The expired lease can still be used, unless the work was granted to another user.
    if worker.dice.happens(50.0) { finish(worker, leased).await } else { Ok(()) }
}

async fn finish(worker: &mut Worker, leased: &Leased) -> anyhow::Result<()> {
    let all: Vec<usize> = (0..leased.items.len()).collect();
    if worker.shared.plan.whole {
        return submit(worker, leased, &all).await.map(drop);
    }
    let mut left: Vec<usize> = all.iter().copied().filter(|at| leased.items[*at].revision == 0).collect();
    for _ in 0..TRIES_MAX {
        if !worker.shared.pace.is_driven() && worker.dice.happens(worker.shared.plan.habits.renews) {
            renew(worker, leased).await?;
        }
        let brings = worker.dice.happens(worker.shared.plan.habits.brings_items);
        let brought = if brings { left.split_off(left.len() / 2) } else { Vec::new() };
        if !annotate(worker, leased, &left).await? || submit(worker, leased, &brought).await? {
            return Ok(());
        }
        // Something is missing, so all items are annotated again.
        left.clone_from(&all);
    }
    if worker.shared.plan.is_strict {
        bail!("{} saved every item, and the server still misses some", worker.person.name);
    }
    Ok(())
}

/// Annotates these items one by one. Returns false once the lease is lost.
async fn annotate(worker: &mut Worker, leased: &Leased, items: &[usize]) -> anyhow::Result<bool> {
    for at in items {
        worker.think(Stage::Annotate).await;
        let times = if worker.dice.happens(worker.shared.plan.habits.corrects) { 2 } else { 1 };
        for _ in 0..times {
            let annotation = worker.annotate(leased, *at).await?;
            if !save(worker, leased, leased.items[*at].index, &annotation).await? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

async fn save(
    worker: &mut Worker,
    leased: &Leased,
    item: i64,
    annotation: &Annotation,
) -> anyhow::Result<bool> {
    let body = to_value(annotation)?;
    let content = Content::of(&body);
    let call = PendingCall {
        kind: Kind::Confirm,
        method: Method::PUT,
        path: leased.path(Stage::Annotate, &format!("/items/{item}")),
        body: Some(body),
        key: None,
        assignment: Some(leased.assignment),
        call: Call::Confirm { lease: leased.lease, item, content },
    };
    Ok(matches!(worker.call::<ItemAnswer>(call, None).await?, CallEnd::Done(_)))
}

async fn renew(worker: &mut Worker, leased: &Leased) -> anyhow::Result<()> {
    let call = PendingCall {
        kind: Kind::Renew,
        method: Method::POST,
        path: leased.path(Stage::Annotate, "/renew"),
        body: None,
        key: None,
        assignment: Some(leased.assignment),
        call: Call::Renew { lease: leased.lease },
    };
    worker.call::<IgnoredAny>(call, None).await.map(drop)
}

async fn release(worker: &mut Worker, leased: &Leased) -> anyhow::Result<()> {
    let call = PendingCall {
        kind: Kind::Release,
        method: Method::DELETE,
        path: leased.path(Stage::Annotate, ""),
        body: None,
        key: None,
        assignment: Some(leased.assignment),
        call: Call::Release { lease: leased.lease },
    };
    worker.call::<IgnoredAny>(call, None).await.map(drop)
}

/// Submits, together with these items. Returns false if items are still missing.
async fn submit(worker: &mut Worker, leased: &Leased, brought: &[usize]) -> anyhow::Result<bool> {
    let (mut items, mut contents) = (Vec::new(), Vec::new());
    for at in brought {
        let annotation = worker.annotate(leased, *at).await?;
        let index = leased.items[*at].index;
        contents.push((index, Content::of(&to_value(&annotation)?)));
        let Annotation { figures, tags, skip } = annotation;
        items.push(SubmittedItem { index, figures, tags, skip });
    }
    let id = new_key();
    let call = PendingCall {
        kind: Kind::Submit,
        method: Method::POST,
        path: leased.path(Stage::Annotate, "/submit"),
        body: Some(to_value(SubmitRequest { submission_id: id.clone(), items })?),
        key: None,
        assignment: Some(leased.assignment),
        call: Call::Submit { lease: leased.lease, id, items: contents },
    };
    let end = worker.call::<IgnoredAny>(call, None).await?;
    Ok(!matches!(end, CallEnd::Refused(problem) if problem.code == "incomplete"))
}

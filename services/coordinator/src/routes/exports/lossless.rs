//! Exports that would leave something out are refused.

use std::io;

use axum::http::StatusCode;
use swath_formats::export::{Encoder, Format, Head, Loss, Summary};
use swath_runtime::problem::Fault;
use swath_runtime::{Context, Problem, Result};

use super::accepted::AcceptedItems;
use super::stream::encoded;

/// Refuses an export that would leave something out, before its first byte.
pub(super) async fn lossless(context: &Context, format: Format, head: &Head) -> Result<()> {
    let unknown = if format.needs_sizes() { context.store.sizes_unknown(head.job.id).await? } else { 0 };
    if unknown == 0 && !format.may_lose(&head.job.spec.classes) {
        return Ok(());
    }
    let unwritable = |error: io::Error| {
        tracing::error!(%error, job = %head.job.id, "an export could not be tried");
        Problem::internal()
    };
    let mut encoder = Encoder::new(format, head.clone()).map_err(unwritable)?;
    encoder.begin().map_err(unwritable)?;
    let mut accepted = AcceptedItems::of(context, head);
    while let Some(page) = accepted.next().await.map_err(unwritable)? {
        (encoder, _) = encoded(encoder, page).await.map_err(unwritable)?;
    }
    encoder.summary().and_then(refusal).map_or(Ok(()), Err)
}

/// The refusal of an export that would leave something out; `None` for one that is complete.
pub(super) fn refusal(summary: &Summary) -> Option<Problem> {
    let losses = summary.losses();
    if losses.items == 0 {
        return None;
    }
    let detail = format!(
        "{} {} would be missing in whole or in part: tell the sizes of pictures, choose another format, or ask with \
         lossy=true for what is left",
        losses.items,
        if losses.items == 1 { "item" } else { "items" },
    );
    let fault =
        |loss: &Loss| Fault { index: Some(loss.item.0), message: description(loss.kind), ..Fault::default() };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "lossy", detail);
    let problem = Problem { errors: losses.first.iter().map(fault).collect(), ..problem };
    Some(problem.with("items", losses.items).with("left_out", summary.left_out()))
}

/// What is left out of an item, as a sentence fragment.
fn description(kind: &str) -> String {
    match kind {
        "unknown_size" => "its picture's size is unknown".to_owned(),
        kind => format!("the format does not take `{kind}`"),
    }
}

//! Measuring pictures in the object store: a dataset is gone through in passes, and a picture that could not be measured
//! is tried again in the next pass.

use swath_domain::Time;
use swath_domain::time::{Micros, seconds};

use crate::engine::db::Db;
use crate::error::Result;
use crate::model::pictures::Measuring;
use crate::tables::measuring;

/// The most passes, and so the most attempts to measure one picture.
const PASSES_MAX: i64 = 3;
/// How long a pass waits for each pass before it.
const PAUSE_PER_PASS: Micros = seconds(60);

/// Ends a pass. Another follows later if pictures have failed, up to [`PASSES_MAX`].
pub(crate) async fn end_pass(db: &mut Db<'_>, was: Measuring, now: Time) -> Result<()> {
    measuring::delete_done(db, was, PASSES_MAX).await?;
    measuring::start_next_pass(db, was, now, PAUSE_PER_PASS).await
}

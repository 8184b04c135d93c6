//! The coverage of a job, compared with its assignments.

use std::collections::BTreeMap;

use swath_domain::Assignment;
use swath_domain::coverage::{AssignmentState, Cover, block_width};
use swath_domain::job::Job;
use swath_store::View;

use crate::violation::{Checked, broken};

/// The coverage equals what the assignments say.
pub(crate) fn check_coverage(view: View<'_>, job: &Job, rows: &[&Assignment]) -> Checked {
    let mut expected: BTreeMap<(i64, i64), Cover> = BTreeMap::new();
    let ranges = (job.selected + job.range_size - 1) / job.range_size;
    for row in rows {
        let cover = AssignmentState::of(row).cover(row.key.round, row.items);
        for level in 1..=swath_store::levels(ranges) {
            expected.entry((level, row.key.number / block_width(level))).or_default().add(&cover);
        }
    }
    expected.retain(|_, cover| !cover.is_zero());
    let counted = view.coverage(job.id);
    if counted != expected {
        broken!("the coverage of {} is {counted:?} and should be {expected:?}", job.id);
    }
    Ok(())
}

//! Verdicts as the API shows them.

use swath_api::leases::VerdictPart;
use swath_store::VerdictRow;

/// A stored verdict as the API shows it.
pub(crate) fn verdict_part(row: VerdictRow) -> VerdictPart {
    let VerdictRow { item: _, verdict, reason, comment, figures } = row;
    VerdictPart { verdict, reason, comment, figures }
}

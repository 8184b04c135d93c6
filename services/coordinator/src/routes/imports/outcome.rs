//! The outcome of a request for a dataset.

use swath_api::datasets::{Notes, TrialView};
use swath_domain::ids::DatasetId;

use crate::importer::Report;

/// What a trial reports.
pub(crate) fn trial_view(report: Report) -> TrialView {
    let notes = (report.notes != Notes::default()).then_some(report.notes);
    TrialView { count: report.items, without_size: report.without_size, notes }
}

/// The outcome of a request: a dataset, or the report of a trial.
pub(super) enum Outcome {
    Made(DatasetId),
    Tried(Report),
}

impl Outcome {
    pub(super) fn of(id: DatasetId, is_trial: bool, report: Report) -> Self {
        if is_trial { Self::Tried(report) } else { Self::Made(id) }
    }
}

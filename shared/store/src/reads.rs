//! The questions that change nothing.

pub(crate) mod assignments;
pub(crate) mod books;
pub(crate) mod coverage;
pub(crate) mod dataset_items;
pub(crate) mod datasets;
pub(crate) mod exports;
pub(crate) mod inspection;
pub(crate) mod item_texts;
pub(crate) mod jobs;
pub(crate) mod log;
pub(crate) mod next;
pub(crate) mod other_opinions;
pub(crate) mod own_work;
pub(crate) mod pictures;
pub(crate) mod tokens;
pub(crate) mod under_review;
pub(crate) mod verdicts;
pub(crate) mod view;
pub(crate) mod waits;

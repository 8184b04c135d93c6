//! The questions that change nothing.

pub(crate) mod annotations;
pub(crate) mod exports;
pub(crate) mod inspection;
pub(crate) mod item_texts;
pub(crate) mod job_lists;
pub(crate) mod listing;
pub(crate) mod other_opinions;
pub(crate) mod oversight;
pub(crate) mod own_work;
pub(crate) mod pieces;
pub(crate) mod under_review;

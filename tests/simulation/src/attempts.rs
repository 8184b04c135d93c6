//! The import requests of a world, and the attempts to carry them out.

use swath_domain::{DatasetId, Time};
use uuid::Uuid;

use crate::ops::IMPORTS;

/// The import requests so far.
#[derive(Default)]
pub struct Imports {
    pub(crate) sent: [ImportRequest; IMPORTS],
    pub(crate) under_way: Vec<Attempt>,
    /// Keys used so far.
    pub(crate) keys: usize,
}

/// A request under a key, as its client knows it.
#[derive(Clone, Copy, Default)]
pub(crate) struct ImportRequest {
    pub(crate) key: usize,
    /// The first answer, and when it came.
    pub(crate) answer: Option<(DatasetId, Time)>,
}

/// An attempt to carry out a request, between its first page and its end.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) id: Uuid,
    pub(crate) key: usize,
    pub(crate) process: usize,
    pub(crate) dataset: DatasetId,
    pub(crate) pages: usize,
}

//! What a run is to be.

use std::path::PathBuf;
use std::time::Duration;

/// How a job's submissions are reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// Every one.
    All,
    /// None.
    None,
    /// So many in a hundred.
    Sample(u8),
}

/// What sets people's pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drive {
    /// They think about each item for about so many seconds.
    Think(f64),
    /// Together they begin so many assignments a second, whether or not the server keeps up: an open loop.
    Rate(f64),
    /// They do not think at all.
    Saturate,
}

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The team to work in; a new one without.
    pub team: Option<String>,
    /// People who label.
    pub annotators: usize,
    /// People who check.
    pub reviewers: usize,
    /// Items of the dataset.
    pub items: u64,
    /// Items in a range.
    pub range_size: u32,
    /// Opinions asked for of each item.
    pub slots: u32,
    /// How it is reviewed.
    pub review: Review,
    /// The lease time, in seconds.
    pub lease_seconds: u32,
    /// How long rework waits for its author, in seconds.
    pub reserve_seconds: u32,
    /// Whether people take work from any job of the team, and not from the one of this run alone.
    pub any_job: bool,
    /// What sets the pace.
    pub drive: Drive,
    /// Labels come with the submission instead of one by one.
    pub whole: bool,
    /// Of a hundred items, how many a reviewer rejects in the first two rounds.
    pub rejects: f64,
    /// Of a hundred leases, how many are given back, and how many somebody walks away from.
    pub gives_up: f64,
    /// Of a hundred calls, how many hang up before the answer.
    pub hangs_up: f64,
    /// How long one try may take.
    pub deadline: Duration,
    /// How long a call is repeated before a person gives up on it.
    pub patience: Duration,
    /// The end of the run, where the job is not done before.
    pub seconds: Option<u64>,
    /// Where people's dice begin.
    pub seed: u64,
    /// Gateways that people use by turns; the client's own address where there are none.
    pub gateways: Vec<String>,
    /// The same of reviews.
    pub reviews: Vec<String>,
    /// Where `/metrics` of the installation's processes is read, which is not where they serve people.
    pub metrics: Vec<String>,
    /// A file for the history.
    pub history: Option<PathBuf>,
    /// Whether the checker has the last word.
    pub check: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            team: None,
            annotators: 10,
            reviewers: 2,
            items: 1_000,
            range_size: 10,
            slots: 1,
            review: Review::All,
            lease_seconds: 60,
            reserve_seconds: 30,
            any_job: false,
            drive: Drive::Think(0.05),
            whole: false,
            rejects: 5.0,
            gives_up: 1.0,
            hangs_up: 0.0,
            deadline: Duration::from_secs(10),
            patience: Duration::from_secs(120),
            seconds: None,
            seed: 1,
            gateways: Vec::new(),
            reviews: Vec::new(),
            metrics: Vec::new(),
            history: None,
            check: true,
        }
    }
}

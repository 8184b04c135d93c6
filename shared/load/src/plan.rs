//! The plan of a run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::task::{Boxes, Task};

/// How a job's submissions are reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// Every one.
    All,
    /// None.
    None,
    /// A share of them, in percent.
    Sample(u8),
}

/// What sets the pace of users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drive {
    /// They think about each item for about this many seconds.
    Think(f64),
    /// As `Think`, with different times for annotators and reviewers.
    ThinkByStage {
        /// Seconds that an annotator thinks about an item.
        annotate: f64,
        /// Seconds that a reviewer thinks about an item.
        review: f64,
    },
    /// Together they begin this many assignments a second, whether or not the server keeps up: an open loop.
    Rate(f64),
    /// They do not think at all.
    Saturate,
}

/// Optional behaviour of users, as shares in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habits {
    /// Items that are annotated a second time.
    pub corrects: f64,
    /// Leases that are renewed explicitly if users have time to think.
    pub renews: f64,
    /// Submissions that include half of their items.
    pub brings_items: f64,
    /// Accepted items that get a verdict of their own.
    pub accepts_by_hand: f64,
    /// Verdicts that are sent with the decision instead of one by one.
    pub brings_verdicts: f64,
}

impl Habits {
    /// No optional behaviour.
    pub const NONE: Self =
        Self { corrects: 0.0, renews: 0.0, brings_items: 0.0, accepts_by_hand: 0.0, brings_verdicts: 0.0 };
}

impl Default for Habits {
    fn default() -> Self {
        Self { corrects: 5.0, renews: 20.0, brings_items: 20.0, accepts_by_hand: 3.0, brings_verdicts: 30.0 }
    }
}

/// The plan of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The team to work in; `None` for a new one.
    pub team: Option<String>,
    /// The number of annotators.
    pub annotators: usize,
    /// The number of reviewers.
    pub reviewers: usize,
    /// The number of items in the dataset.
    pub items: u64,
    /// The number of items in a range.
    pub range_size: u32,
    /// The number of opinions on each item.
    pub slots: u32,
    /// How submissions are reviewed.
    pub review: Review,
    /// The lease time, in seconds.
    pub lease_seconds: u32,
    /// How long rework is reserved for its author, in seconds.
    pub reserve_seconds: u32,
    /// Users take work from all jobs of the team, not only from that of this run.
    pub any_job: bool,
    /// What sets the pace.
    pub drive: Drive,
    /// Labels come with the submission instead of one by one.
    pub whole: bool,
    /// What users do with an item.
    pub task: Arc<dyn Task>,
    /// The optional behaviour of users.
    pub habits: Habits,
    /// The run fails if a call gets no answer or an unusual refusal. Other loads continue, because they may test a
    /// server that fails.
    pub is_strict: bool,
    /// The last annotator leaves in the middle of their first range and does not come back.
    pub last_leaves: bool,
    /// The share of leases that are released or abandoned, in percent.
    pub gives_up: f64,
    /// The share of calls that the user hangs up on before the answer, in percent.
    pub hangs_up: f64,
    /// How long one attempt of a call may take.
    pub attempt_timeout: Duration,
    /// How long an unanswered call is repeated.
    pub repeat_for: Duration,
    /// How long users work, in seconds, unless the job is done before.
    pub seconds: Option<u64>,
    /// The seed of the users' random choices.
    pub seed: u64,
    /// Gateways that annotators use in turn; none for the client's own address.
    pub gateways: Vec<String>,
    /// Review services that reviewers use in turn; none for the client's own address.
    pub reviews: Vec<String>,
    /// The URLs of `/metrics` of the installation's processes, to measure the cost of the run.
    pub metrics: Vec<String>,
    /// A file for the history.
    pub history: Option<PathBuf>,
    /// The checker compares both sides afterwards.
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
            task: Arc::new(Boxes { rejects_percent: 5.0 }),
            habits: Habits::default(),
            is_strict: false,
            last_leaves: false,
            gives_up: 1.0,
            hangs_up: 0.0,
            attempt_timeout: Duration::from_secs(10),
            repeat_for: Duration::from_secs(120),
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

//! Counts calls, their results and their latencies.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The calls that users make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `POST /v1/leases`.
    Lease,
    /// `PUT` of an item.
    Confirm,
    /// `POST …/renew`.
    Renew,
    /// `POST …/submit`.
    Submit,
    /// `DELETE` of a lease.
    Release,
    /// `POST /v1/reviews`.
    Review,
    /// `PUT` of a verdict.
    Verdict,
    /// `POST …/submit` of a review.
    Decide,
}

impl Kind {
    /// All kinds, in the order of the work.
    pub const ALL: [Kind; 8] = [
        Self::Lease,
        Self::Confirm,
        Self::Renew,
        Self::Submit,
        Self::Release,
        Self::Review,
        Self::Verdict,
        Self::Decide,
    ];
}

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The server carried it out.
    Done,
    /// The server refused it.
    Refused,
    /// The outcome is unknown.
    Unknown,
    /// The user did not wait for the answer.
    HungUp,
}

/// The longest latency that is recorded exactly, to three digits, in microseconds.
const LATENCY_MAX_MICROS: u64 = 600_000_000;

struct Tally {
    done: u64,
    refused: u64,
    unknown: u64,
    hung_up: u64,
    given_up: u64,
    /// The latencies of successful attempts, in microseconds.
    took: Histogram<u64>,
}

/// Counts calls and their latencies. All users of a run share it.
pub struct Meter {
    tallies: [Mutex<Option<Tally>>; Kind::ALL.len()],
    lost: Mutex<Vec<String>>,
}

/// How many reasons for unanswered calls are kept.
const REASONS_MAX: usize = 10;

impl Tally {
    fn new() -> Option<Self> {
        let took = Histogram::new_with_bounds(1, LATENCY_MAX_MICROS, 3).ok()?;
        Some(Self { done: 0, refused: 0, unknown: 0, hung_up: 0, given_up: 0, took })
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self { tallies: Kind::ALL.map(|_| Mutex::new(Tally::new())), lost: Mutex::default() }
    }
}

/// The statistics of one kind of call. Times are in milliseconds, of successful attempts.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CallStats {
    /// The kind of call.
    pub call: Kind,
    /// The number of successful attempts.
    pub done: u64,
    /// The number of refused attempts.
    pub refused: u64,
    /// The number of attempts with an unknown outcome, including those that were hung up on.
    pub unknown: u64,
    /// The number of attempts that the user hung up on.
    pub hung_up: u64,
    /// The number of calls with an unknown outcome that the user gave up.
    pub given_up: u64,
    /// The median latency.
    pub p50: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The longest latency.
    pub max: f64,
}

impl Meter {
    /// Counts an attempt.
    pub fn count(&self, kind: Kind, ended: Ended, took: Duration) {
        let mut tally = self.tally(kind);
        let Some(tally) = tally.as_mut() else { return };
        match ended {
            Ended::Done => {
                tally.done += 1;
                tally
                    .took
                    .saturating_record(u64::try_from(took.as_micros()).unwrap_or(LATENCY_MAX_MICROS).max(1));
            }
            Ended::Refused => tally.refused += 1,
            Ended::Unknown => tally.unknown += 1,
            Ended::HungUp => {
                tally.unknown += 1;
                tally.hung_up += 1;
            }
        }
    }

    /// Resets the counts, as at the end of a warm-up. The reasons for unanswered calls are kept.
    pub fn clear(&self) {
        for kind in Kind::ALL {
            *self.tally(kind) = Tally::new();
        }
    }

    /// Records why an attempt got no answer; only the first few reasons are kept.
    pub fn lose(&self, kind: Kind, why: &dyn std::fmt::Display) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.len() < REASONS_MAX {
            lost.push(format!("{kind:?}: {why}"));
        }
    }

    /// Why some attempts got no answer.
    pub fn lost(&self) -> Vec<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a call that a user gives up.
    pub fn give_up(&self, kind: Kind) {
        if let Some(tally) = self.tally(kind).as_mut() {
            tally.given_up += 1;
        }
    }

    /// The number of calls that users gave up.
    pub fn given_up(&self) -> u64 {
        Kind::ALL.iter().filter_map(|kind| self.tally(*kind).as_ref().map(|tally| tally.given_up)).sum()
    }

    fn tally(&self, kind: Kind) -> MutexGuard<'_, Option<Tally>> {
        self.tallies[kind as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of successful attempts of a kind.
    pub fn done(&self, kind: Kind) -> u64 {
        self.tally(kind).as_ref().map_or(0, |tally| tally.done)
    }

    /// The number of all successful attempts.
    pub fn total(&self) -> u64 {
        Kind::ALL.iter().map(|kind| self.done(*kind)).sum()
    }

    /// The statistics of all kinds of calls that were made.
    pub fn stats(&self) -> Vec<CallStats> {
        Kind::ALL.iter().filter_map(|kind| self.stat(*kind)).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a time in milliseconds needs no more digits")]
    fn stat(&self, call: Kind) -> Option<CallStats> {
        let tally = self.tally(call);
        let tally = tally.as_ref()?;
        let at = |quantile: f64| tally.took.value_at_quantile(quantile) as f64 / 1_000.0;
        (tally.done + tally.refused + tally.unknown > 0).then(|| CallStats {
            call,
            done: tally.done,
            refused: tally.refused,
            unknown: tally.unknown,
            hung_up: tally.hung_up,
            given_up: tally.given_up,
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max: tally.took.max() as f64 / 1_000.0,
        })
    }
}

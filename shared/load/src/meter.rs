//! Counts calls, how they ended and how long they took.

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
    /// All of them, in the order of the work.
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

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The server did it.
    Done,
    /// The server refused it.
    Refused,
    /// The outcome is unknown.
    Unknown,
    /// The user did not wait for the answer.
    HungUp,
}

/// Microseconds up to this long are told apart; three digits are kept.
const LONGEST: u64 = 600_000_000;

struct Tally {
    done: u64,
    refused: u64,
    unknown: u64,
    hung_up: u64,
    given_up: u64,
    /// Of what was done, in microseconds.
    took: Histogram<u64>,
}

/// Counts calls and their times. Shared by everybody.
pub struct Meter {
    tallies: [Mutex<Option<Tally>>; Kind::ALL.len()],
    lost: Mutex<Vec<String>>,
}

/// Reasons that are kept for calls without an answer.
const REASONS: usize = 10;

impl Tally {
    fn new() -> Option<Self> {
        let took = Histogram::new_with_bounds(1, LONGEST, 3).ok()?;
        Some(Self { done: 0, refused: 0, unknown: 0, hung_up: 0, given_up: 0, took })
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self { tallies: Kind::ALL.map(|_| Mutex::new(Tally::new())), lost: Mutex::default() }
    }
}

/// What is told of one kind of call; times are in milliseconds, of tries that were done.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CallStats {
    /// Which.
    pub call: Kind,
    /// Tries that were done.
    pub done: u64,
    /// Tries that were refused.
    pub refused: u64,
    /// Attempts of unknown outcome, dropped ones included.
    pub unknown: u64,
    /// Tries that the person hung up on.
    pub hung_up: u64,
    /// Calls of unknown outcome that the user has given up.
    pub given_up: u64,
    /// The median.
    pub p50: f64,
    /// 95 of a hundred took at most this long.
    pub p95: f64,
    /// 99 of a hundred took at most this long.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Meter {
    /// Counts one try.
    pub fn count(&self, kind: Kind, ended: Ended, took: Duration) {
        let mut tally = self.tally(kind);
        let Some(tally) = tally.as_mut() else { return };
        match ended {
            Ended::Done => {
                tally.done += 1;
                tally.took.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST).max(1));
            }
            Ended::Refused => tally.refused += 1,
            Ended::Unknown => tally.unknown += 1,
            Ended::HungUp => {
                tally.unknown += 1;
                tally.hung_up += 1;
            }
        }
    }

    /// Forgets the calls so far, as where a warm-up ends; what was lost is kept.
    pub fn clear(&self) {
        for kind in Kind::ALL {
            *self.tally(kind) = Tally::new();
        }
    }

    /// Keeps the first few reasons why attempts got no answer.
    pub fn lose(&self, kind: Kind, why: &dyn std::fmt::Display) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.len() < REASONS {
            lost.push(format!("{kind:?}: {why}"));
        }
    }

    /// Why some attempts got no answer.
    pub fn lost(&self) -> Vec<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a call that a person gives up on.
    pub fn give_up(&self, kind: Kind) {
        if let Some(tally) = self.tally(kind).as_mut() {
            tally.given_up += 1;
        }
    }

    /// Calls that people have given up on.
    pub fn given_up(&self) -> u64 {
        Kind::ALL.iter().filter_map(|kind| self.tally(*kind).as_ref().map(|tally| tally.given_up)).sum()
    }

    fn tally(&self, kind: Kind) -> MutexGuard<'_, Option<Tally>> {
        self.tallies[kind as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries of a kind that were done so far.
    pub fn done(&self, kind: Kind) -> u64 {
        self.tally(kind).as_ref().map_or(0, |tally| tally.done)
    }

    /// Tries that were done so far, of every kind.
    pub fn total(&self) -> u64 {
        Kind::ALL.iter().map(|kind| self.done(*kind)).sum()
    }

    /// What there is to tell, of the kinds that were called.
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

//! The random choices of a simulated user.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The random choices of one user. The same seed gives the same choices.
#[derive(Debug)]
pub struct Dice {
    random: StdRng,
    stamp: u64,
}

impl Dice {
    /// Choices that follow from the seed.
    pub fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), stamp: 0 }
    }

    /// True with this probability, in percent.
    pub fn happens(&mut self, percent: f64) -> bool {
        percent > 0.0 && self.random.random_bool((percent / 100.0).clamp(0.0, 1.0))
    }

    /// A number between 0 and 1.
    pub fn fraction(&mut self) -> f64 {
        self.random.random()
    }

    /// A number from `low` up to but not including `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.random.random_range(low..high)
    }

    /// A whole number from 0 up to but not including `count`, which must not be 0.
    pub fn below(&mut self, count: u8) -> u8 {
        self.random.random_range(0..count)
    }

    /// A number that this user has not drawn before, to make annotations distinct.
    pub fn stamp(&mut self) -> u64 {
        self.stamp += 1;
        self.stamp
    }
}

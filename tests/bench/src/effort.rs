//! How much time a run takes for its measurements.

use std::time::Duration;

/// The lengths and repetitions of the measurements.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// The time before a window opens.
    pub warm_up: Duration,
    /// The length of a window.
    pub window: Duration,
    /// How often each measurement is repeated.
    pub times: usize,
    /// Whether PostgreSQL records statistics of its statements.
    pub profile: bool,
}

impl Effort {
    /// Short windows without repetitions if `quick`, otherwise long ones with repetitions.
    pub fn new(quick: bool, profile: bool) -> Self {
        let seconds = Duration::from_secs;
        match quick {
            true => Self { warm_up: seconds(2), window: seconds(5), times: 1, profile },
            false => Self { warm_up: seconds(4), window: seconds(12), times: 3, profile },
        }
    }
}

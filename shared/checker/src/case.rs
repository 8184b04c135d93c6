//! One assignment with everything that is known about it, from both sides.

use swath_domain::log::Entry;

use crate::history::Event;
use crate::server::{Row, Stored};

/// What the server says about an assignment, and what clients did to it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The assignment's current state.
    pub row: Row,
    /// Its decision log, in order.
    pub log: Vec<Entry>,
    /// The stored annotations, by author and item.
    pub stored: Vec<Stored>,
    /// The clients' calls, in the order in which they were sent.
    pub events: Vec<Event>,
}

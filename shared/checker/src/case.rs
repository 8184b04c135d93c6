//! Everything that is known of one assignment, from both sides.

use swath_domain::log::Entry;

use crate::history::Event;
use crate::server::{Row, Stored};

/// One assignment: what the server says, and what clients did about it.
#[derive(Debug, Clone)]
pub struct Case {
    /// As it stands.
    pub row: Row,
    /// Its decision log, in order.
    pub log: Vec<Entry>,
    /// What is stored for it, by author and item.
    pub stored: Vec<Stored>,
    /// The clients' calls, by the time at which they were sent.
    pub events: Vec<Event>,
}

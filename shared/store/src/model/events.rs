//! Events of teams as values.

use swath_domain::Time;
use swath_domain::event::Event;
use swath_domain::ids::TeamId;

/// An event that is to be appended.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) team: TeamId,
    pub(crate) at: Time,
    pub(crate) event: Event,
}

impl NewEvent {
    /// The event as it is stored.
    #[expect(clippy::expect_used, reason = "an event has only text keys, so it is always valid JSON")]
    pub(crate) fn body(&self) -> String {
        serde_json::to_string(&self.event).expect("an event is always valid JSON")
    }
}

/// An event as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its position among all events; events of one transaction may share one.
    pub position: i64,
    /// The team that it belongs to.
    pub team: TeamId,
    /// When it was appended.
    pub at: Time,
    /// What the transaction changed.
    pub event: Event,
}

/// Up to where events can be read, and from where on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMarks {
    /// Which history the positions belong to.
    pub era: String,
    /// Everything up to here has been appended, and nothing will be any more.
    pub settled: i64,
    /// Everything up to here may have been cleared away.
    pub cleared: i64,
}

/// Events behind a position, whole transactions only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The marks at the same moment.
    pub marks: EventMarks,
    /// Up to where the page goes: the next one begins behind it.
    pub to: i64,
    /// The events, in order.
    pub events: Vec<StoredEvent>,
}

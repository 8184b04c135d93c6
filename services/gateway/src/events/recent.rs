//! The newest events, kept within bounds for clients that reconnect.

use std::collections::VecDeque;

use swath_domain::event::Event;
use swath_store::StoredEvent;

use super::messages::Cursor;

/// Events that are kept, at most.
pub(crate) const EVENTS_MAX: usize = 20_000;
/// Changes that are kept in these events, at most. One takes about 150 bytes.
const CHANGES_MAX: usize = 100_000;

/// Changes that are sent to a client that reconnects, at most. With more, loading everything again costs less.
const MISSED_MAX: usize = 5_000;

/// The newest events: all of those behind the position `start`, up to the position `end`.
pub(crate) struct Recent {
    era: String,
    start: i64,
    end: i64,
    events: VecDeque<StoredEvent>,
    changes: usize,
}

/// The events behind a cursor.
pub(crate) enum Missed<'a> {
    /// All of it.
    Events(Vec<&'a StoredEvent>),
    /// Unknown, because some of them are no longer kept, or too many.
    Unknown,
}

impl Recent {
    /// No events yet, from this position on.
    pub(crate) fn at(era: String, position: i64) -> Self {
        Self { era, start: position, end: position, events: VecDeque::new(), changes: 0 }
    }

    /// The cursor behind the newest event.
    pub(crate) fn end(&self) -> Cursor {
        Cursor { era: self.era.clone(), position: self.end }
    }

    /// Adds the events up to the position `to`.
    pub(crate) fn push(&mut self, events: Vec<StoredEvent>, to: i64) {
        self.end = to;
        self.changes += events.iter().map(changes_in).sum::<usize>();
        self.events.extend(events);
        while self.events.len() > EVENTS_MAX || self.changes > CHANGES_MAX {
            let Some(oldest) = self.events.pop_front() else { break };
            self.changes -= changes_in(&oldest);
            self.start = oldest.position;
        }
        // Events of one position are kept together or not at all.
        while self.events.front().is_some_and(|next| next.position <= self.start) {
            let gone = self.events.pop_front();
            self.changes -= gone.as_ref().map_or(0, changes_in);
        }
    }

    /// The events behind a cursor.
    pub(crate) fn missed(&self, since: &Cursor) -> Missed<'_> {
        if since.era != self.era || since.position < self.start || since.position > self.end {
            return Missed::Unknown;
        }
        let first = self.events.partition_point(|event| event.position <= since.position);
        let events: Vec<_> = self.events.range(first..).take(MISSED_MAX + 1).collect();
        if events.iter().map(|event| changes_in(event)).sum::<usize>() > MISSED_MAX {
            return Missed::Unknown;
        }
        Missed::Events(events)
    }
}

/// The number of changes in an event; an event about something else counts as one.
fn changes_in(event: &StoredEvent) -> usize {
    match &event.event {
        Event::Assignments { changes, .. } => changes.len(),
        Event::Job { .. } | Event::Dataset { .. } | Event::People { .. } => 1,
    }
}

#[cfg(test)]
mod tests {
    use swath_domain::Time;
    use swath_domain::ids::{DatasetId, TeamId};
    use uuid::Uuid;

    use super::*;

    fn event(position: i64) -> StoredEvent {
        let event = Event::Dataset { dataset: DatasetId(Uuid::nil()) };
        StoredEvent { position, team: TeamId(Uuid::nil()), at: Time(0), event }
    }

    fn missed(recent: &Recent, era: &str, position: i64) -> Option<Vec<i64>> {
        match recent.missed(&Cursor { era: era.into(), position }) {
            Missed::Events(events) => Some(events.iter().map(|event| event.position).collect()),
            Missed::Unknown => None,
        }
    }

    #[test]
    fn what_came_behind_a_cursor_is_known_whole_or_not_at_all() {
        let mut recent = Recent::at("a".into(), 10);
        recent.push(vec![event(12), event(12), event(15)], 17);
        assert_eq!(missed(&recent, "a", 10), Some(vec![12, 12, 15]));
        assert_eq!(missed(&recent, "a", 13), Some(vec![15]));
        assert_eq!(missed(&recent, "a", 17), Some(vec![]));
        for (era, position) in [("a", 9), ("a", 18), ("b", 15)] {
            assert_eq!(missed(&recent, era, position), None, "{era}.{position}");
        }
    }

    #[test]
    fn the_oldest_go_with_all_of_their_position() {
        let mut recent = Recent::at("a".into(), 0);
        recent.push((0..EVENTS_MAX as i64 + 1).map(|n| event(n / 2 + 1)).collect(), 1 << 40);
        assert_eq!(recent.events.len(), EVENTS_MAX - 1);
        assert_eq!(missed(&recent, "a", 0), None);
        let newest = EVENTS_MAX as i64 / 2;
        assert_eq!(missed(&recent, "a", newest - 1), Some(vec![newest, newest, newest + 1]));
        assert_eq!(missed(&recent, "a", 1), None, "too many to be sent again");
        assert_eq!(recent.changes, recent.events.len());
    }
}

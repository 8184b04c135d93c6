//! Events as a stream carries them: messages of `text/event-stream`, those of one moment put together.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use swath_domain::Status;
use swath_domain::event::{Change, Event};
use swath_domain::ids::{AssignmentId, JobId, TeamId, UserId};
use swath_store::StoredEvent;

use super::scope::{Scope, View};

/// Assignments that are named in one message; of more it says how many there are.
const NAMED_MAX: usize = 100;

/// The place of a stream in the events: a history and a position in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) era: String,
    pub(crate) position: i64,
}

impl Cursor {
    /// Reads `era.position`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (era, position) = text.split_once('.')?;
        Some(Self { era: era.to_owned(), position: position.parse().ok()? })
    }

    /// The id of the message that brings a stream up to here; nothing is said in it.
    pub(crate) fn message(&self, event: &str, data: &Value) -> Bytes {
        format!("id: {}.{}\nevent: {event}\ndata: {data}\n\n", self.era, self.position).into()
    }
}

/// An assignment that has moved.
#[derive(Debug, Serialize)]
struct Moved {
    id: AssignmentId,
    number: i64,
    round: i64,
    status: Status,
}

/// What a team's events come to: the newest of each assignment, and each other event once.
#[derive(Default)]
struct Gathered<'a> {
    moved: BTreeMap<JobId, BTreeMap<AssignmentId, &'a Change>>,
    others: Vec<&'a Event>,
}

/// The messages about some events, for each view of each team, made when they are first asked for.
pub(crate) struct Messages<'a> {
    teams: HashMap<TeamId, Gathered<'a>>,
    /// By person: their own assignments.
    own: HashMap<UserId, HashMap<TeamId, Gathered<'a>>>,
    made: HashMap<(TeamId, View), Bytes>,
}

impl<'a> Messages<'a> {
    pub(crate) fn of(events: impl IntoIterator<Item = &'a StoredEvent>) -> Self {
        let mut messages = Self { teams: HashMap::new(), own: HashMap::new(), made: HashMap::new() };
        for event in events {
            messages.gather(event);
        }
        messages
    }

    fn gather(&mut self, stored: &'a StoredEvent) {
        let team = self.teams.entry(stored.team).or_default();
        let Event::Assignments { job, changes } = &stored.event else {
            if !team.others.contains(&&stored.event) {
                team.others.push(&stored.event);
            }
            return;
        };
        for change in changes {
            let id = change.id(*job);
            team.moved.entry(*job).or_default().insert(id, change);
            for user in &change.people {
                let own = self.own.entry(*user).or_default().entry(stored.team).or_default();
                own.moved.entry(*job).or_default().insert(id, change);
            }
        }
    }

    /// What somebody is to be sent, in pieces.
    pub(crate) fn to(&mut self, scope: &Scope) -> Vec<Bytes> {
        let pieces = scope.views().map(|(team, view)| match view {
            View::Own => self.own_of(scope.user, team),
            View::Lead | View::Manager => self.shared(team, view),
        });
        pieces.filter(|piece| !piece.is_empty()).collect()
    }

    fn own_of(&self, user: UserId, team: TeamId) -> Bytes {
        let gathered = self.own.get(&user).and_then(|teams| teams.get(&team));
        gathered.map(|gathered| gathered.written(team, View::Own)).unwrap_or_default()
    }

    fn shared(&mut self, team: TeamId, view: View) -> Bytes {
        let Some(gathered) = self.teams.get(&team) else { return Bytes::new() };
        self.made.entry((team, view)).or_insert_with(|| gathered.written(team, view)).clone()
    }
}

impl Gathered<'_> {
    fn written(&self, team: TeamId, view: View) -> Bytes {
        let mut text = String::new();
        for (job, moved) in &self.moved {
            let named: Vec<_> = moved.iter().take(NAMED_MAX).map(|(id, change)| told(*id, change)).collect();
            let more = moved.len() - named.len();
            let data = json!({"team": team, "job": job, "assignments": named, "more": more});
            write_message(&mut text, "assignments", &data);
        }
        for event in &self.others {
            match event {
                Event::Job { job, action } => {
                    let data = json!({"team": team, "job": job, "action": action});
                    write_message(&mut text, "job", &data);
                }
                Event::Dataset { dataset } => {
                    write_message(&mut text, "dataset", &json!({"team": team, "dataset": dataset}));
                }
                Event::People { action, user } if view == View::Manager => {
                    let data = json!({"team": team, "action": action, "user": user});
                    write_message(&mut text, "people", &data);
                }
                Event::People { .. } | Event::Assignments { .. } => {}
            }
        }
        text.into()
    }
}

fn told(id: AssignmentId, change: &Change) -> Moved {
    Moved { id, number: change.number, round: change.round, status: change.now.status }
}

/// JSON has no line breaks of its own, so that a message's data is one line.
fn write_message(text: &mut String, event: &str, data: &Value) {
    // Writing into memory does not fail.
    let _ = write!(text, "event: {event}\ndata: {data}\n\n");
}

//! Events as messages of `text/event-stream`. The events of one page are merged into few messages.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use swath_domain::event::{Change, Event};
use swath_domain::ids::{AssignmentId, JobId, TeamId, UserId};
use swath_domain::{Round, Status};
use swath_store::StoredEvent;

use super::scope::{Scope, View};

/// Assignments that one message names; of further ones it gives only the number.
const NAMED_MAX: usize = 100;

/// The position of a stream in the events: the history of the database, and a position in it.
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

    /// A message whose id is this cursor.
    pub(crate) fn message(&self, event: &str, data: &Value) -> Bytes {
        format!("id: {}.{}\nevent: {event}\ndata: {data}\n\n", self.era, self.position).into()
    }
}

/// An assignment that has changed, as a message names it.
#[derive(Debug, Serialize)]
struct Moved {
    id: AssignmentId,
    number: i64,
    round: Round,
    status: Status,
}

/// The merged events of a team: the newest change of each assignment, and every other event once.
#[derive(Default)]
struct Gathered<'a> {
    moved: BTreeMap<JobId, BTreeMap<AssignmentId, &'a Change>>,
    others: Vec<&'a Event>,
}

/// The messages about some events, for each view of each team, made when they are first asked for.
pub(crate) struct Messages<'a> {
    teams: HashMap<TeamId, Gathered<'a>>,
    /// By user: the changes of their own assignments.
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

    /// The messages for a stream with this scope, one chunk for each team.
    pub(crate) fn to(&mut self, scope: &Scope) -> Vec<Bytes> {
        let chunks = scope.views().map(|(team, view)| match view {
            View::Own => self.own_of(scope.user, team),
            View::Lead | View::Manager => self.shared(team, view),
        });
        chunks.filter(|chunk| !chunk.is_empty()).collect()
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
        for (job, changes) in &self.moved {
            let named: Vec<_> =
                changes.iter().take(NAMED_MAX).map(|(id, change)| moved(*id, change)).collect();
            let more = changes.len() - named.len();
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

fn moved(id: AssignmentId, change: &Change) -> Moved {
    Moved { id, number: change.number, round: change.round, status: change.now.status }
}

/// Writes a message. Compact JSON has no line breaks, so the data is one line.
fn write_message(text: &mut String, event: &str, data: &Value) {
    // Writing into a string cannot fail.
    let _ = write!(text, "event: {event}\ndata: {data}\n\n");
}

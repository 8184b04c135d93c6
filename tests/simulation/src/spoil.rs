//! Tests the checker: valid histories, each altered in one place, must all be found.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use swath_checker::{Answer, Call, Content, Event, LogLine, Outcome, Row, Stored};
use swath_domain::{AssignmentId, LeaseId, Range, Ranges, Status, UserId};
use uuid::Uuid;

use crate::runs::Runner;
use crate::verify::Material;

/// The kinds of alterations.
const WAYS: [&str; 4] = ["dropped", "doubled", "swapped", "altered"];
/// The parts of a history that are altered.
const PARTS: [&str; 5] = ["events", "log", "assignments", "stored", "exported"];

/// How many of the altered histories were found.
pub struct Caught {
    /// By part and alteration: the number found, and the number tried.
    pub rows: BTreeMap<(&'static str, &'static str), (u64, u64)>,
    /// Descriptions of those that were not found.
    pub missed: Vec<String>,
}

/// Alters `count` valid histories and prints a table.
pub fn all(runner: &Runner, first: u64, count: u64) -> anyhow::Result<Caught> {
    let mut caught = Caught { rows: BTreeMap::new(), missed: Vec::new() };
    let mut tried = 0;
    for seed in first.. {
        if tried == count {
            break;
        }
        let Some(good) = runner.material(seed)? else { continue };
        anyhow::ensure!(good.clone().check()?.count == 0, "the history of seed {seed} is not valid");
        let mut dice = StdRng::seed_from_u64(seed);
        let (part, way) = (PARTS[dice.random_range(0..PARTS.len())], WAYS[dice.random_range(0..WAYS.len())]);
        let mut spoiled = good;
        let Some(what) = spoiled.spoil(part, way, &mut dice) else { continue };
        tried += 1;
        let found = spoiled.check()?.count > 0;
        let row = caught.rows.entry((part, way)).or_default();
        *row = (row.0 + u64::from(found), row.1 + 1);
        if !found {
            caught.missed.push(format!("seed {seed}: {way} of the {part}: {what}"));
        }
    }
    println!("{:<12} {:<8} caught", "spoiled", "how");
    for ((part, way), (found, tried)) in &caught.rows {
        println!("{part:<12} {way:<8} {found} of {tried}");
    }
    Ok(caught)
}

impl Material {
    /// Alters one place and describes it; `None` if there is nothing of that kind to alter.
    fn spoil(&mut self, part: &str, way: &str, dice: &mut StdRng) -> Option<String> {
        match part {
            "events" if way == "altered" => alter_event(&mut self.events, dice),
            "events" if way == "dropped" => drop_event(&mut self.events, dice),
            "events" => spoil(&mut self.events, way, dice, |_, _| None),
            "log" => spoil(&mut self.log, way, dice, alter_entry),
            "assignments" => spoil(&mut self.rows, way, dice, alter_row),
            "stored" => spoil(&mut self.stored, way, dice, alter_stored),
            _ => spoil(&mut self.exported, way, dice, |line, dice| {
                match dice.random_range(0..4) {
                    0 => line.content = other(line.content),
                    1 => line.revision += 1,
                    2 => line.author = stranger(dice),
                    _ => line.item += 1,
                }
                Some("a field".into())
            }),
        }
    }
}

fn spoil<T: Clone + std::fmt::Debug>(
    things: &mut Vec<T>,
    way: &str,
    dice: &mut StdRng,
    alter: fn(&mut T, &mut StdRng) -> Option<String>,
) -> Option<String> {
    if things.len() < 2 {
        return None;
    }
    let place = dice.random_range(0..things.len());
    let what = format!("{:?}", things[place]);
    match way {
        "dropped" => drop(things.remove(place)),
        "doubled" => things.insert(place, things[place].clone()),
        "swapped" => {
            let with = (place + dice.random_range(1..things.len())) % things.len();
            things.swap(place, with);
        }
        _ => return alter(&mut things[place], dice).map(|field| format!("{field} of {what}")),
    }
    Some(what)
}

/// The last event of a client cannot be missed unless it had an effect.
fn drop_event(events: &mut Vec<Event>, dice: &mut StdRng) -> Option<String> {
    let place = dice.random_range(0..events.len().max(1));
    let event = events.get(place)?;
    let is_last = !events.iter().any(|other| other.who == event.who && other.seq > event.seq);
    (!is_last).then(|| format!("{:?}", events.remove(place)))
}

/// Alters a call in a way that the final state of the job reveals.
fn alter_event(events: &mut [Event], dice: &mut StdRng) -> Option<String> {
    let place = dice.random_range(0..events.len().max(1));
    let original = events.get(place)?.clone();
    if !original.is_done() {
        return None;
    }
    let is_alone = !events.iter().enumerate().any(|(other, event)| {
        let same_lease = event.lease() == original.lease() && event.lease().is_some();
        let same =
            same_lease && std::mem::discriminant(&event.call) == std::mem::discriminant(&original.call);
        other != place && (same || event.outcome == original.outcome) && event.may_be_done()
    });
    let rewritten = events.iter().skip(place + 1).any(|event| writes_over(event, &original));
    let event = &mut events[place];
    match (&mut event.call, &mut event.outcome) {
        (Call::Ask { .. }, Outcome::Done(Answer::Lease { lease, fence, ranges })) => {
            match dice.random_range(0..3) {
                0 => *fence += 1,
                1 => *lease = LeaseId(random(dice)),
                _ => ranges.push(Range::of(500, 501)),
            }
        }
        (Call::Confirm { content, item, .. }, Outcome::Done(Answer::Saved { revision })) => {
            match dice.random_range(0..3) {
                0 if !rewritten => *content = other(*content),
                1 if !rewritten => *revision += 1_000,
                _ => *item += 1_000,
            }
        }
        (Call::Decide { .. }, Outcome::Done(Answer::Decided { status, .. })) if dice.random_bool(0.5) => {
            *status = if *status == Status::Accepted { Status::Rejected } else { Status::Accepted };
        }
        (Call::Submit { .. } | Call::Release { .. } | Call::Decide { .. }, outcome) if is_alone => {
            *outcome = Outcome::Refused("stale-lease".into());
        }
        (
            Call::Renew { lease }
            | Call::Submit { lease, .. }
            | Call::Release { lease }
            | Call::Judge { lease, .. },
            _,
        ) => {
            *lease = LeaseId(random(dice));
        }
        _ => return None,
    }
    Some(format!("{original:?} as {event:?}"))
}

/// True if an event may have overwritten what another one wrote.
fn writes_over(event: &Event, original: &Event) -> bool {
    let item = |event: &Event, wanted: i64| match &event.call {
        Call::Confirm { item, .. } | Call::Judge { item, .. } => *item == wanted,
        Call::Submit { items, .. } => items.iter().any(|(item, _)| *item == wanted),
        _ => false,
    };
    match &original.call {
        Call::Confirm { item: wanted, .. } | Call::Judge { item: wanted, .. } => {
            event.who == original.who && event.assignment == original.assignment && item(event, *wanted)
        }
        _ => false,
    }
}

fn alter_entry(line: &mut LogLine, dice: &mut StdRng) -> Option<String> {
    let is_job = line.assignment.is_none();
    let entry = &mut line.entry;
    let field = match dice.random_range(0..6) {
        0 => {
            entry.seq += 1;
            "seq"
        }
        1 if !is_job => {
            entry.fence += 1;
            "fence"
        }
        2 if !is_job => {
            entry.lease_id = Some(LeaseId(random(dice)));
            "lease"
        }
        3 if !is_job && !matches!(entry.action.as_str(), "rework" | "cancel") => {
            entry.actor = Some(stranger(dice));
            "actor"
        }
        4 if !is_job => {
            entry.to =
                Some(if entry.to == Some(Status::Pending) { Status::Completed } else { Status::Pending });
            "to"
        }
        _ => {
            let rejected = entry.detail.as_mut()?.get_mut("rejected")?;
            *rejected = if rejected == "" { "0-1".into() } else { "".into() };
            "rejected"
        }
    };
    Some(field.into())
}

fn alter_row(row: &mut Row, dice: &mut StdRng) -> Option<String> {
    let field = match dice.random_range(0..8) {
        0 => {
            row.status = if row.status == Status::Accepted { Status::Cancelled } else { Status::Accepted };
            "status"
        }
        1 => {
            row.fence += 1;
            "fence"
        }
        2 => {
            row.number += 1;
            "number"
        }
        3 => {
            row.author = Some(stranger(dice));
            "author"
        }
        4 => {
            row.holder = Some(stranger(dice));
            "holder"
        }
        5 => {
            row.parent = Some(AssignmentId(random(dice)));
            "parent"
        }
        6 => {
            row.round += 1;
            "round"
        }
        _ => {
            row.ranges = Ranges::of_items(row.ranges.iter().map(|item| item + 1));
            "ranges"
        }
    };
    Some(field.into())
}

fn alter_stored(line: &mut Stored, dice: &mut StdRng) -> Option<String> {
    let field = match dice.random_range(0..6) {
        0 => {
            line.content = other(line.content);
            "content"
        }
        1 => {
            line.revision += 1_000;
            "revision"
        }
        2 => {
            line.author = stranger(dice);
            "author"
        }
        3 => {
            line.item += 1_000;
            "item"
        }
        4 => {
            line.lease = LeaseId(random(dice));
            "lease"
        }
        _ => {
            line.state = if line.state == "accepted" { "kept".into() } else { "accepted".into() };
            "state"
        }
    };
    Some(field.into())
}

fn other(content: Content) -> Content {
    Content(!content.0)
}

fn stranger(dice: &mut StdRng) -> UserId {
    UserId(random(dice))
}

fn random(dice: &mut StdRng) -> Uuid {
    Uuid::from_u128(dice.random())
}

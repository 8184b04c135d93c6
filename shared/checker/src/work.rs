//! What was said of items: everything that was acknowledged is stored, and nothing else is.

use std::collections::BTreeMap;

use swath_domain::{Stage, Status, UserId};

use crate::Content;
use crate::case::Case;
use crate::findings::Findings;
use crate::history::{Answer, Call, Event, Outcome};
use crate::replay::Trail;
use crate::server::Stored;

/// A write of one item that was done or may have been.
struct Write {
    content: Content,
    certainty: Certainty,
}

#[derive(PartialEq)]
enum Certainty {
    /// Done, as this revision.
    Revision(i64),
    /// Done, as a part of a submission.
    Done,
    /// Something is kept, this or what stood there before: it came with a refused submission.
    Kept,
    /// Nobody knows.
    Maybe,
}

impl Certainty {
    fn is_open(&self) -> bool {
        matches!(self, Self::Kept | Self::Maybe)
    }
}

type Place = (UserId, i64);

/// Compares what is stored for an assignment with what its clients wrote.
pub(crate) fn check(case: &Case, trail: &Trail, findings: &mut Findings) {
    let writes = writes(&case.events);
    let mut stored: BTreeMap<Place, &Stored> = BTreeMap::new();
    let mut last = None;
    for line in &case.stored {
        let place = Some((line.author, line.item));
        findings.expect(last < place, "I3", || format!("{line:?} is out of order"));
        last = place;
        let twice = stored.insert((line.author, line.item), line);
        findings.expect(twice.is_none(), "I3", || format!("stored twice: {line:?} and {twice:?}"));
        check_line(case, trail, line, findings);
        if !writes.contains_key(&(line.author, line.item)) {
            findings.add("I3", format!("nobody wrote {line:?}"));
        }
    }
    for (place, writes) in &writes {
        check_place(case, *place, writes, stored.get(place).copied(), findings);
    }
    check_finished(case, trail, &stored, findings);
}

fn writes(events: &[Event]) -> BTreeMap<Place, Vec<Write>> {
    let mut writes: BTreeMap<Place, Vec<Write>> = BTreeMap::new();
    for (number, event) in events.iter().enumerate() {
        match &event.call {
            Call::Confirm { item, content, .. } => {
                let certainty = match &event.outcome {
                    Outcome::Done(Answer::Saved { revision }) => Certainty::Revision(*revision),
                    Outcome::Refused(_) => continue,
                    _ => Certainty::Maybe,
                };
                writes.entry((event.who, *item)).or_default().push(Write { content: *content, certainty });
            }
            Call::Submit { items, .. } => {
                // One that is sent again with other items is another one: only one of the two can have been taken.
                let is_same = |other: &Event| other.who == event.who && other.call == event.call;
                // A repeated submission is told its first answer, and writes nothing anew.
                let repeats = events[..number].iter().any(|before| is_same(before) && before.may_be_done());
                let done = !repeats && events[number..].iter().any(|try_| is_same(try_) && try_.is_done());
                let kept = matches!(&event.outcome, Outcome::Refused(code) if code == "stale-lease" || code == "incomplete");
                for (item, content) in items {
                    let certainty = match () {
                        () if done => Certainty::Done,
                        () if kept => Certainty::Kept,
                        () => Certainty::Maybe,
                    };
                    writes
                        .entry((event.who, *item))
                        .or_default()
                        .push(Write { content: *content, certainty });
                }
            }
            _ => {}
        }
    }
    writes
}

/// I3: the last acknowledged write stands, or one after it whose outcome nobody knows.
fn check_place(
    case: &Case,
    place: Place,
    writes: &[Write],
    stored: Option<&Stored>,
    findings: &mut Findings,
) {
    let last = writes.iter().rposition(|write| !write.certainty.is_open());
    let Some(stored) = stored else {
        let nothing = writes.iter().all(|write| write.certainty == Certainty::Maybe);
        findings
            .expect(nothing, "I3", || format!("{place:?} of {} was acknowledged and is gone", case.row.id));
        return;
    };
    let is_open = |write: &&Write| write.certainty.is_open();
    let mut candidates = writes.iter().filter(is_open).chain(last.map(|last| &writes[last]));
    findings.expect(candidates.any(|write| write.content == stored.content), "I3", || {
        format!("{stored:?} is not what was acknowledged last")
    });
    let mut newest = (0, 0);
    let mut contents: BTreeMap<i64, Content> = BTreeMap::new();
    for (number, write) in writes.iter().enumerate() {
        let Certainty::Revision(revision) = write.certainty else { continue };
        let content = *contents.entry(revision).or_insert(write.content);
        findings.expect(content == write.content, "I3", || {
            format!("revision {revision} of {place:?} in {} was acknowledged for two contents", case.row.id)
        });
        if revision >= newest.0 {
            newest = (revision, number + 1);
        }
    }
    let uncounted = writes.iter().enumerate().filter(|(number, write)| match write.certainty {
        Certainty::Revision(_) => false,
        Certainty::Done => *number >= newest.1,
        Certainty::Kept | Certainty::Maybe => true,
    });
    let most = newest.0 + uncounted.count() as i64;
    let fits = (newest.0.max(1)..=most).contains(&stored.revision);
    findings.expect(fits, "I3", || format!("{stored:?} is not one of the revisions {} to {most}", newest.0));
    let at_revision = contents.get(&stored.revision);
    findings.expect(at_revision.is_none_or(|content| *content == stored.content), "I3", || {
        format!("{stored:?} is not what was acknowledged as that revision")
    });
}

/// I3 and I8: a stored line belongs to its assignment and its author, and says what it is worth.
fn check_line(case: &Case, trail: &Trail, line: &Stored, findings: &mut Findings) {
    findings.expect(case.row.ranges.contains(line.item), "I1", || {
        format!("{line:?} is none of the items of {:?}", case.row)
    });
    let lease = trail.leases.get(&line.lease);
    let own = lease.is_some_and(|lease| lease.stage == Stage::Annotate && lease.holder == line.author);
    findings.expect(own, "I8", || format!("{line:?} was saved under {lease:?}"));
    let state = state(trail, line);
    findings.expect(line.state == state, "I9", || format!("{line:?} should be {state}"));
}

fn state(trail: &Trail, line: &Stored) -> &'static str {
    let is_authors = trail.author == Some(line.author);
    match trail.status {
        Status::Accepted if is_authors => "accepted",
        Status::Rejected if is_authors && trail.rejected.contains(line.item) => "rejected",
        Status::Rejected if is_authors => "accepted",
        Status::Completed | Status::InReview if is_authors => "submitted",
        Status::InProgress if trail.standing.is_some_and(|(_, holder)| holder == line.author) => "confirmed",
        Status::Cancelled => "cancelled",
        _ => "kept",
    }
}

/// I3 and I4: work that was handed in is whole, and what was accepted as skipped was skipped.
fn check_finished(case: &Case, trail: &Trail, stored: &BTreeMap<Place, &Stored>, findings: &mut Findings) {
    let finished =
        matches!(trail.status, Status::Completed | Status::InReview | Status::Accepted | Status::Rejected);
    let Some(author) = trail.author.filter(|_| finished) else { return };
    let decided = matches!(trail.status, Status::Accepted | Status::Rejected);
    for item in case.row.ranges.iter() {
        let line = stored.get(&(author, item));
        findings.expect(line.is_some(), "I3", || {
            format!("item {item} of {} was handed in by {author} and is not stored", case.row.id)
        });
        let accepted = decided && !trail.rejected.contains(item);
        if let Some(line) = line.filter(|_| accepted) {
            findings.expect(line.skipped == trail.skipped.contains(item), "I9", || {
                format!("{line:?}, and the log says that {} were skipped", trail.skipped)
            });
        }
    }
}

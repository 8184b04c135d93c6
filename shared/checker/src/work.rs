//! Annotations: everything that was acknowledged is stored, and nothing else is.

use std::collections::BTreeMap;

use swath_domain::{ItemIndex, Stage, Status, UserId};

use crate::Content;
use crate::case::Case;
use crate::findings::Findings;
use crate::history::{Answer, Call, Event, Outcome};
use crate::replay::Trail;
use crate::server::Stored;

/// A write of one item that succeeded or may have succeeded.
struct Write {
    content: Content,
    certainty: Certainty,
}

#[derive(PartialEq)]
enum Certainty {
    /// It succeeded and has this revision.
    Revision(i64),
    /// It succeeded as part of a submission.
    Done,
    /// It was part of a refused submission: either it or the previous annotation is stored.
    Kept,
    /// The result is unknown.
    Unknown,
}

impl Certainty {
    fn is_open(&self) -> bool {
        matches!(self, Self::Kept | Self::Unknown)
    }
}

/// The author and the number of an item.
type AnnotationKey = (UserId, i64);

/// Compares the stored annotations of an assignment with what its clients wrote.
pub(crate) fn check(case: &Case, trail: &Trail, findings: &mut Findings) {
    let writes = writes(&case.events);
    let mut stored: BTreeMap<AnnotationKey, &Stored> = BTreeMap::new();
    let mut last = None;
    for line in &case.stored {
        let key = Some((line.author, line.item));
        findings.expect(last < key, "I3", || format!("{line:?} is out of order"));
        last = key;
        let twice = stored.insert((line.author, line.item), line);
        findings.expect(twice.is_none(), "I3", || format!("stored twice: {line:?} and {twice:?}"));
        check_line(case, trail, line, findings);
        if !writes.contains_key(&(line.author, line.item)) {
            findings.add("I3", format!("no client wrote {line:?}"));
        }
    }
    for (key, writes) in &writes {
        check_annotation(case, *key, writes, stored.get(key).copied(), findings);
    }
    check_finished(case, trail, &stored, findings);
}

fn writes(events: &[Event]) -> BTreeMap<AnnotationKey, Vec<Write>> {
    let mut writes: BTreeMap<AnnotationKey, Vec<Write>> = BTreeMap::new();
    for (number, event) in events.iter().enumerate() {
        match &event.call {
            Call::Confirm { item, content, .. } => {
                let certainty = match &event.outcome {
                    Outcome::Done(Answer::Saved { revision }) => Certainty::Revision(*revision),
                    Outcome::Refused(_) => continue,
                    _ => Certainty::Unknown,
                };
                writes.entry((event.who, *item)).or_default().push(Write { content: *content, certainty });
            }
            Call::Submit { items, .. } => {
                // A repetition with other items is another submission: at most one of the two was accepted.
                let is_same = |other: &Event| other.who == event.who && other.call == event.call;
                // A repeated submission gets its first answer and writes nothing.
                let repeats = events[..number].iter().any(|before| is_same(before) && before.may_be_done());
                let done = !repeats && events[number..].iter().any(|try_| is_same(try_) && try_.is_done());
                let kept = matches!(&event.outcome, Outcome::Refused(code) if code == "stale-lease" || code == "incomplete");
                for (item, content) in items {
                    let certainty = match () {
                        () if done => Certainty::Done,
                        () if kept => Certainty::Kept,
                        () => Certainty::Unknown,
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

/// I3: the last acknowledged write is stored, or a later one with an unknown result.
fn check_annotation(
    case: &Case,
    key: AnnotationKey,
    writes: &[Write],
    stored: Option<&Stored>,
    findings: &mut Findings,
) {
    let last = writes.iter().rposition(|write| !write.certainty.is_open());
    let Some(stored) = stored else {
        let nothing = writes.iter().all(|write| write.certainty == Certainty::Unknown);
        findings
            .expect(nothing, "I3", || format!("{key:?} of {} was acknowledged and is missing", case.row.id));
        return;
    };
    let is_open = |write: &&Write| write.certainty.is_open();
    let mut candidates = writes.iter().filter(is_open).chain(last.map(|last| &writes[last]));
    findings.expect(candidates.any(|write| write.content == stored.content), "I3", || {
        format!("{stored:?} is not the last acknowledged write")
    });
    let mut newest = (0, 0);
    let mut contents: BTreeMap<i64, Content> = BTreeMap::new();
    for (number, write) in writes.iter().enumerate() {
        let Certainty::Revision(revision) = write.certainty else { continue };
        let content = *contents.entry(revision).or_insert(write.content);
        findings.expect(content == write.content, "I3", || {
            format!("revision {revision} of {key:?} in {} was acknowledged for two contents", case.row.id)
        });
        if revision >= newest.0 {
            newest = (revision, number + 1);
        }
    }
    let uncounted = writes.iter().enumerate().filter(|(number, write)| match write.certainty {
        Certainty::Revision(_) => false,
        Certainty::Done => *number >= newest.1,
        Certainty::Kept | Certainty::Unknown => true,
    });
    let most = newest.0 + uncounted.count() as i64;
    let fits = (newest.0.max(1)..=most).contains(&stored.revision);
    findings.expect(fits, "I3", || format!("{stored:?} is not one of the revisions {} to {most}", newest.0));
    let at_revision = contents.get(&stored.revision);
    findings.expect(at_revision.is_none_or(|content| *content == stored.content), "I3", || {
        format!("{stored:?} is not the write that was acknowledged with that revision")
    });
}

/// I3 and I8: a stored line belongs to its assignment and its author, and has the right state.
fn check_line(case: &Case, trail: &Trail, line: &Stored, findings: &mut Findings) {
    findings.expect(case.row.ranges.contains(ItemIndex(line.item)), "I1", || {
        format!("{line:?} is not an item of {:?}", case.row)
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
        Status::Rejected if is_authors && trail.rejected.contains(ItemIndex(line.item)) => "rejected",
        Status::Rejected if is_authors => "accepted",
        Status::Completed | Status::InReview if is_authors => "submitted",
        Status::InProgress if trail.lease.is_some_and(|(_, holder)| holder == line.author) => "confirmed",
        Status::Cancelled => "cancelled",
        _ => "kept",
    }
}

/// I3 and I4: submitted work is complete, and items accepted as skipped were skipped.
fn check_finished(
    case: &Case,
    trail: &Trail,
    stored: &BTreeMap<AnnotationKey, &Stored>,
    findings: &mut Findings,
) {
    let finished =
        matches!(trail.status, Status::Completed | Status::InReview | Status::Accepted | Status::Rejected);
    let Some(author) = trail.author.filter(|_| finished) else { return };
    let decided = matches!(trail.status, Status::Accepted | Status::Rejected);
    for item in case.row.ranges.iter() {
        let line = stored.get(&(author, item.0));
        findings.expect(line.is_some(), "I3", || {
            format!("item {item} of {} was submitted by {author} and is not stored", case.row.id)
        });
        let accepted = decided && !trail.rejected.contains(item);
        if let Some(line) = line.filter(|_| accepted) {
            findings.expect(line.skipped == trail.skipped.contains(item), "I9", || {
                format!("{line:?}, and the log says that {} were skipped", trail.skipped)
            });
        }
    }
}

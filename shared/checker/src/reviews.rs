//! Decisions: they follow from the verdicts, are made once, and reject exactly the items with a rejecting verdict.

use std::collections::BTreeMap;

use swath_domain::{LeaseId, Status, UserId};

use crate::case::Case;
use crate::findings::Findings;
use crate::history::{Answer, Call, Event, Outcome};
use crate::replay::{End, Trail};

/// The verdicts of one reviewer on one submission, by item; `None` if it is unknown which verdict was saved.
type Verdicts = BTreeMap<i64, Option<bool>>;

/// Compares decisions with the verdicts behind them.
pub(crate) fn check(case: &Case, trail: &Trail, findings: &mut Findings) {
    let verdicts = verdicts(&case.events, trail);
    let none = Verdicts::new();
    for (lease, granted) in &trail.leases {
        let Some(End::Decided(status, rejected)) = &granted.end else { continue };
        let given = granted.of.and_then(|of| verdicts.get(&(of, granted.holder))).unwrap_or(&none);
        for item in case.row.ranges.iter() {
            let verdict = given.get(&item.0).copied().unwrap_or(Some(true));
            let fits = verdict.is_none_or(|accept| rejected.contains(item) != accept);
            findings.expect(fits, "I6", || {
                format!(
                    "item {item} of {} had the verdict {verdict:?}, and {rejected} were rejected",
                    case.row.id
                )
            });
        }
        for event in case.events.iter().filter(|event| event.lease() == Some(*lease)) {
            check_answer(event, *status, findings);
        }
    }
}

/// I4: every call to decide is answered with the same decision.
fn check_answer(event: &Event, decided: Status, findings: &mut Findings) {
    let (Call::Decide { .. }, Outcome::Done(Answer::Decided { status, rework })) =
        (&event.call, &event.outcome)
    else {
        return;
    };
    let fits = *status == decided && rework.is_some() == (decided == Status::Rejected);
    findings.expect(fits, "I4", || format!("{event:?}, and the log says {decided:?}"));
}

/// The verdicts by submission and reviewer. A reviewer who starts a second review of a submission keeps the verdicts
/// of the first.
fn verdicts(events: &[Event], trail: &Trail) -> BTreeMap<(LeaseId, UserId), Verdicts> {
    let mut verdicts: BTreeMap<(LeaseId, UserId), Verdicts> = BTreeMap::new();
    for event in events {
        let submission = event.lease().and_then(|lease| trail.leases.get(&lease)?.of);
        let Some(submission) = submission else { continue };
        let given = verdicts.entry((submission, event.who)).or_default();
        let done = event.is_done();
        match &event.call {
            Call::Judge { item, accept, .. } if event.may_be_done() => note(given, *item, *accept, done),
            Call::Decide { verdicts, .. } => {
                verdicts.iter().for_each(|(item, accept)| note(given, *item, *accept, done));
            }
            _ => {}
        }
    }
    verdicts
}

fn note(given: &mut Verdicts, item: i64, accept: bool, done: bool) {
    let before = given.get(&item).copied().unwrap_or(Some(true));
    // A verdict with an unknown result changes nothing if it repeats the current one.
    let now = if done || before == Some(accept) { Some(accept) } else { None };
    given.insert(item, now);
}

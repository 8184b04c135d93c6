//! What was decided: by the verdicts that were given, once, and redone exactly where it was rejected.

use std::collections::BTreeMap;

use swath_domain::{LeaseId, Status, UserId};

use crate::case::Case;
use crate::findings::Findings;
use crate::history::{Answer, Call, Event, Outcome};
use crate::replay::{End, Trail};

/// Verdicts of one reviewer on one submission, by item; none where nobody knows.
type Verdicts = BTreeMap<i64, Option<bool>>;

/// Compares decisions with the verdicts behind them.
pub(crate) fn check(case: &Case, trail: &Trail, findings: &mut Findings) {
    let verdicts = verdicts(&case.events, trail);
    let none = Verdicts::new();
    for (lease, granted) in &trail.leases {
        let Some(End::Decided(status, rejected)) = &granted.end else { continue };
        let given = granted.of.and_then(|of| verdicts.get(&(of, granted.holder))).unwrap_or(&none);
        for item in case.row.ranges.iter() {
            let verdict = given.get(&item).copied().unwrap_or(Some(true));
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

/// I4: everybody who asks hears the one decision.
fn check_answer(event: &Event, decided: Status, findings: &mut Findings) {
    let (Call::Decide { .. }, Outcome::Done(Answer::Decided { status, rework })) =
        (&event.call, &event.outcome)
    else {
        return;
    };
    let fits = *status == decided && rework.is_some() == (decided == Status::Rejected);
    findings.expect(fits, "I4", || format!("{event:?}, and the log says {decided:?}"));
}

/// A reviewer who comes back to a submission finds their verdicts again, so they count across reviews.
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
    // A verdict that may have been given changes nothing where it repeats what stands.
    let now = if done || before == Some(accept) { Some(accept) } else { None };
    given.insert(item, now);
}

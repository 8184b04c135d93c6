//! Leases: each was asked for, and belongs to the client that was answered with it.

use std::collections::BTreeMap;

use swath_domain::{LeaseId, Stage, UserId};

use crate::case::Case;
use crate::findings::Findings;
use crate::history::{Action, Answer, Call, Event, Outcome};
use crate::replay::{End, Granted, Trail};

/// A number of leases or requests for each user and stage.
pub(crate) type CountByUser = BTreeMap<(UserId, u8), u64>;

/// Compares the leases of an assignment with what clients were answered and did.
pub(crate) fn check(case: &Case, trail: &Trail, unreported: &mut CountByUser, findings: &mut Findings) {
    check_order(&case.events, findings);
    for event in &case.events {
        check_given(event, case, trail, findings);
        check_own(event, trail, findings);
    }
    check_taken_over(case, findings);
    for (lease, granted) in &trail.leases {
        if !case.events.iter().any(|event| is_given(event, *lease)) {
            *unreported.entry((granted.holder, granted.stage as u8)).or_default() += 1;
        }
        check_end(*lease, granted, &case.events, findings);
    }
    check_managed(case, findings);
}

/// A history is ordered by time and by each client's own numbering.
pub(crate) fn check_order(events: &[Event], findings: &mut Findings) {
    let mut counts: BTreeMap<UserId, u64> = BTreeMap::new();
    let mut began = 0;
    for event in events {
        let last = counts.insert(event.who, event.seq).unwrap_or_default();
        let fits = event.began >= began && event.seq > last;
        findings.expect(fits, "history", || format!("{event:?} is out of order"));
        began = event.began;
    }
}

fn is_given(event: &Event, wanted: LeaseId) -> bool {
    matches!(&event.outcome, Outcome::Done(Answer::Lease { lease, .. }) if *lease == wanted)
}

/// I2: a lease that a client was answered with is in the log as theirs, and it shows the items of the assignment.
fn check_given(event: &Event, case: &Case, trail: &Trail, findings: &mut Findings) {
    let Outcome::Done(Answer::Lease { lease, fence, ranges }) = &event.outcome else { return };
    let Call::Ask { stage } = &event.call else { return };
    let known = trail.leases.get(lease);
    let same =
        known.is_some_and(|known| (known.holder, known.fence, known.stage) == (event.who, *fence, *stage));
    findings.expect(same, "I2", || format!("{event:?} was granted, and the log says {known:?}"));
    findings.expect(ranges == case.row.ranges.as_slice(), "I1", || {
        format!("{event:?} shows other items than {:?}", case.row)
    });
}

/// I8: a call under a lease only succeeds for its holder.
fn check_own(event: &Event, trail: &Trail, findings: &mut Findings) {
    let Some(lease) = event.lease().filter(|_| event.is_done()) else { return };
    let known = trail.leases.get(&lease);
    findings.expect(known.is_some_and(|known| known.holder == event.who), "I8", || {
        format!("{event:?} was done, and the lease is {known:?}")
    });
}

/// I2: once the work was granted to somebody else, nothing is saved under the previous lease.
fn check_taken_over(case: &Case, findings: &mut Findings) {
    let mut given: Vec<(u64, i64, LeaseId)> = case
        .events
        .iter()
        .filter_map(|event| match &event.outcome {
            Outcome::Done(Answer::Lease { lease, fence, .. }) => Some((event.ended, *fence, *lease)),
            _ => None,
        })
        .collect();
    given.sort_unstable();
    for event in &case.events {
        if !matches!(event.call, Call::Renew { .. } | Call::Confirm { .. } | Call::Judge { .. })
            || !event.is_done()
        {
            continue;
        }
        let Some((_, own, _)) = given.iter().find(|(_, _, lease)| Some(*lease) == event.lease()) else {
            continue;
        };
        let later = given.iter().find(|(answered, fence, _)| *answered < event.began && fence > own);
        findings.expect(later.is_none(), "I2", || {
            format!("{event:?} was done, though {later:?} was granted before")
        });
    }
}

/// I3 and I4: a lease that a client ended has ended, and nobody else ended it in that way.
fn check_end(lease: LeaseId, granted: &Granted, events: &[Event], findings: &mut Findings) {
    let calls: Vec<&Event> =
        events.iter().filter(|event| event.lease() == Some(lease) && event.who == granted.holder).collect();
    for event in calls.iter().filter(|event| event.is_done() && ends(&event.call)) {
        let fits = granted.end.as_ref().is_some_and(|end| is_end(&event.call, end));
        findings
            .expect(fits, "I3", || format!("{event:?}, and the log ends the lease with {:?}", granted.end));
    }
    let Some(end) = &granted.end else { return };
    let explained = calls.iter().any(|event| event.may_be_done() && is_end(&event.call, end));
    findings.expect(explained, "I2", || format!("{lease} ended with {end:?}, which its holder did not do"));
}

fn ends(call: &Call) -> bool {
    matches!(call, Call::Submit { .. } | Call::Release { .. } | Call::Decide { .. })
}

fn is_end(call: &Call, end: &End) -> bool {
    matches!(
        (call, end),
        (Call::Submit { .. }, End::Submitted)
            | (Call::Release { .. }, End::Released)
            | (Call::Decide { .. }, End::Decided(..))
    )
}

/// I7: what a manager did is in the log under their name, and the log has nothing of the kind that no manager did.
fn check_managed(case: &Case, findings: &mut Findings) {
    let mut counts: BTreeMap<(UserId, Action), Managed> = BTreeMap::new();
    for action in [Action::Reassign, Action::Reopen, Action::Cancel] {
        for actor in
            case.log.iter().filter(|entry| entry.action == action.name()).filter_map(|entry| entry.actor)
        {
            counts.entry((actor, action)).or_default().logged += 1;
        }
    }
    for event in &case.events {
        let Call::Manage { action } = event.call else { continue };
        let count = counts.entry((event.who, action)).or_default();
        count.done += u64::from(event.is_done());
        count.most += u64::from(event.may_be_done());
    }
    for ((who, action), count) in counts {
        // The sweep of a cancelled job cancels its assignments in its manager's name.
        let fits = count.done <= count.logged && (count.logged <= count.most || action == Action::Cancel);
        findings.expect(fits, "I7", || format!("{who} did {} to {}: {count:?}", action.name(), case.row.id));
    }
}

/// How often a manager did something: certainly, possibly, and according to the log.
#[derive(Debug, Default)]
struct Managed {
    done: u64,
    most: u64,
    logged: u64,
}

/// The key of a user and a stage.
pub(crate) fn key(who: UserId, stage: Stage) -> (UserId, u8) {
    (who, stage as u8)
}

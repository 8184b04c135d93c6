//! Work that was taken from users: the locks of its leases are released, and gateways learn that it is available again.

use std::collections::BTreeMap;

use swath_bus::Queue;
use swath_domain::Status;
use swath_runtime::Context;
use swath_store::Freed;

/// Assignments in one hint.
const HINT_NUMBERS_MAX: usize = 500;

/// Releases the locks of the ended leases, and hints the assignments that wait for annotators again. No request waits for
/// the hints, because the hinter repeats lost ones.
pub(crate) fn announce(context: &Context, freed: &[Freed]) {
    let locks = freed.iter().filter_map(|(assignment, lease)| Some((assignment.id, (*lease)?))).collect();
    context.locks.free(locks);
    let mut waiting: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for (assignment, _) in freed.iter().filter(|(assignment, _)| assignment.status == Status::Pending) {
        let round = (assignment.team, assignment.key.job, assignment.key.round);
        waiting.entry(round).or_default().push(assignment.key.number);
    }
    if waiting.is_empty() {
        return;
    }
    let context = context.clone();
    tokio::spawn(async move {
        for ((team, job, round), numbers) in waiting {
            for numbers in numbers.chunks(HINT_NUMBERS_MAX) {
                let hint = context.hint(job, round, numbers.to_vec());
                let published = context.bus.publish(Queue::Annotate(team), hint).await;
                tracing::debug!(%job, %published, count = numbers.len(), "work is available again");
            }
        }
    });
}

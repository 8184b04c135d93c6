//! Work that was taken from somebody: the locks of its leases go, and gateways hear that it waits again.

use swath_bus::Queue;
use swath_domain::Status;
use swath_runtime::Context;
use swath_store::Freed;

/// Releases the locks of the leases that ended, and hints what waits for annotators again.
pub(crate) async fn announce(context: &Context, freed: &[Freed]) {
    let locks = freed.iter().filter_map(|(assignment, lease)| Some((assignment.id, (*lease)?))).collect();
    context.locks.free(locks);
    for (assignment, _) in freed.iter().filter(|(assignment, _)| assignment.status == Status::Pending) {
        let hint = context.hint(assignment.job, assignment.round, vec![assignment.number]);
        let published = context.bus.publish(Queue::Annotate(assignment.team), hint).await;
        tracing::debug!(assignment = %assignment.id, %published, "work waits again");
    }
}

//! Submissions: in time, late, repeated, or changed, and the reply that each must get.

use swath_checker::{Answer, Call};
use swath_domain::{ItemIndex, Stage, UserId};
use swath_gateway::Work;
use swath_store::Key;

use crate::annotate::{annotation, body, content_of, owned};
use crate::no_work::has_spoken;
use crate::person::{KnownLease, Sent};
use crate::reply::{Reply, outcome};
use crate::violation::{Checked, broken};
use crate::world::World;

impl World {
    /// Submits an assignment.
    pub async fn submit(
        &mut self,
        (person, process): (usize, usize),
        lease: usize,
        with_items: bool,
        (again, other): (bool, bool),
    ) -> Checked {
        let Some(known_lease) = self.admitted(Stage::Annotate, (person, process), lease).await? else {
            return Ok(());
        };
        let user = self.people[person].id;
        let previous = known_lease.sent.clone().filter(|_| again);
        let number = previous
            .as_ref()
            .map_or_else(|| known_lease.sent.as_ref().map_or(1, |sent| sent.number + 1), |p| p.number);
        let text = u8::from(other);
        let items: Vec<ItemIndex> = if with_items { known_lease.items.clone() } else { Vec::new() };
        let content = format!("{text} {items:?}");
        let works = items.iter().map(|index| Work { index: *index, annotation: annotation(text) }).collect();
        let good = self.must_be_good(Stage::Annotate, user, &known_lease, false)?;
        let (missing, opinion) = self.hindrances(&known_lease, user, &items)?;
        let own_stands = self.row(known_lease.assignment)?.author() == Some(user);
        let later = self.saved_later(&known_lease, user, &items)?;
        let key = Key::new(format!("submission {number}"), content.as_bytes());
        let gateway = self.processes[process].gateway.clone();
        let reply = gateway.submit(user, known_lease.lease, key, works).await.map(|handed| handed.status);
        let reply = self.classify(reply)?;
        self.tell(&("submit", person, number, &content), &reply);
        self.check_stale(known_lease.lease, &reply)?;
        let sent = items.iter().map(|item| (item.0, content_of(text))).collect();
        let call = Call::Submit {
            lease: known_lease.lease,
            id: format!("{} {number}", known_lease.lease),
            items: sent,
        };
        self.record(user, Some(known_lease.assignment), call, outcome(&reply, |_| Answer::Nothing));
        let taken = match &reply {
            Reply::Done(_) => Some(true),
            Reply::Refused(..) => Some(false),
            Reply::Unknown => None,
        };
        let known = previous.as_ref().and_then(|sent| sent.taken);
        let same = previous.as_ref().is_some_and(|sent| sent.contents.contains(&content));
        match (known, &reply) {
            (Some(true), Reply::Unknown) => return Ok(()),
            (_, Reply::Unknown) => {}
            (Some(true), Reply::Done(_)) if same => return Ok(()),
            (Some(true), Reply::Refused("conflict", _)) if !same => return Ok(()),
            (Some(true), reply) => {
                broken!("a submission was accepted, and repeated (same: {same}) got {reply:?}")
            }
            // The first answer got lost. Now it is known.
            (None, Reply::Done(_)) if previous.is_some() && same => {}
            (None, Reply::Refused(..)) if previous.is_some() => return Ok(()),
            (_, Reply::Done(_)) if !good => {
                broken!("a submission was accepted under a stale lease")
            }
            (_, Reply::Done(_)) if missing || opinion => broken!("an invalid submission was accepted"),
            (_, Reply::Done(_)) => {}
            (_, Reply::Refused("stale-lease", _)) if !good => {}
            (_, Reply::Refused("incomplete", _)) if good && missing => {}
            (_, Reply::Refused("conflict", _)) if good && opinion => {}
            (_, reply) => broken!("a submission (good: {good}, missing: {missing}) got {reply:?}"),
        }
        let kept =
            matches!(&reply, Reply::Done(_)) || matches!(&reply, Reply::Refused(..)) && (good || !own_stands);
        if kept && previous.is_none() {
            for item in items.into_iter().filter(|item| good || !later.contains(item)) {
                let stored =
                    self.look(|view| view.annotation(known_lease.assignment, user, item).map(owned))?;
                let Some(stored) = stored.filter(|(_, stored)| *stored == body(text)) else {
                    broken!("item {item} came with a submission and is not stored");
                };
                self.audit.saved.insert((known_lease.assignment, user, item), stored);
            }
        }
        let sent = Sent::after(previous, number, content, taken);
        let leases = &mut self.people[person].leases;
        if let Some(known_lease) = leases.iter_mut().find(|known| known.lease == known_lease.lease) {
            known_lease.sent = Some(sent);
        }
        Ok(())
    }

    /// Which of these items the same user has saved under a later lease. A submission under this lease must not
    /// overwrite them.
    fn saved_later(
        &self,
        known_lease: &KnownLease,
        user: UserId,
        items: &[ItemIndex],
    ) -> Checked<Vec<ItemIndex>> {
        self.look(|view| {
            let fence = |lease| view.grant(lease).map_or(0, |grant| grant.fence);
            let saved = |item: ItemIndex| view.saved_under(known_lease.assignment, user, item);
            let is_later =
                |item: &ItemIndex| saved(*item).is_some_and(|other| fence(other) > fence(known_lease.lease));
            items.iter().copied().filter(is_later).collect()
        })
    }

    /// Whether items would be missing, and whether the user has given another opinion on the range.
    fn hindrances(
        &self,
        known_lease: &KnownLease,
        user: UserId,
        items: &[ItemIndex],
    ) -> Checked<(bool, bool)> {
        self.look(|view| {
            let Some(row) = view.assignment(known_lease.assignment) else { return (true, false) };
            let has =
                |item: ItemIndex| items.contains(&item) || view.annotation(row.id, user, item).is_some();
            let missing = !row.ranges.iter().all(has);
            let rows: Vec<_> =
                view.assignments().filter(|other| other.key.job == row.key.job).cloned().collect();
            (missing, has_spoken(user, row, &rows))
        })
    }
}

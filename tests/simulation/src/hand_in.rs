//! An annotator hands in: once, late, again, with other words, and what must become of it.

use swath_checker::{Answer, Call};
use swath_domain::{Stage, UserId};
use swath_gateway::Work;
use swath_store::Key;

use crate::annotate::{Said, annotation, body, content_of, owned};
use crate::history::outcome;
use crate::no_work::has_spoken;
use crate::world::{Checked, Held, Sent, World, broken};

impl World {
    /// Hands in an assignment.
    pub async fn submit(
        &mut self,
        (person, process): (usize, usize),
        lease: usize,
        with_items: bool,
        (again, other): (bool, bool),
    ) -> Checked {
        let Some(held) = self.admitted(Stage::Annotate, (person, process), lease).await? else {
            return Ok(());
        };
        let user = self.people[person].id;
        let previous = held.sent.clone().filter(|_| again);
        let number = previous
            .as_ref()
            .map_or_else(|| held.sent.as_ref().map_or(1, |sent| sent.number + 1), |p| p.number);
        let text = u8::from(other);
        let items: Vec<i64> = if with_items { held.items.clone() } else { Vec::new() };
        let content = format!("{text} {items:?}");
        let works = items.iter().map(|index| Work { index: *index, annotation: annotation(text) }).collect();
        let good = self.must_be_good(Stage::Annotate, user, &held, false)?;
        let (missing, opinion) = self.hindrances(&held, user, &items)?;
        let own_stands = self.row(held.assignment)?.author() == Some(user);
        let later = self.saved_later(&held, user, &items)?;
        let key = Key::new(format!("submission {number}"), content.as_bytes());
        let gateway = self.processes[process].gateway.clone();
        let said = gateway.submit(user, held.lease, key, works).await.map(|handed| handed.status);
        let said = self.said(said)?;
        self.tell(&("submit", person, number, &content), &said);
        self.check_stale(held.lease, &said)?;
        let sent = items.iter().map(|item| (*item, content_of(text))).collect();
        let call = Call::Submit { lease: held.lease, id: format!("{} {number}", held.lease), items: sent };
        self.record(user, Some(held.assignment), call, outcome(&said, |_| Answer::Nothing));
        let taken = match &said {
            Said::Done(_) => Some(true),
            Said::Refused(..) => Some(false),
            Said::Unknown => None,
        };
        let known = previous.as_ref().and_then(|sent| sent.taken);
        let same = previous.as_ref().is_some_and(|sent| sent.contents.contains(&content));
        match (known, &said) {
            (Some(true), Said::Unknown) => return Ok(()),
            (_, Said::Unknown) => {}
            (Some(true), Said::Done(_)) if same => return Ok(()),
            (Some(true), Said::Refused("conflict", _)) if !same => return Ok(()),
            (Some(true), said) => {
                broken!("a submission was taken, and sent again (same: {same}) heard {said:?}")
            }
            // A first answer that got lost is found out now, whatever it was.
            (None, Said::Done(_)) if previous.is_some() && same => {}
            (None, Said::Refused(..)) if previous.is_some() => return Ok(()),
            (_, Said::Done(_)) if !good => {
                broken!("a submission was taken under a lease that does not stand")
            }
            (_, Said::Done(_)) if missing || opinion => broken!("a submission was taken that must not be"),
            (_, Said::Done(_)) => {}
            (_, Said::Refused("stale-lease", _)) if !good => {}
            (_, Said::Refused("incomplete", _)) if good && missing => {}
            (_, Said::Refused("conflict", _)) if good && opinion => {}
            (_, said) => broken!("a submission (good: {good}, missing: {missing}) heard {said:?}"),
        }
        let kept =
            matches!(&said, Said::Done(_)) || matches!(&said, Said::Refused(..)) && (good || !own_stands);
        if kept && previous.is_none() {
            for item in items.into_iter().filter(|item| good || !later.contains(item)) {
                let stored = self.look(|view| view.annotation(held.assignment, user, item).map(owned))?;
                let Some(stored) = stored.filter(|(_, stored)| *stored == body(text)) else {
                    broken!("item {item} came with a submission and is not kept");
                };
                self.audit.saved.insert((held.assignment, user, item), stored);
            }
        }
        let sent = Sent::after(previous, number, content, taken);
        let leases = &mut self.people[person].leases;
        if let Some(held) = leases.iter_mut().find(|known| known.lease == held.lease) {
            held.sent = Some(sent);
        }
        Ok(())
    }

    /// Which of these items the same person has saved under a later lease: what comes under this one must not go over it.
    fn saved_later(&self, held: &Held, user: UserId, items: &[i64]) -> Checked<Vec<i64>> {
        self.look(|view| {
            let fence = |lease| view.grant(lease).map_or(0, |grant| grant.fence);
            let saved = |item: i64| view.saved_under(held.assignment, user, item);
            let is_later = |item: &i64| saved(*item).is_some_and(|other| fence(other) > fence(held.lease));
            items.iter().copied().filter(is_later).collect()
        })
    }

    /// Whether items would be missing, and whether the person has another opinion on the range.
    fn hindrances(&self, held: &Held, user: UserId, items: &[i64]) -> Checked<(bool, bool)> {
        self.look(|view| {
            let Some(row) = view.assignment(held.assignment) else { return (true, false) };
            let has = |item: i64| items.contains(&item) || view.annotation(row.id, user, item).is_some();
            let missing = !row.ranges.iter().all(has);
            let rows: Vec<_> =
                view.assignments().filter(|other| other.key.job == row.key.job).cloned().collect();
            (missing, has_spoken(user, row, &rows))
        })
    }
}

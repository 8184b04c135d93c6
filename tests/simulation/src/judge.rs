//! What reviewers do, and which replies they must get.

use std::collections::BTreeMap;

use swath_checker::{Answer, Call};
use swath_domain::review::Verdict;
use swath_domain::{Assignment, AssignmentId, ItemIndex, Role, Round, Stage, Status};
use swath_store::{Key, VerdictRow, View};

use crate::person::Sent;
use crate::reply::{Reply, outcome};
use crate::violation::{Checked, broken};
use crate::world::World;

impl World {
    /// Saves a verdict on one item.
    pub async fn judge(
        &mut self,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        reject: bool,
    ) -> Checked {
        let Some(known_lease) = self.admitted(Stage::Review, (person, process), lease).await? else {
            return Ok(());
        };
        let user = self.people[person].id;
        let good = self.must_be_good(Stage::Review, user, &known_lease, true)?;
        let item = known_lease.items[item % known_lease.items.len()];
        let verdict = if reject { Verdict::Reject } else { Verdict::Accept };
        // Some verdicts name the first figure, even if the item has none.
        let named = (0..u32::from(reject && item.0 % 2 == 0)).collect();
        let row = VerdictRow { figures: named, ..VerdictRow::plain(item, verdict) };
        let fits = row.figures.is_empty() || self.shows_a_figure(known_lease.assignment, item)?;
        let answer = self.processes[process].review.clone().judge(user, known_lease.lease, row.clone()).await;
        let reply = self.classify(answer)?;
        self.tell(&("judge", person, item, reject), &reply);
        let call = Call::Judge { lease: known_lease.lease, item: item.0, accept: !reject };
        self.record(user, Some(known_lease.assignment), call, outcome(&reply, |()| Answer::Nothing));
        if matches!(reply, Reply::Done(())) {
            let submission = self.row(known_lease.assignment)?.submission_id();
            let stored = self.look(|view| submission.and_then(|of| view.verdict(of, user, item)))?;
            if stored.as_ref() != Some(&row) {
                broken!("the verdict {row:?} was accepted and is stored as {stored:?}");
            }
        }
        match &reply {
            Reply::Refused("invalid", _) if !fits => Ok(()),
            Reply::Done(()) if !fits => broken!("a verdict that names a missing figure was accepted"),
            reply => self.check_good("a verdict", &known_lease, good, reply),
        }
    }

    /// True if the submitted item has a figure.
    fn shows_a_figure(&self, assignment: AssignmentId, item: ItemIndex) -> Checked<bool> {
        let author = self.row(assignment)?.author();
        let body =
            |view: View<'_>| view.annotation(assignment, author?, item).map(|(_, body)| body.to_owned());
        Ok(self.look(body)?.is_some_and(|body| body.contains("\"class\"")))
    }

    /// Decides a review.
    pub async fn decide(
        &mut self,
        (person, process): (usize, usize),
        lease: usize,
        rest: bool,
        again: bool,
    ) -> Checked {
        let Some(known_lease) = self.admitted(Stage::Review, (person, process), lease).await? else {
            return Ok(());
        };
        let user = self.people[person].id;
        let previous = known_lease.sent.clone().filter(|_| again);
        let number = previous
            .as_ref()
            .map_or_else(|| known_lease.sent.as_ref().map_or(1, |sent| sent.number + 1), |p| p.number);
        let content = format!("{rest}");
        let good = self.must_be_good(Stage::Review, user, &known_lease, false)?;
        let before = self.row(known_lease.assignment)?;
        let verdicts: Vec<VerdictRow> = self.look(|view| {
            let verdict = |item| before.submission_id().and_then(|of| view.verdict(of, user, item));
            before.ranges.iter().filter_map(verdict).collect()
        })?;
        let missing = !rest && (verdicts.len() as i64) < before.items;
        let key = Key::new(format!("decision {number}"), content.as_bytes());
        let review = self.processes[process].review.clone();
        let answer = review.decide(user, known_lease.lease, key, Vec::new(), rest).await;
        let answer = answer.map(|decided| (decided.status, decided.rework));
        let reply = self.classify(answer)?;
        self.tell(&("decide", person, number, rest), &reply);
        self.check_stale(known_lease.lease, &reply)?;
        let call = Call::Decide { lease: known_lease.lease, verdicts: Vec::new() };
        let answer = |(status, rework): &(_, _)| Answer::Decided { status: *status, rework: *rework };
        self.record(user, Some(known_lease.assignment), call, outcome(&reply, answer));
        let known = previous.as_ref().and_then(|sent| sent.taken);
        let same = previous.as_ref().is_some_and(|sent| sent.contents.contains(&content));
        match (known, &reply) {
            (Some(true), Reply::Unknown) => return Ok(()),
            (_, Reply::Unknown) => {}
            (Some(true), Reply::Done(_)) if same => return Ok(()),
            (Some(true), Reply::Refused("conflict", _)) if !same => return Ok(()),
            (Some(true), reply) => {
                broken!("a decision was accepted, and repeated (same: {same}) got {reply:?}")
            }
            (None, Reply::Done(_)) if previous.is_some() && same && !good => {}
            (None, Reply::Refused(..)) if previous.is_some() => return Ok(()),
            (_, Reply::Done(_)) if !good || missing => broken!("an invalid decision was accepted"),
            (_, Reply::Done((status, rework))) => {
                let rejected = verdicts.iter().filter(|row| row.verdict == Verdict::Reject);
                let rejected: Vec<ItemIndex> = rejected.map(|row| row.item).collect();
                self.check_rework(*status, *rework, &before, &rejected)?;
                self.check_shown(&before, verdicts).await?;
            }
            (_, Reply::Refused("stale-lease", _)) if !good => {}
            (_, Reply::Refused("incomplete", _)) if good && missing => {}
            (_, reply) => broken!("a decision (good: {good}, missing: {missing}) got {reply:?}"),
        }
        let taken = match &reply {
            Reply::Done(_) => Some(true),
            Reply::Refused(..) => Some(false),
            Reply::Unknown => None,
        };
        let reviews = &mut self.people[person].reviews;
        if let Some(known_lease) = reviews.iter_mut().find(|known| known.lease == known_lease.lease) {
            known_lease.sent = Some(Sent::after(previous, number, content, taken));
        }
        Ok(())
    }

    /// The next round shows the verdicts of the reviewer who decided, including those on accepted items, and no
    /// verdicts of others.
    async fn check_shown(&self, of: &Assignment, given: Vec<VerdictRow>) -> Checked {
        let Some(submission) = of.submission_id() else { return Ok(()) };
        let mut all: BTreeMap<ItemIndex, VerdictRow> =
            of.ranges.iter().map(|item| (item, VerdictRow::plain(item, Verdict::Accept))).collect();
        all.extend(given.into_iter().map(|row| (row.item, row)));
        let store = &self.processes[0].context.store;
        let shown = store.deciding_verdicts(of.id, submission, ItemIndex::EVERY).await;
        let shown = shown.or_else(|error| broken!("the verdicts on {} cannot be read: {error}", of.id))?;
        if !shown.iter().eq(all.values()) {
            broken!("{all:?} decided {}, and the next round shows {shown:?}", of.id);
        }
        Ok(())
    }

    /// Exactly the rejected items are redone. The rework is reserved for its author if they still annotate; after the
    /// last round it needs a manager.
    fn check_rework(
        &self,
        status: Status,
        rework: Option<AssignmentId>,
        before: &Assignment,
        rejected: &[ItemIndex],
    ) -> Checked {
        let expected = if rejected.is_empty() { Status::Accepted } else { Status::Rejected };
        if status != expected || rework.is_some() == rejected.is_empty() {
            broken!("{rejected:?} were rejected: {status:?} with {rework:?}");
        }
        let Some(rework) = rework else { return Ok(()) };
        let (child, policy) = (self.row(rework)?, self.job(before.key.job)?.lease_policy);
        let items: Vec<ItemIndex> = child.ranges.iter().collect();
        let kin = (child.parent, child.key.round, child.key.number, child.key.slot);
        if items != rejected
            || kin != (Some(before.id), Round(before.key.round.0 + 1), before.key.number, before.key.slot)
        {
            broken!("{rejected:?} were rejected and became {child:?}");
        }
        let author = before.author();
        let stays = author.map(|author| self.roles(author)).transpose()?;
        let author = author.filter(|_| stays.is_some_and(|roles| roles.has(Role::Annotator)));
        let reserved = child.reserved_for() == author
            && (author.is_none()
                || child.reservation.is_some_and(|kept| kept.until == self.now() + policy.reserve));
        if !reserved || child.needs_manager != (child.key.round.0 > policy.rounds) {
            broken!("rework is not offered as it should be: {child:?}");
        }
        Ok(())
    }
}

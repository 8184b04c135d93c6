//! What reviewers do, and what they must be answered.

use std::collections::BTreeMap;

use swath_checker::{Answer, Call};
use swath_domain::review::Verdict;
use swath_domain::{Assignment, AssignmentId, Role, Stage, Status};
use swath_store::{Key, VerdictRow, View};

use crate::annotate::Said;
use crate::history::outcome;
use crate::world::{Checked, Sent, World, broken};

impl World {
    /// Saves a verdict on one item.
    pub async fn judge(
        &mut self,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        reject: bool,
    ) -> Checked {
        let Some(held) = self.admitted(Stage::Review, (person, process), lease).await? else { return Ok(()) };
        let user = self.people[person].id;
        let good = self.must_be_good(Stage::Review, user, &held, true)?;
        let item = held.items[item % held.items.len()];
        let verdict = if reject { Verdict::Reject } else { Verdict::Accept };
        // Some name the first figure, also where the item shows none.
        let named = (0..u32::from(reject && item % 2 == 0)).collect();
        let row = VerdictRow { figures: named, ..VerdictRow::plain(item, verdict) };
        let fits = row.figures.is_empty() || self.shows_a_figure(held.assignment, item)?;
        let answer = self.processes[process].review.clone().judge(user, held.lease, row.clone()).await;
        let said = self.said(answer)?;
        self.tell(&("judge", person, item, reject), &said);
        let call = Call::Judge { lease: held.lease, item, accept: !reject };
        self.record(user, Some(held.assignment), call, outcome(&said, |()| Answer::Nothing));
        if matches!(said, Said::Done(())) {
            let submission = self.row(held.assignment)?.submission_id();
            let stored = self.look(|view| submission.and_then(|of| view.verdict(of, user, item)))?;
            if stored.as_ref() != Some(&row) {
                broken!("{row:?} was taken and is {stored:?}");
            }
        }
        match &said {
            Said::Refused("invalid", _) if !fits => Ok(()),
            Said::Done(()) if !fits => broken!("a verdict was taken that names a figure which is not there"),
            said => self.check_good("a verdict", &held, good, said),
        }
    }

    /// Whether what was handed in shows a figure on this item.
    fn shows_a_figure(&self, assignment: AssignmentId, item: i64) -> Checked<bool> {
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
        let Some(held) = self.admitted(Stage::Review, (person, process), lease).await? else { return Ok(()) };
        let user = self.people[person].id;
        let previous = held.sent.clone().filter(|_| again);
        let number = previous
            .as_ref()
            .map_or_else(|| held.sent.as_ref().map_or(1, |sent| sent.number + 1), |p| p.number);
        let content = format!("{rest}");
        let good = self.must_be_good(Stage::Review, user, &held, false)?;
        let before = self.row(held.assignment)?;
        let verdicts: Vec<VerdictRow> = self.look(|view| {
            let verdict = |item| before.submission_id().and_then(|of| view.verdict(of, user, item));
            before.ranges.iter().filter_map(verdict).collect()
        })?;
        let missing = !rest && (verdicts.len() as i64) < before.items;
        let key = Key::new(format!("decision {number}"), content.as_bytes());
        let review = self.processes[process].review.clone();
        let answer = review.decide(user, held.lease, key, Vec::new(), rest).await;
        let answer = answer.map(|decided| (decided.status, decided.rework));
        let said = self.said(answer)?;
        self.tell(&("decide", person, number, rest), &said);
        self.check_stale(held.lease, &said)?;
        let call = Call::Decide { lease: held.lease, verdicts: Vec::new() };
        let answer = |(status, rework): &(_, _)| Answer::Decided { status: *status, rework: *rework };
        self.record(user, Some(held.assignment), call, outcome(&said, answer));
        let known = previous.as_ref().and_then(|sent| sent.taken);
        let same = previous.as_ref().is_some_and(|sent| sent.contents.contains(&content));
        match (known, &said) {
            (Some(true), Said::Unknown) => return Ok(()),
            (_, Said::Unknown) => {}
            (Some(true), Said::Done(_)) if same => return Ok(()),
            (Some(true), Said::Refused("conflict", _)) if !same => return Ok(()),
            (Some(true), said) => {
                broken!("a decision was taken, and sent again (same: {same}) heard {said:?}")
            }
            (None, Said::Done(_)) if previous.is_some() && same && !good => {}
            (None, Said::Refused(..)) if previous.is_some() => return Ok(()),
            (_, Said::Done(_)) if !good || missing => broken!("a decision was taken that must not be"),
            (_, Said::Done((status, rework))) => {
                let rejected = verdicts.iter().filter(|row| row.verdict == Verdict::Reject);
                let rejected: Vec<i64> = rejected.map(|row| row.item).collect();
                self.check_rework(*status, *rework, &before, &rejected)?;
                self.check_told(&before, verdicts).await?;
            }
            (_, Said::Refused("stale-lease", _)) if !good => {}
            (_, Said::Refused("incomplete", _)) if good && missing => {}
            (_, said) => broken!("a decision (good: {good}, missing: {missing}) heard {said:?}"),
        }
        let taken = match &said {
            Said::Done(_) => Some(true),
            Said::Refused(..) => Some(false),
            Said::Unknown => None,
        };
        let reviews = &mut self.people[person].reviews;
        if let Some(held) = reviews.iter_mut().find(|known| known.lease == held.lease) {
            held.sent = Some(Sent::after(previous, number, content, taken));
        }
        Ok(())
    }

    /// The next round is told what the reviewer who decided has said of each item, where the rest was accepted too, and
    /// nothing that others have said.
    async fn check_told(&self, of: &Assignment, given: Vec<VerdictRow>) -> Checked {
        let Some(submission) = of.submission_id() else { return Ok(()) };
        let mut all: BTreeMap<i64, VerdictRow> =
            of.ranges.iter().map(|item| (item, VerdictRow::plain(item, Verdict::Accept))).collect();
        all.extend(given.into_iter().map(|row| (row.item, row)));
        let store = &self.processes[0].context.store;
        let told = store.deciding_verdicts(of.id, submission, 0..=i64::MAX).await;
        let told = told.or_else(|error| broken!("the verdicts on {} cannot be read: {error}", of.id))?;
        if !told.iter().eq(all.values()) {
            broken!("{all:?} decided {}, and the next round is told {told:?}", of.id);
        }
        Ok(())
    }

    /// Exactly what was rejected comes back, for its author first if they still annotate, and after the last round for
    /// nobody.
    fn check_rework(
        &self,
        status: Status,
        rework: Option<AssignmentId>,
        before: &Assignment,
        rejected: &[i64],
    ) -> Checked {
        let expected = if rejected.is_empty() { Status::Accepted } else { Status::Rejected };
        if status != expected || rework.is_some() == rejected.is_empty() {
            broken!("{rejected:?} were rejected: {status:?} with {rework:?}");
        }
        let Some(rework) = rework else { return Ok(()) };
        let (child, policy) = (self.row(rework)?, self.job(before.key.job)?.lease_policy);
        let items: Vec<i64> = child.ranges.iter().collect();
        let kin = (child.parent, child.key.round, child.key.number, child.key.slot);
        if items != rejected
            || kin != (Some(before.id), before.key.round + 1, before.key.number, before.key.slot)
        {
            broken!("{rejected:?} were rejected and became {child:?}");
        }
        let author = before.author();
        let stays = author.map(|author| self.roles(author)).transpose()?;
        let author = author.filter(|_| stays.is_some_and(|roles| roles.has(Role::Annotator)));
        let reserved = child.reserved_for() == author
            && (author.is_none()
                || child.reservation.is_some_and(|kept| kept.until == self.now() + policy.reserve));
        if !reserved || child.needs_manager != (child.key.round > policy.rounds) {
            broken!("rework is not offered as it should be: {child:?}");
        }
        Ok(())
    }
}

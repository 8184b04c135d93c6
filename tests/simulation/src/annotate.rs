//! What annotators do, and which replies they must get. Submissions are in [`crate::hand_in`].

use std::collections::BTreeSet;
use std::time::Duration;

use swath_api::leases::{LeaseDocument, LeaseRequest, ReleaseRequest};
use swath_checker::{Answer, Call, Content};
use swath_domain::job::JobStatus;
use swath_domain::labels::{Annotation, Figure, Geometry, Shape, Skip, Tag};
use swath_domain::time::seconds;
use swath_domain::{Assignment, ItemIndex, JobId, LeaseId, Ranges, Stage, Status, UserId};
use swath_gateway::Work;
use swath_leasing::Ask;
use swath_runtime::Problem;
use swath_store::{Key, OwnWorkOf, View};

use crate::person::{Asked, KnownLease};
use crate::reply::{Reply, outcome};
use crate::violation::{Checked, Violation, broken};
use crate::world::World;

/// How old a gateway's list of open jobs may be.
const JOB_LIST_AGE_MAX: Duration = Duration::from_secs(1);

impl World {
    /// Classifies a reply. An unknown outcome is only allowed if a commit was made to fail.
    pub fn classify<T>(&mut self, answer: Result<T, Problem>) -> Checked<Reply<T>> {
        let hit = self.was_hit();
        match answer {
            Ok(answer) => Ok(Reply::Done(answer)),
            Err(problem) if problem.code == "unavailable" && hit => Ok(Reply::Unknown),
            Err(problem) if matches!(problem.code, "unavailable" | "internal") => {
                broken!("{} although no fault was injected: {}", problem.code, problem.detail)
            }
            Err(problem) => {
                let reason = problem.more.get("reason").map(ToString::to_string).unwrap_or_default();
                Ok(Reply::Refused(problem.code, reason.trim_matches('"').to_owned()))
            }
        }
    }

    /// Asks for work, or for a review.
    pub async fn ask(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        job: Option<usize>,
        again: bool,
    ) -> Checked {
        if !self.is_believed(stage, person) {
            return self.ask_in_vain(stage, (person, process)).await;
        }
        let user = self.people[person].id;
        let mut job = job.map(|number| self.jobs[number]);
        let mut expected = None;
        let now = self.now();
        let asks = &mut self.people[person];
        let (key, at) = match (&asks.asked, again, stage) {
            (Some(asked), true, Stage::Annotate) => {
                // First answers are kept for at least a day.
                let kept = (now - asked.at).abs() < seconds(24 * 3_600);
                (job, expected) = (asked.job, asked.lease.filter(|_| kept));
                (asked.key, asked.at)
            }
            _ => {
                asks.keys += 1;
                (asks.keys, now)
            }
        };
        let holds = self.leased_to(stage, user, job)?;
        let text = format!("key {key}");
        let request = LeaseRequest { team: None, job };
        let ask = Ask {
            caller: self.people[person].caller.clone(),
            request,
            key: Some(Key::new(text, &bytes(job))),
        };
        let answer = match stage {
            Stage::Annotate => self.processes[process].gateway.ask(ask).await,
            Stage::Review => self.processes[process].review.ask(ask).await,
        };
        let reply = self.classify(answer)?;
        self.tell(&(stage, person, job, again), &brief(&reply));
        self.note_late(user)?;
        let assignment = reply.done().map(|outcome| outcome.lease.assignment.id);
        self.record(user, assignment, Call::Ask { stage }, outcome(&reply, given));
        let given = match &reply {
            Reply::Done(outcome) => {
                self.mark(outcome.lease.lease_id.0);
                let lease = &outcome.lease;
                if let Some(first) = expected
                    && first != lease.lease_id
                {
                    broken!("the same key gave {first} before, and now {}", lease.lease_id);
                }
                // If the first answer got lost, the key may name an old lease.
                if expected.is_none() && (outcome.is_new || !again) {
                    self.check_given(stage, user, lease, outcome.is_new, &holds)?;
                }
                self.remember(stage, person, lease);
                Some(lease.lease_id)
            }
            Reply::Refused("no-work", _) => {
                if let Some(first) = expected {
                    broken!("the same key gave {first} before, and now nothing");
                }
                self.check_no_work(stage, user, job, &holds)?;
                None
            }
            Reply::Refused(code, reason) => broken!("a request for work was refused: {code} {reason}"),
            Reply::Unknown => None,
        };
        if stage == Stage::Annotate {
            self.people[person].asked = Some(Asked { key, job, lease: given.or(expected), at });
        }
        Ok(())
    }

    /// The assignments under a lease of the user, current or expired.
    fn leased_to(&self, stage: Stage, user: UserId, job: Option<JobId>) -> Checked<Vec<Assignment>> {
        self.look(|view| {
            let mine = view.assignments().filter(|row| {
                row.holder() == Some(user)
                    && row.status == stage.leased()
                    && job.is_none_or(|job| row.key.job == job)
            });
            mine.cloned().collect()
        })
    }

    fn check_given(
        &self,
        stage: Stage,
        user: UserId,
        lease: &LeaseDocument,
        is_new: bool,
        holds: &[Assignment],
    ) -> Checked {
        let row = self.row(lease.assignment.id)?;
        if row.lease_state(stage, user, lease.lease_id).is_none() || row.status != stage.leased() {
            broken!("{user} was given {} and the row says {row:?}", lease.lease_id);
        }
        if holds.is_empty() != is_new && !holds.is_empty() {
            broken!("{user} holds {holds:?} and was given more: {row:?}");
        }
        let (now, job) = (self.now(), self.job(row.key.job)?);
        if is_new
            && job.status != JobStatus::Active
            && self.switched[&row.key.job].elapsed() > JOB_LIST_AGE_MAX
        {
            broken!("granted from a job that is {:?}", job.status);
        }
        let items: Vec<ItemIndex> = lease.assignment.items.iter().map(|item| ItemIndex(item.index)).collect();
        if items != row.ranges.iter().collect::<Vec<_>>() {
            broken!("the lease shows {items:?} of {row:?}");
        }
        let others = row.reserved_for().is_some_and(|person| person != user) && row.is_reserved_after(now);
        if is_new && stage == Stage::Annotate && (others || row.needs_manager) {
            broken!("work was granted although it is reserved or waits for a manager: {row:?}");
        }
        Ok(())
    }

    pub(crate) fn job(&self, id: JobId) -> Checked<swath_domain::job::Job> {
        let job = self.look(|view| view.jobs().find(|job| job.id == id).cloned())?;
        job.ok_or_else(|| Violation(format!("{id} is gone")))
    }

    fn remember(&mut self, stage: Stage, person: usize, lease: &LeaseDocument) {
        let person = &mut self.people[person];
        let known = if stage == Stage::Annotate { &mut person.leases } else { &mut person.reviews };
        if known.iter().any(|known_lease| known_lease.lease == lease.lease_id) {
            return;
        }
        let items = lease.assignment.items.iter().map(|item| ItemIndex(item.index)).collect();
        let (lease, assignment) = (lease.lease_id, lease.assignment.id);
        known.push_front(KnownLease { lease, assignment, items, sent: None });
        known.truncate(4);
    }

    /// True if a call under this lease must succeed: it is on the assignment, and if it has expired it can be
    /// revived.
    pub(crate) fn must_be_good(
        &self,
        stage: Stage,
        user: UserId,
        known_lease: &KnownLease,
        revives: bool,
    ) -> Checked<bool> {
        let row = self.row(known_lease.assignment)?;
        let standing = row.lease_id() == Some(known_lease.lease) && row.holder() == Some(user);
        if !standing || !(row.status == stage.leased() || row.status == stage.waiting()) {
            return Ok(false);
        }
        if !revives
            || row.status == stage.leased() && row.lease.is_some_and(|lease| self.now() < lease.deadline)
        {
            return Ok(true);
        }
        let elsewhere =
            self.leased_to(stage, user, Some(row.key.job))?.iter().any(|other| other.id != row.id);
        Ok(row.lease.is_some_and(|lease| self.now() < lease.deadline) && !elsewhere)
    }

    /// Saves one item.
    pub async fn confirm(
        &mut self,
        (person, process): (usize, usize),
        lease: usize,
        item: usize,
        text: u8,
    ) -> Checked {
        let Some(known_lease) = self.admitted(Stage::Annotate, (person, process), lease).await? else {
            return Ok(());
        };
        let user = self.people[person].id;
        let good = self.must_be_good(Stage::Annotate, user, &known_lease, true)?;
        let index = known_lease.items[item % known_lease.items.len()];
        let before = self.look(|view| view.annotation(known_lease.assignment, user, index).map(owned))?;
        let gateway = self.processes[process].gateway.clone();
        let answer = gateway
            .save_item(user, known_lease.lease, Work { index, annotation: annotation(text) }, None)
            .await;
        let reply = self.classify(answer)?;
        self.tell(&("confirm", person, index, text), &reply);
        let call = Call::Confirm { lease: known_lease.lease, item: index.0, content: content_of(text) };
        self.record(
            user,
            Some(known_lease.assignment),
            call,
            outcome(&reply, |revision| Answer::Saved { revision: *revision }),
        );
        match reply {
            Reply::Done(revision) if good => {
                let body = body(text);
                let same = before.as_ref().is_some_and(|(_, old)| *old == body);
                let expected = before.map_or(0, |(revision, _)| revision) + i64::from(!same);
                if revision != expected {
                    broken!("revision {revision} instead of {expected}");
                }
                self.audit.saved.insert((known_lease.assignment, user, index), (revision, body));
                Ok(())
            }
            reply => self.check_good("confirm", &known_lease, good, &reply),
        }
    }

    /// Renews a lease or a review.
    pub async fn renew(&mut self, stage: Stage, (person, process): (usize, usize), lease: usize) -> Checked {
        let Some(known_lease) = self.admitted(stage, (person, process), lease).await? else { return Ok(()) };
        let user = self.people[person].id;
        let good = self.must_be_good(stage, user, &known_lease, true)?;
        let before = self.row(known_lease.assignment)?;
        let process = &self.processes[process];
        let leases =
            if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let answer = leases.renew(known_lease.lease, user).await;
        let reply = self.classify(answer)?;
        self.tell(&("renew", stage, person), &reply);
        let call = Call::Renew { lease: known_lease.lease };
        self.record(user, Some(known_lease.assignment), call, outcome(&reply, |_| Answer::Nothing));
        if let Reply::Done(renewed) = &reply {
            let row = self.row(known_lease.assignment)?;
            let policy = self.job(row.key.job)?.lease_policy;
            let most =
                (self.now() + policy.lease).min(row.lease.map(|lease| lease.deadline).unwrap_or_default());
            let enough = (most - row.expires().unwrap_or_default()) * 4 < policy.lease;
            if renewed.expires_at != row.expires().unwrap_or_default()
                || row.expires().unwrap_or_default() < before.expires().unwrap_or_default()
                    && before.status == stage.leased()
                || row.expires().unwrap_or_default() > most.max(before.expires().unwrap_or_default())
                || !enough
            {
                broken!("renewed until {:?}, and the row says {row:?}", renewed.expires_at);
            }
            self.check_own_work(user, known_lease.lease).await?;
        }
        self.check_good("renew", &known_lease, good, &reply)
    }

    /// A user's own work lists every current lease and no other.
    async fn check_own_work(&self, person: UserId, renewed: LeaseId) -> Checked {
        let now = self.now();
        let of = OwnWorkOf { user: person, teams: vec![self.team], now, since: now };
        let work = self.processes[0].context.store.own_work(&of).await;
        let work = work.or_else(|error| broken!("the work of {person} cannot be read: {error}"))?;
        let is_current = |row: &Assignment| {
            row.holder() == Some(person)
                && row.lease_id().is_some()
                && row.expires().unwrap_or_default() > now
                && matches!(row.status, Status::InProgress | Status::InReview)
        };
        let current = |view: View<'_>| {
            view.assignments().filter(|row| is_current(row)).filter_map(|row| row.lease_id()).collect()
        };
        let current: BTreeSet<LeaseId> = self.look(current)?;
        let listed: BTreeSet<_> = work.held.iter().filter_map(|row| row.lease).map(LeaseId).collect();
        if listed != current || !listed.contains(&renewed) {
            broken!("{person} has renewed {renewed}, holds {current:?} and the store lists {listed:?}");
        }
        Ok(())
    }

    /// Releases a lease or a review.
    pub async fn release(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        lease: usize,
    ) -> Checked {
        let Some(known_lease) = self.admitted(stage, (person, process), lease).await? else { return Ok(()) };
        let user = self.people[person].id;
        let good = self.must_be_good(stage, user, &known_lease, false)?;
        let process = &self.processes[process];
        let leases =
            if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let released = self.look(|view| view.grant(known_lease.lease).and_then(|grant| grant.ended))?;
        let answer = leases.release(known_lease.lease, user, ReleaseRequest::default()).await;
        let reply = self.classify(answer)?;
        self.tell(&("release", stage, person), &reply);
        let call = Call::Release { lease: known_lease.lease };
        self.record(user, Some(known_lease.assignment), call, outcome(&reply, |()| Answer::Nothing));
        let again = released == Some(swath_domain::LeaseEnd::Released);
        if matches!(reply, Reply::Done(()))
            && !again
            && self.row(known_lease.assignment)?.lease_id() == Some(known_lease.lease)
        {
            broken!("a released lease is still on its assignment");
        }
        self.check_good("release", &known_lease, good || again, &reply)
    }

    /// A call under a lease succeeds exactly if the lease is good.
    pub(crate) fn check_good<T: std::fmt::Debug>(
        &self,
        what: &str,
        known_lease: &KnownLease,
        good: bool,
        reply: &Reply<T>,
    ) -> Checked {
        self.check_stale(known_lease.lease, reply)?;
        match reply {
            Reply::Unknown => Ok(()),
            Reply::Done(_) if good => Ok(()),
            Reply::Refused("stale-lease", _) if !good => Ok(()),
            reply => broken!("{what} under a lease (good: {good}) got {reply:?}"),
        }
    }

    /// A lease that the user knows of.
    pub fn lease(&self, person: usize, nth: usize) -> Option<KnownLease> {
        self.known_lease(Stage::Annotate, person, nth)
    }

    pub(crate) fn known_lease(&self, stage: Stage, person: usize, nth: usize) -> Option<KnownLease> {
        let person = &self.people[person];
        let known = if stage == Stage::Annotate { &person.leases } else { &person.reviews };
        (!known.is_empty()).then(|| known[nth % known.len()].clone())
    }
}

pub(crate) fn owned((revision, body): (i64, &str)) -> (i64, String) {
    (revision, body.to_owned())
}

fn brief(reply: &Reply<swath_leasing::Outcome>) -> String {
    match reply {
        Reply::Done(outcome) => format!("{} {}", outcome.lease.lease_id, outcome.lease.assignment.number),
        Reply::Refused(code, reason) => format!("{code} {reason}"),
        Reply::Unknown => "unknown".into(),
    }
}

fn bytes(job: Option<JobId>) -> Vec<u8> {
    job.map(|job| job.0.as_bytes().to_vec()).unwrap_or_default()
}

/// An annotation with a figure, with only a tag, or a skipped one.
pub(crate) fn annotation(text: u8) -> Annotation {
    let tag = Tag { name: "seen".into(), value: None };
    match text {
        0 => Annotation { figures: vec![thing()], ..Annotation::default() },
        1 => Annotation { tags: vec![tag], ..Annotation::default() },
        _ => Annotation { skip: Some(Skip { reason: "blurred".into() }), ..Annotation::default() },
    }
}

fn thing() -> Figure {
    let geometry = Geometry::Rectangle { x: 1.0, y: 1.0, width: 8.0, height: 8.0 };
    Figure { class: "thing".into(), shape: Shape::Rectangle, geometry, tags: Vec::new() }
}

/// The content of an annotation, as the checker knows it.
pub(crate) fn content_of(text: u8) -> Content {
    Content::of(&serde_json::to_value(annotation(text)).unwrap_or_default())
}

/// A granted lease, as the history records it.
fn given(outcome: &swath_leasing::Outcome) -> Answer {
    let lease = &outcome.lease;
    let items = Ranges::of_items(lease.assignment.items.iter().map(|item| ItemIndex(item.index)));
    Answer::Lease { lease: lease.lease_id, fence: lease.fence, ranges: items.as_slice().to_vec() }
}

pub(crate) fn body(text: u8) -> String {
    serde_json::to_string(&annotation(text)).unwrap_or_default()
}

//! What annotators do, and what they must be answered; how they hand in is in [`crate::hand_in`].

use std::collections::BTreeSet;
use std::time::Duration;

use swath_api::leases::{LeaseDocument, LeaseRequest, ReleaseRequest};
use swath_checker::{Answer, Call, Content};
use swath_domain::job::JobStatus;
use swath_domain::labels::{Annotation, Figure, Geometry, Shape, Skip, Tag};
use swath_domain::time::seconds;
use swath_domain::{Assignment, JobId, LeaseId, Ranges, Stage, Status, UserId};
use swath_gateway::Work;
use swath_leasing::Ask;
use swath_runtime::Problem;
use swath_store::{Key, OwnWorkOf, View};

use crate::history::outcome;
use crate::world::{Asked, Checked, Held, World, broken};

/// How old a gateway's list of open jobs may be.
const LISTED: Duration = Duration::from_secs(1);

/// How an answer reads.
#[derive(Debug)]
pub enum Said<T> {
    /// It was done.
    Done(T),
    /// It was refused: code and reason.
    Refused(&'static str, String),
    /// Nobody knows.
    Unknown,
}

impl<T> Said<T> {
    /// What was done, if it was.
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(done) => Some(done),
            _ => None,
        }
    }
}

impl World {
    /// Sorts an answer; "nobody knows" is only right where a commit was made to fail.
    pub fn said<T>(&mut self, answer: Result<T, Problem>) -> Checked<Said<T>> {
        let hit = self.was_hit();
        match answer {
            Ok(answer) => Ok(Said::Done(answer)),
            Err(problem) if problem.code == "unavailable" && hit => Ok(Said::Unknown),
            Err(problem) if matches!(problem.code, "unavailable" | "internal") => {
                broken!("{} without a cause: {}", problem.code, problem.detail)
            }
            Err(problem) => {
                let reason = problem.more.get("reason").map(ToString::to_string).unwrap_or_default();
                Ok(Said::Refused(problem.code, reason.trim_matches('"').to_owned()))
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
                // First answers are kept for a day at least, and nobody promises more.
                let kept = (now - asked.at).abs() < seconds(24 * 3_600);
                (job, expected) = (asked.job, asked.lease.filter(|_| kept));
                (asked.key, asked.at)
            }
            _ => {
                asks.keys += 1;
                (asks.keys, now)
            }
        };
        let holds = self.held_by(stage, user, job)?;
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
        let said = self.said(answer)?;
        self.tell(&(stage, person, job, again), &said_briefly(&said));
        self.note_late(user)?;
        let assignment = said.done().map(|outcome| outcome.lease.assignment.id);
        self.record(user, assignment, Call::Ask { stage }, outcome(&said, given));
        let given = match &said {
            Said::Done(outcome) => {
                self.mark(outcome.lease.lease_id.0);
                let lease = &outcome.lease;
                if let Some(first) = expected
                    && first != lease.lease_id
                {
                    broken!("the same key gave {first}, and now {}", lease.lease_id);
                }
                // Under a key whose first answer got lost it may be an old lease, which is right.
                if expected.is_none() && (outcome.is_new || !again) {
                    self.check_given(stage, user, lease, outcome.is_new, &holds)?;
                }
                self.remember(stage, person, lease);
                Some(lease.lease_id)
            }
            Said::Refused("no-work", _) => {
                if let Some(first) = expected {
                    broken!("the same key gave {first}, and now nothing");
                }
                self.check_no_work(stage, user, job, &holds)?;
                None
            }
            Said::Refused(code, reason) => broken!("a question for work was refused: {code} {reason}"),
            Said::Unknown => None,
        };
        if stage == Stage::Annotate {
            self.people[person].asked = Some(Asked { key, job, lease: given.or(expected), at });
        }
        Ok(())
    }

    /// What the person holds right now, current or expired and still theirs to revive.
    fn held_by(&self, stage: Stage, user: UserId, job: Option<JobId>) -> Checked<Vec<Assignment>> {
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
        if is_new && job.status != JobStatus::Active && self.switched[&row.key.job].elapsed() > LISTED {
            broken!("granted from a job that is {:?}", job.status);
        }
        let items: Vec<i64> = lease.assignment.items.iter().map(|item| item.index).collect();
        if items != row.ranges.iter().collect::<Vec<_>>() {
            broken!("the lease shows {items:?} of {row:?}");
        }
        let others = row.reserved_for().is_some_and(|person| person != user) && row.is_reserved_after(now);
        if is_new && stage == Stage::Annotate && (others || row.needs_manager) {
            broken!("what is reserved or waits for a manager was granted: {row:?}");
        }
        Ok(())
    }

    pub(crate) fn job(&self, id: JobId) -> Checked<swath_domain::job::Job> {
        let job = self.look(|view| view.jobs().find(|job| job.id == id).cloned())?;
        job.ok_or_else(|| crate::world::Violation(format!("{id} is gone")))
    }

    fn remember(&mut self, stage: Stage, person: usize, lease: &LeaseDocument) {
        let person = &mut self.people[person];
        let known = if stage == Stage::Annotate { &mut person.leases } else { &mut person.reviews };
        if known.iter().any(|held| held.lease == lease.lease_id) {
            return;
        }
        let items = lease.assignment.items.iter().map(|item| item.index).collect();
        let (lease, assignment) = (lease.lease_id, lease.assignment.id);
        known.push_front(Held { lease, assignment, items, sent: None });
        known.truncate(4);
    }

    /// Whether a call under this lease must go through: it stands on the row, and where it has expired it can be revived.
    pub(crate) fn must_be_good(
        &self,
        stage: Stage,
        user: UserId,
        held: &Held,
        revives: bool,
    ) -> Checked<bool> {
        let row = self.row(held.assignment)?;
        let standing = row.lease_id() == Some(held.lease) && row.holder() == Some(user);
        if !standing || !(row.status == stage.leased() || row.status == stage.waiting()) {
            return Ok(false);
        }
        if !revives
            || row.status == stage.leased() && row.lease.is_some_and(|lease| self.now() < lease.deadline)
        {
            return Ok(true);
        }
        let elsewhere = self.held_by(stage, user, Some(row.key.job))?.iter().any(|other| other.id != row.id);
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
        let Some(held) = self.admitted(Stage::Annotate, (person, process), lease).await? else {
            return Ok(());
        };
        let user = self.people[person].id;
        let good = self.must_be_good(Stage::Annotate, user, &held, true)?;
        let index = held.items[item % held.items.len()];
        let before = self.look(|view| view.annotation(held.assignment, user, index).map(owned))?;
        let gateway = self.processes[process].gateway.clone();
        let answer =
            gateway.save_item(user, held.lease, Work { index, annotation: annotation(text) }, None).await;
        let said = self.said(answer)?;
        self.tell(&("confirm", person, index, text), &said);
        let call = Call::Confirm { lease: held.lease, item: index, content: content_of(text) };
        self.record(
            user,
            Some(held.assignment),
            call,
            outcome(&said, |revision| Answer::Saved { revision: *revision }),
        );
        match said {
            Said::Done(revision) if good => {
                let body = body(text);
                let same = before.as_ref().is_some_and(|(_, old)| *old == body);
                let expected = before.map_or(0, |(revision, _)| revision) + i64::from(!same);
                if revision != expected {
                    broken!("revision {revision} instead of {expected}");
                }
                self.audit.saved.insert((held.assignment, user, index), (revision, body));
                Ok(())
            }
            said => self.check_good("confirm", &held, good, &said),
        }
    }

    /// Keeps a lease or a review alive.
    pub async fn renew(&mut self, stage: Stage, (person, process): (usize, usize), lease: usize) -> Checked {
        let Some(held) = self.admitted(stage, (person, process), lease).await? else { return Ok(()) };
        let user = self.people[person].id;
        let good = self.must_be_good(stage, user, &held, true)?;
        let before = self.row(held.assignment)?;
        let process = &self.processes[process];
        let desk = if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let answer = desk.renew(held.lease, user).await;
        let said = self.said(answer)?;
        self.tell(&("renew", stage, person), &said);
        let call = Call::Renew { lease: held.lease };
        self.record(user, Some(held.assignment), call, outcome(&said, |_| Answer::Nothing));
        if let Said::Done(renewed) = &said {
            let row = self.row(held.assignment)?;
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
            self.check_own_work(user, held.lease).await?;
        }
        self.check_good("renew", &held, good, &said)
    }

    /// A person's own work shows every lease that runs, and none that does not.
    async fn check_own_work(&self, person: UserId, renewed: LeaseId) -> Checked {
        let now = self.now();
        let of = OwnWorkOf { user: person, teams: vec![self.team], now, since: now };
        let work = self.processes[0].context.store.own_work(&of).await;
        let work = work.or_else(|error| broken!("the work of {person} cannot be read: {error}"))?;
        let is_held = |row: &Assignment| {
            row.holder() == Some(person)
                && row.lease_id().is_some()
                && row.expires().unwrap_or_default() > now
                && matches!(row.status, Status::InProgress | Status::InReview)
        };
        let held = |view: View<'_>| {
            view.assignments().filter(|row| is_held(row)).filter_map(|row| row.lease_id()).collect()
        };
        let held: BTreeSet<LeaseId> = self.look(held)?;
        let told: BTreeSet<_> = work.held.iter().filter_map(|row| row.lease).map(LeaseId).collect();
        if told != held || !told.contains(&renewed) {
            broken!("{person} has renewed {renewed}, holds {held:?} and is told {told:?}");
        }
        Ok(())
    }

    /// Gives a lease or a review back.
    pub async fn release(
        &mut self,
        stage: Stage,
        (person, process): (usize, usize),
        lease: usize,
    ) -> Checked {
        let Some(held) = self.admitted(stage, (person, process), lease).await? else { return Ok(()) };
        let user = self.people[person].id;
        let good = self.must_be_good(stage, user, &held, false)?;
        let process = &self.processes[process];
        let desk = if stage == Stage::Annotate { process.gateway.leases() } else { process.review.leases() };
        let released = self.look(|view| view.grant(held.lease).and_then(|grant| grant.ended))?;
        let answer = desk.release(held.lease, user, ReleaseRequest::default()).await;
        let said = self.said(answer)?;
        self.tell(&("release", stage, person), &said);
        let call = Call::Release { lease: held.lease };
        self.record(user, Some(held.assignment), call, outcome(&said, |()| Answer::Nothing));
        let again = released == Some(swath_domain::LeaseEnd::Released);
        if matches!(said, Said::Done(()))
            && !again
            && self.row(held.assignment)?.lease_id() == Some(held.lease)
        {
            broken!("a lease was given back and stands");
        }
        self.check_good("release", &held, good || again, &said)
    }

    /// An operation under a lease goes through exactly when the lease is good.
    pub(crate) fn check_good<T: std::fmt::Debug>(
        &self,
        what: &str,
        held: &Held,
        good: bool,
        said: &Said<T>,
    ) -> Checked {
        self.check_stale(held.lease, said)?;
        match said {
            Said::Unknown => Ok(()),
            Said::Done(_) if good => Ok(()),
            Said::Refused("stale-lease", _) if !good => Ok(()),
            said => broken!("{what} under a lease (good: {good}) heard {said:?}"),
        }
    }

    /// A lease that the person knows of.
    pub fn lease(&self, person: usize, nth: usize) -> Option<Held> {
        self.held(Stage::Annotate, person, nth)
    }

    pub(crate) fn held(&self, stage: Stage, person: usize, nth: usize) -> Option<Held> {
        let person = &self.people[person];
        let known = if stage == Stage::Annotate { &person.leases } else { &person.reviews };
        (!known.is_empty()).then(|| known[nth % known.len()].clone())
    }
}

pub(crate) fn owned((revision, body): (i64, &str)) -> (i64, String) {
    (revision, body.to_owned())
}

fn said_briefly(said: &Said<swath_leasing::Outcome>) -> String {
    match said {
        Said::Done(outcome) => format!("{} {}", outcome.lease.lease_id, outcome.lease.assignment.number),
        Said::Refused(code, reason) => format!("{code} {reason}"),
        Said::Unknown => "unknown".into(),
    }
}

fn bytes(job: Option<JobId>) -> Vec<u8> {
    job.map(|job| job.0.as_bytes().to_vec()).unwrap_or_default()
}

/// What is said of an item: that it shows a thing, nothing but a tag, or that it is skipped.
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

/// What an item says, as the checker knows it.
pub(crate) fn content_of(text: u8) -> Content {
    Content::of(&serde_json::to_value(annotation(text)).unwrap_or_default())
}

/// The lease that somebody was given, as the history keeps it.
fn given(outcome: &swath_leasing::Outcome) -> Answer {
    let lease = &outcome.lease;
    let items = Ranges::of_items(lease.assignment.items.iter().map(|item| item.index));
    Answer::Lease { lease: lease.lease_id, fence: lease.fence, ranges: items.as_slice().to_vec() }
}

pub(crate) fn body(text: u8) -> String {
    serde_json::to_string(&annotation(text)).unwrap_or_default()
}

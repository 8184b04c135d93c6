//! A simulated user at work: calls are repeated until their outcome is known, and recorded in the history.

use std::time::Duration;

use anyhow::bail;
use serde_json::{Value, to_value};
use swath_api::leases::{LeaseDocument, LeaseRequest};
use swath_checker::{Call, Event, Outcome};
use swath_client::{ApiError, Attempt, ClientError, Connection, Method, new_key};
use swath_domain::{AssignmentId, JobId, Stage};
use tokio::time::{Instant, sleep, timeout};

use crate::dice::Dice;
use crate::history::Recorder;
use crate::leased::Leased;
use crate::meter::{Ended, Kind, Meter};
use crate::pace::Pace;
use crate::person::Person;
use crate::plan::{Drive, Plan};
use crate::reply::Reply;
use crate::run::Run;
use crate::task::Seen;

/// The longest pause before a user asks for work again, whatever the server says.
const ASK_PAUSE_MAX: Duration = Duration::from_secs(1);
/// The same for users who do not think.
const ASK_PAUSE_MAX_SATURATED: Duration = Duration::from_millis(20);
/// The first pause before a call is repeated. It doubles with each repetition, up to the longest.
const REPEAT_PAUSE_MIN: Duration = Duration::from_millis(50);
const REPEAT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// A user who hangs up does so within this time.
const HANG_UP_MAX: Duration = Duration::from_millis(5);

/// Refusals that ordinary work meets.
const ORDINARY_REFUSALS: [&str; 4] = ["no-work", "stale-lease", "incomplete", "rate-limited"];

/// The end of a call.
#[derive(Debug)]
pub enum CallEnd<T> {
    /// The server carried it out.
    Done(T),
    /// The server refused it.
    Refused(Box<ApiError>),
    /// The outcome is unknown, and the user has given up. The error is that of the last attempt; none if the user hung up.
    Lost(Option<ClientError>),
}

/// What all workers of a run share.
#[derive(Clone)]
pub struct Shared {
    /// The job.
    pub job: JobId,
    /// The plan.
    pub plan: Plan,
    /// The run.
    pub run: Run,
    /// The history.
    pub recorder: Recorder,
    /// The pace.
    pub pace: Pace,
}

/// A user at work.
pub struct Worker {
    /// The user.
    pub person: Person,
    /// Their position among the annotators, or among the reviewers.
    pub number: usize,
    /// What all workers share.
    pub shared: Shared,
    /// The random choices of this user.
    pub dice: Dice,
    connection: Connection,
    seq: u64,
}

/// A call that is about to be sent.
pub struct PendingCall {
    /// How the meter counts it.
    pub kind: Kind,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The body.
    pub body: Option<Value>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The assignment, if it is known before the answer.
    pub assignment: Option<AssignmentId>,
    /// The call as the history records it.
    pub call: Call,
}

impl Worker {
    /// A worker at this position. `seed` distinguishes the choices of workers.
    pub fn new(person: Person, number: usize, seed: u64, shared: Shared) -> Self {
        let dice = Dice::new(shared.plan.seed.wrapping_mul(1_000_003).wrapping_add(seed));
        let connection = Connection::of(&person.client);
        Self { person, number, shared, dice, connection, seq: 0 }
    }

    /// True if the run is over.
    pub fn is_over(&self) -> bool {
        self.shared.run.over.is_cancelled()
    }

    /// Thinks about an item, if the plan says so.
    pub async fn think(&mut self, stage: Stage) {
        self.shared.pace.think(stage, &mut self.dice).await;
    }

    /// Annotates an item, as the task says.
    ///
    /// # Errors
    /// When the task cannot annotate it.
    pub async fn annotate(
        &mut self,
        leased: &Leased,
        at: usize,
    ) -> anyhow::Result<swath_domain::labels::Annotation> {
        let seen =
            Seen { person: &self.person, number: self.number, item: &leased.items[at], round: leased.round };
        self.shared.plan.task.annotate(seen, &mut self.dice).await
    }

    /// Reviews an item, as the task says. Returns the reason for a rejection, or `None`.
    ///
    /// # Errors
    /// When the task cannot review it.
    pub fn review(&mut self, leased: &Leased, at: usize) -> anyhow::Result<Option<String>> {
        let seen =
            Seen { person: &self.person, number: self.number, item: &leased.items[at], round: leased.round };
        self.shared.plan.task.review(seen, &mut self.dice)
    }

    /// Asks for work until there is some; `None` if the run is over.
    ///
    /// # Errors
    /// When the call ends in a way that a strict plan does not allow.
    pub async fn ask(&mut self, stage: Stage) -> anyhow::Result<Option<Leased>> {
        let (path, kind) = match stage {
            Stage::Annotate => ("/v1/leases", Kind::Lease),
            Stage::Review => ("/v1/reviews", Kind::Review),
        };
        let due = if stage == Stage::Annotate { self.shared.pace.due().await } else { None };
        while !self.is_over() {
            let job = (!self.shared.plan.any_job).then_some(self.shared.job);
            let call = PendingCall {
                kind,
                method: Method::POST,
                path: path.to_owned(),
                body: Some(to_value(LeaseRequest { team: None, job })?),
                key: Some(new_key()),
                assignment: None,
                call: Call::Ask { stage },
            };
            let pause = match self.call::<LeaseDocument>(call, due).await? {
                CallEnd::Done(document) => return Ok(Some(document.into())),
                CallEnd::Refused(problem) => problem.retry_after.unwrap_or(ASK_PAUSE_MAX),
                CallEnd::Lost(_) => ASK_PAUSE_MAX,
            };
            tokio::select! {
                () = self.shared.run.over.cancelled() => return Ok(None),
                () = sleep(pause.min(self.ask_pause_max())) => {}
            }
        }
        Ok(None)
    }

    fn ask_pause_max(&self) -> Duration {
        if self.shared.plan.drive == Drive::Saturate { ASK_PAUSE_MAX_SATURATED } else { ASK_PAUSE_MAX }
    }

    /// Makes a call. An unanswered call is repeated under the same key, for as long as the plan says. Every attempt
    /// is recorded in the history. `due` is when the call should have begun.
    ///
    /// # Errors
    /// When the call ends in a way that a strict plan does not allow.
    pub async fn call<T: Reply>(
        &mut self,
        call: PendingCall,
        due: Option<Instant>,
    ) -> anyhow::Result<CallEnd<T>> {
        let (first, mut pause) = (Instant::now(), REPEAT_PAUSE_MIN);
        loop {
            let began = Instant::now();
            let answer = self.attempt(&call).await;
            let end = self.record(&call, Timing { due: due.unwrap_or(began), began }, answer);
            let again = match end {
                CallEnd::Refused(ref problem) if problem.code == "rate-limited" => {
                    problem.retry_after.unwrap_or(pause)
                }
                CallEnd::Lost(_) if first.elapsed() < self.shared.plan.repeat_for => pause,
                CallEnd::Lost(why) => {
                    self.shared.run.meter.give_up(call.kind);
                    return self.checked(&call, CallEnd::Lost(why));
                }
                end => return self.checked(&call, end),
            };
            sleep(again.min(REPEAT_PAUSE_MAX)).await;
            pause = (2 * pause).min(REPEAT_PAUSE_MAX);
        }
    }

    /// Fails if the plan is strict and the end is unusual for ordinary work.
    fn checked<T>(&self, call: &PendingCall, end: CallEnd<T>) -> anyhow::Result<CallEnd<T>> {
        let failure = match &end {
            CallEnd::Refused(problem) if !ORDINARY_REFUSALS.contains(&problem.code.as_str()) => {
                format!("was refused: {problem}")
            }
            CallEnd::Lost(Some(error)) => format!("failed: {error}"),
            CallEnd::Lost(None) => "was left by the user".to_owned(),
            CallEnd::Done(_) | CallEnd::Refused(..) => return Ok(end),
        };
        if self.shared.plan.is_strict {
            bail!("{} {} of {} {failure}", call.method, call.path, self.person.name);
        }
        Ok(end)
    }

    async fn attempt<T: Reply>(&mut self, call: &PendingCall) -> Option<Result<T, ClientError>> {
        let attempt = Attempt {
            method: call.method.clone(),
            path: &call.path,
            key: call.key.as_deref(),
            body: call.body.clone(),
        };
        // A user who hangs up drops the call at any point, as by closing the window.
        let hangs_up = self.dice.happens(self.shared.plan.hangs_up);
        let hang_up = hangs_up.then(|| HANG_UP_MAX.mul_f64(self.dice.fraction()));
        let answer = self.connection.attempt(&attempt, self.shared.plan.attempt_timeout);
        match hang_up {
            None => Some(answer.await),
            Some(after) => timeout(after, answer).await.ok(),
        }
    }

    fn record<T: Reply>(
        &mut self,
        call: &PendingCall,
        timing: Timing,
        answer: Option<Result<T, ClientError>>,
    ) -> CallEnd<T> {
        let Timing { due, began } = timing;
        let ended = Instant::now();
        let hung_up = answer.is_none();
        let (end, outcome) = judge(call, answer, &self.shared.run.meter);
        let kind = match &outcome {
            Outcome::Done(_) => Ended::Done,
            Outcome::Refused(_) => Ended::Refused,
            Outcome::Unknown if hung_up => Ended::HungUp,
            Outcome::Unknown => Ended::Unknown,
        };
        self.shared.run.meter.count(call.kind, kind, ended - due);
        let assignment = match &end {
            CallEnd::Done(reply) => call.assignment.or_else(|| reply.assignment()),
            _ => call.assignment,
        };
        self.seq += 1;
        let start = self.shared.pace.began();
        let micros =
            |at: Instant| u64::try_from(at.saturating_duration_since(start).as_micros()).unwrap_or(u64::MAX);
        self.shared.recorder.keep(Event {
            who: self.person.id,
            seq: self.seq,
            began: micros(began),
            ended: micros(ended),
            assignment,
            call: call.call.clone(),
            outcome,
        });
        end
    }
}

/// When an attempt should have begun, and when it did.
#[derive(Debug, Clone, Copy)]
struct Timing {
    due: Instant,
    began: Instant,
}

/// The meaning of an answer. With a 5xx, a broken connection or no answer, the outcome is unknown.
fn judge<T: Reply>(
    call: &PendingCall,
    answer: Option<Result<T, ClientError>>,
    meter: &Meter,
) -> (CallEnd<T>, Outcome) {
    match answer {
        Some(Ok(reply)) => {
            let outcome = Outcome::Done(reply.answer());
            (CallEnd::Done(reply), outcome)
        }
        Some(Err(ClientError::Api(mut problem))) if problem.status < 500 => {
            if problem.code.is_empty() {
                problem.code = problem.status.to_string();
            }
            let outcome = Outcome::Refused(problem.code.clone());
            (CallEnd::Refused(problem), outcome)
        }
        Some(Err(error)) => {
            meter.lose(call.kind, &error);
            (CallEnd::Lost(Some(error)), Outcome::Unknown)
        }
        None => (CallEnd::Lost(None), Outcome::Unknown),
    }
}

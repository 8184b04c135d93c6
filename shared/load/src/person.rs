//! What all people at work have in common: a desk, dice, a memory, and how they repeat what was not answered.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use swath_checker::{Call, Event, Outcome};
use swath_client::{Attempt, Client, ClientError, Connection, Method, new_key};
use swath_domain::{AssignmentId, JobId, LeaseId, Stage, UserId};
use tokio::time::{Instant, sleep, timeout};

use crate::Run;
use crate::history::Recorder;
use crate::meter::{Ended, Kind, Meter};
use crate::pace::Pace;
use crate::plan::{Drive, Plan};
use crate::told::{Lease, Told};

/// However long the server says that there will be no work, a person looks again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The same of people who do not think at all.
const LOOK_AT_ONCE: Duration = Duration::from_millis(20);
/// The first pause before a call is repeated; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Somebody who hangs up does so within this time.
const HANG_UP: Duration = Duration::from_millis(5);

/// A user who works.
#[derive(Clone)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Their way to the server.
    pub client: Client,
}

/// A lease or a review, as far as people care.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub lease: LeaseId,
    /// What was leased.
    pub assignment: AssignmentId,
    /// Its round.
    pub round: u64,
    /// Its items.
    pub items: Vec<i64>,
    /// Those of them that were saved before under this assignment: the person comes back.
    pub confirmed: Vec<i64>,
}

/// What a call came to in the end.
#[derive(Debug)]
pub enum Heard<T> {
    /// It was done.
    Done(T),
    /// It was refused: by this code, with this pause.
    Refused(String, Option<Duration>),
    /// Nobody knows, and the person has given up on it.
    Lost,
}

/// Where a person sits.
pub struct Desk {
    /// Who sits here.
    pub person: Person,
    /// What is planned.
    pub plan: Plan,
    /// The run.
    pub run: Run,
    /// The pace.
    pub pace: Pace,
    /// What this person leaves to chance.
    pub dice: StdRng,
    job: JobId,
    connection: Connection,
    recorder: Recorder,
    seq: u64,
    stamp: u64,
}

/// A call that is ready to be sent, and how the history tells it.
pub struct Errand {
    /// What the meter calls it.
    pub kind: Kind,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The body.
    pub body: Option<Value>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The assignment, where it is known before.
    pub assignment: Option<AssignmentId>,
    /// The call, as it is remembered.
    pub call: Call,
}

impl Desk {
    /// A desk for the `number`th person.
    pub fn new(
        person: Person,
        job: JobId,
        plan: &Plan,
        run: Run,
        recorder: Recorder,
        pace: Pace,
        number: u64,
    ) -> Self {
        let dice = StdRng::seed_from_u64(plan.seed.wrapping_mul(1_000_003).wrapping_add(number));
        let connection = Connection::of(&person.client);
        Self { person, plan: plan.clone(), run, pace, dice, job, connection, recorder, seq: 0, stamp: 0 }
    }

    /// Whether everybody goes home.
    pub fn is_over(&self) -> bool {
        self.run.over.is_cancelled()
    }

    /// Whether something happens that happens so often in a hundred.
    pub fn happens(&mut self, percent: f64) -> bool {
        percent > 0.0 && self.dice.random_bool((percent / 100.0).clamp(0.0, 1.0))
    }

    /// A number that this person has not used before.
    pub fn stamp(&mut self) -> u64 {
        self.stamp += 1;
        self.stamp
    }

    /// Asks for work of a stage until there is some; none when everybody goes home.
    pub async fn ask(&mut self, stage: Stage) -> Option<Held> {
        let (path, kind) = match stage {
            Stage::Annotate => ("/v1/leases", Kind::Lease),
            Stage::Review => ("/v1/reviews", Kind::Review),
        };
        let due = if stage == Stage::Annotate { self.pace.due().await } else { None };
        while !self.is_over() {
            let errand = Errand {
                kind,
                method: Method::POST,
                path: path.to_owned(),
                body: Some(if self.plan.any_job { json!({}) } else { json!({"job": self.job}) }),
                key: Some(new_key()),
                assignment: None,
                call: Call::Ask { stage },
            };
            let pause = match self.errand::<Lease>(errand, due).await {
                Heard::Done(lease) => return Some(lease.held()),
                Heard::Refused(_, pause) => pause.unwrap_or(LOOK_AGAIN),
                Heard::Lost => LOOK_AGAIN,
            };
            tokio::select! {
                () = self.run.over.cancelled() => return None,
                () = sleep(pause.min(self.longest_look())) => {}
            }
        }
        None
    }

    fn longest_look(&self) -> Duration {
        if self.plan.drive == Drive::Saturate { LOOK_AT_ONCE } else { LOOK_AGAIN }
    }

    /// Runs an errand to its end: what nobody knows is asked again, the same under the same key, for as long as the
    /// person has patience. Every try is remembered. `due` is when it should have begun.
    pub async fn errand<T: Told>(&mut self, errand: Errand, due: Option<Instant>) -> Heard<T> {
        let (first, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let began = Instant::now();
            let answer = self.attempt(&errand).await;
            let heard = self.remember(&errand, due.unwrap_or(began), began, answer);
            let again = match heard {
                Heard::Refused(ref code, wait) if code == "rate-limited" => wait.unwrap_or(pause),
                Heard::Lost if first.elapsed() < self.plan.patience => pause,
                Heard::Lost => {
                    self.run.meter.give_up(errand.kind);
                    return Heard::Lost;
                }
                heard => return heard,
            };
            sleep(again.min(LONGEST_PAUSE)).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn attempt<T: Told>(&mut self, errand: &Errand) -> Option<Result<T, ClientError>> {
        let attempt = Attempt {
            method: errand.method.clone(),
            path: &errand.path,
            key: errand.key.as_deref(),
            body: errand.body.clone(),
        };
        // Whoever hangs up drops the call wherever it is, as by closing the window.
        let patience = self.happens(self.plan.hangs_up).then(|| HANG_UP.mul_f64(self.dice.random()));
        let answer = self.connection.attempt(&attempt, self.plan.deadline);
        match patience {
            None => Some(answer.await),
            Some(patience) => timeout(patience, answer).await.ok(),
        }
    }

    fn remember<T: Told>(
        &mut self,
        errand: &Errand,
        due: Instant,
        began: Instant,
        answer: Option<Result<T, ClientError>>,
    ) -> Heard<T> {
        let ended = Instant::now();
        let hung_up = answer.is_none();
        let (heard, outcome) = judge(errand, answer, &self.run.meter);
        let kind = match &outcome {
            Outcome::Done(_) => Ended::Done,
            Outcome::Refused(_) => Ended::Refused,
            Outcome::Unknown if hung_up => Ended::HungUp,
            Outcome::Unknown => Ended::Unknown,
        };
        self.run.meter.count(errand.kind, kind, ended - due);
        let assignment = match &heard {
            Heard::Done(told) => errand.assignment.or_else(|| told.assignment()),
            _ => errand.assignment,
        };
        self.seq += 1;
        let micros = |at: Instant| {
            u64::try_from(at.saturating_duration_since(self.pace.began()).as_micros()).unwrap_or(u64::MAX)
        };
        self.recorder.keep(Event {
            who: self.person.id,
            seq: self.seq,
            began: micros(began),
            ended: micros(ended),
            assignment,
            call: errand.call.clone(),
            outcome,
        });
        heard
    }
}

/// What an answer means: a 5xx, a broken connection and silence all say nothing about what has happened.
fn judge<T: Told>(
    errand: &Errand,
    answer: Option<Result<T, ClientError>>,
    meter: &Meter,
) -> (Heard<T>, Outcome) {
    match answer {
        Some(Ok(told)) => {
            let outcome = Outcome::Done(told.answer());
            (Heard::Done(told), outcome)
        }
        Some(Err(ClientError::Api(problem))) if problem.status < 500 => {
            let code = if problem.code.is_empty() { problem.status.to_string() } else { problem.code };
            (Heard::Refused(code.clone(), problem.retry_after), Outcome::Refused(code))
        }
        Some(Err(error)) => {
            meter.lose(errand.kind, &error);
            (Heard::Lost, Outcome::Unknown)
        }
        None => (Heard::Lost, Outcome::Unknown),
    }
}

impl Held {
    /// A path below the lease or the review.
    pub fn path(&self, stage: Stage, rest: &str) -> String {
        let family = if stage == Stage::Annotate { "leases" } else { "reviews" };
        format!("/v1/{family}/{}{rest}", self.lease)
    }
}

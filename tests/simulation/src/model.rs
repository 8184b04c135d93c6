//! A model of the lease protocol, explored exhaustively: two gateways, two annotators and a reviewer on two
//! assignments, with every order of messages and a bounded number of expiries, crashes and doubled messages.
//!
//! The transitions are the domain's own. The model is what surrounds them: who asks whom, what a gateway has begun
//! and not finished, what the locks answer, which copies of messages have not arrived, and what is written beside the
//! assignments.
//!
//! A message that arrives once needs no place in the state: a user who waits does nothing else, so a slow request is
//! a request that is sent later, and a slow answer is a user who goes on later. Only copies are part of the state,
//! because they may arrive after their sender has moved on.

use std::collections::{BTreeMap, BTreeSet};

use stateright::{Checker, Expectation, Model, Property};
use swath_domain::assignment::Decision;
use swath_domain::assignment::RangeKey;
use swath_domain::job::LeasePolicy;
use swath_domain::{
    Assignment, ItemIndex, JobId, LeaseId, Micros, Range, Ranges, Round, Slot, Stage, Status, TeamId, Time,
    UserId,
};
use uuid::Uuid;

const ANNOTATORS: [u8; 2] = [0, 1];
const REVIEWER: u8 = 2;
const GATEWAYS: [u8; 2] = [0, 1];
/// How often each annotator, and then the reviewer, sends a new request.
const QUESTIONS: [u8; 3] = [2, 2, 3];
/// The only time. Nothing depends on how much time passes, only on which leases expire.
const NOW: Time = Time(0);
const LEASE_POLICY: LeasePolicy =
    LeasePolicy { lease: Micros(1), deadline: Micros(1), reserve: Micros(0), rounds: 5 };

/// The state between two steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    rows: Vec<Assignment>,
    /// The lease that each request was answered with.
    keys: BTreeMap<(u8, u8), LeaseId>,
    /// The leases under which a submission or a decision was accepted.
    taken: BTreeSet<LeaseId>,
    /// How often a submission and a decision were written to each assignment.
    written: Vec<(u8, u8)>,
    /// What each gateway has begun: who asked, the question, and the candidate that it locked.
    begun: [Option<(u8, u8, Option<usize>)>; 2],
    people: [Person; 3],
    /// Copies that have not arrived yet, in order.
    under_way: Vec<Copy>,
    expiries: u8,
    crashes: u8,
    doubles: u8,
    rejected: bool,
    refused: bool,
}

/// A user, and what they are doing.
#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq, Hash)]
struct Person {
    questions: u8,
    doing: Doing,
    /// The lease of the last submission or decision that was answered with success.
    answered: Option<LeaseId>,
}

#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq, Hash)]
enum Doing {
    Nothing,
    Asking,
    Working(LeaseId),
}

/// A copy of a message.
#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Copy {
    /// A copy of a request for work.
    Ask { who: u8, question: u8 },
    /// A copy of a submission or a decision.
    HandIn { who: u8, lease: LeaseId, reject: bool },
}

/// What else happens to a message.
#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and nothing else.
    Plain,
    /// It arrives twice.
    Doubled,
    /// The process writes and dies before it answers.
    Unheard,
}

/// A step.
#[derive(Debug, Clone, std::marker::Copy, PartialEq, Eq)]
pub enum Step {
    /// A user asks for work, or repeats the last request. The gateway gets the lock of this candidate, or none: the
    /// locks may answer anything, so they are not part of the state.
    Ask { who: u8, gateway: u8, candidate: Option<usize>, fate: Fate },
    /// A user submits or decides what they hold; a reviewer may reject it.
    HandIn { who: u8, reject: bool, fate: Fate },
    /// A copy arrives.
    Arrive { copy: Copy, gateway: u8, candidate: Option<usize> },
    /// A gateway writes what it has begun, and answers unless it dies then.
    Write { gateway: u8, dies: bool },
    /// A gateway dies before it writes.
    Die { gateway: u8 },
    /// A lease expires.
    Expire { row: usize },
}

/// The protocol, with bounds on the faults.
#[derive(Clone, std::marker::Copy)]
pub struct Protocol {
    /// The number of leases that may expire.
    pub expiries: u8,
    /// The number of gateways that may die.
    pub crashes: u8,
    /// The number of messages that may arrive twice.
    pub doubles: u8,
    /// Called before each step, on the thread that takes it.
    pub prepare: fn(),
}

fn user(who: u8) -> UserId {
    UserId(Uuid::from_u128(u128::from(who) + 1))
}

/// The lease id for a request. Both gateways draw the same id, which makes them symmetric: two grants of one request
/// would still be two leases of one user.
fn lease_of(who: u8, question: u8) -> LeaseId {
    LeaseId(Uuid::from_u128(u128::from(who) * 10 + u128::from(question) + 1_000))
}

fn stage(who: u8) -> Stage {
    if who == REVIEWER { Stage::Review } else { Stage::Annotate }
}

impl State {
    fn new() -> Self {
        let (team, job) = (TeamId(Uuid::from_u128(7)), JobId(Uuid::from_u128(8)));
        let row = |number: i64| {
            let mut ranges = Ranges::default();
            ranges.push(Range::of(number, number + 1));
            let key = RangeKey { job, round: Round::FIRST, number, slot: Slot::FIRST };
            Assignment::new(team, key, ranges, NOW)
        };
        let person = Person { questions: 0, doing: Doing::Nothing, answered: None };
        Self {
            rows: vec![row(0), row(1)],
            keys: BTreeMap::new(),
            taken: BTreeSet::new(),
            written: vec![(0, 0); 2],
            begun: [None; 2],
            people: [person; 3],
            under_way: Vec::new(),
            expiries: 0,
            crashes: 0,
            doubles: 0,
            rejected: false,
            refused: false,
        }
    }

    /// The store's verb: it looks for the key first, then for a lease of the user, then at the candidate, then in the
    /// queue.
    fn grant(&mut self, who: u8, question: u8, lease: LeaseId, candidate: Option<usize>) -> Option<LeaseId> {
        if let Some(first) = self.keys.get(&(who, question)) {
            return Some(*first);
        }
        let (stage, user) = (stage(who), user(who));
        let given = self.hand_back(stage, user).or_else(|| self.give(stage, user, lease, candidate));
        if let Some(given) = given {
            self.keys.insert((who, question), given);
        }
        given
    }

    fn hand_back(&mut self, stage: Stage, user: UserId) -> Option<LeaseId> {
        let held = self.rows.iter().find(|row| row.holder() == Some(user) && row.status == stage.leased());
        if let Some(row) = held {
            return row.lease_id();
        }
        let expired =
            self.rows.iter_mut().find(|row| row.holder() == Some(user) && row.status == stage.waiting())?;
        expired.renew(stage, user, LEASE_POLICY, NOW).ok()?;
        expired.seq = 0;
        expired.lease_id()
    }

    fn give(
        &mut self,
        stage: Stage,
        user: UserId,
        lease: LeaseId,
        candidate: Option<usize>,
    ) -> Option<LeaseId> {
        let order = candidate.into_iter().chain(0..self.rows.len());
        for place in order {
            let row = &mut self.rows[place];
            if row.grant(stage, user, lease, LEASE_POLICY, NOW).is_ok() {
                row.seq = 0;
                return Some(lease);
            }
        }
        None
    }

    /// The store's verb: a repeated call gets its first answer; otherwise the lease must be on its assignment.
    fn hand_in(&mut self, who: u8, lease: LeaseId, reject: bool) -> bool {
        if self.taken.contains(&lease) {
            return true;
        }
        let (stage, user) = (stage(who), user(who));
        let Some(place) = self.rows.iter().position(|row| row.lease_state(stage, user, lease).is_some())
        else {
            self.refused = true;
            return false;
        };
        self.taken.insert(lease);
        let (row, written) = (&mut self.rows[place], &mut self.written[place]);
        if stage == Stage::Annotate {
            written.0 += 1;
            row.submit(user, true, serde_json::Value::Null, NOW);
            row.seq = 0;
            return true;
        }
        let items: Vec<ItemIndex> = row.ranges.iter().collect();
        let (accepted, rejected) = if reject { (Vec::new(), items) } else { (items, Vec::new()) };
        let decision = Decision { accepted, rejected, skipped: Vec::new() };
        let (_, child) = row.decide(user, &decision, LEASE_POLICY, NOW);
        written.1 += 1;
        row.seq = 0;
        self.rejected |= reject;
        if let Some((mut child, _)) = child {
            child.seq = 0;
            self.rows.push(child);
            self.written.push((0, 0));
        }
        true
    }

    /// A request arrives at a gateway, which chooses and locks a candidate before it writes, or at the review
    /// service.
    fn ask(&mut self, who: u8, question: u8, gateway: u8, candidate: Option<usize>, unheard: bool) -> bool {
        if who == REVIEWER {
            let lease = self.grant(who, question, lease_of(who, question), None);
            if !unheard {
                self.answer(who, question, lease);
            }
            return true;
        }
        let begun = &mut self.begun[usize::from(gateway)];
        if begun.is_some() {
            return false;
        }
        *begun = Some((who, question, candidate));
        true
    }

    /// An answer that the user no longer waits for changes nothing.
    fn answer(&mut self, who: u8, question: u8, lease: Option<LeaseId>) {
        let person = &mut self.people[usize::from(who)];
        if person.doing == Doing::Asking && person.questions == question {
            person.doing = lease.map_or(Doing::Nothing, Doing::Working);
        }
    }

    fn write(&mut self, gateway: u8, dies: bool) {
        let Some((who, question, candidate)) = self.begun[usize::from(gateway)].take() else { return };
        let lease = self.grant(who, question, lease_of(who, question), candidate);
        if !dies {
            self.answer(who, question, lease);
        }
    }

    /// True if a gateway has begun the request, so that its user waits.
    fn is_begun(&self, who: u8, question: u8) -> bool {
        self.begun.iter().flatten().any(|begun| (begun.0, begun.1) == (who, question))
    }

    /// Leaves a copy behind, and counts the fault.
    fn meet(&mut self, fate: Fate, copy: Copy) {
        match fate {
            Fate::Plain => {}
            Fate::Doubled => {
                self.doubles += 1;
                self.under_way.push(copy);
                self.under_way.sort_unstable();
            }
            Fate::Unheard => self.crashes += 1,
        }
    }

    fn row_of(&self, lease: LeaseId) -> Option<&Assignment> {
        self.rows.iter().find(|row| row.submission_id() == Some(lease))
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::new()]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        let doubled = (state.doubles < self.doubles).then_some(Fate::Doubled);
        let unheard = (state.crashes < self.crashes).then_some(Fate::Unheard);
        for who in ANNOTATORS.into_iter().chain([REVIEWER]) {
            let person = state.people[usize::from(who)];
            let fates = [Fate::Plain].into_iter().chain(doubled).chain(unheard);
            match person.doing {
                Doing::Nothing if person.questions >= QUESTIONS[usize::from(who)] => {}
                // A user who waits for an answer that can still arrive does not repeat the request.
                Doing::Asking if state.is_begun(who, person.questions) => {}
                // An annotator's request is answered when it is written, which is a step of its own.
                Doing::Nothing | Doing::Asking if who != REVIEWER => {
                    for (gateway, candidate) in ways() {
                        let fates = fates.clone().filter(|fate| *fate != Fate::Unheard);
                        steps.extend(fates.map(|fate| Step::Ask { who, gateway, candidate, fate }));
                    }
                }
                Doing::Nothing | Doing::Asking => {
                    steps.extend(fates.map(|fate| Step::Ask { who, gateway: 0, candidate: None, fate }));
                }
                Doing::Working(_) => {
                    for fate in fates {
                        steps.push(Step::HandIn { who, reject: false, fate });
                        if who == REVIEWER && !state.rejected {
                            steps.push(Step::HandIn { who, reject: true, fate });
                        }
                    }
                }
            }
        }
        for copy in state.under_way.iter().copied() {
            match copy {
                Copy::Ask { who, .. } if who != REVIEWER => {
                    let arrivals =
                        ways().map(|(gateway, candidate)| Step::Arrive { copy, gateway, candidate });
                    steps.extend(arrivals);
                }
                _ => steps.push(Step::Arrive { copy, gateway: 0, candidate: None }),
            }
        }
        for gateway in GATEWAYS.into_iter().filter(|gateway| state.begun[usize::from(*gateway)].is_some()) {
            steps.push(Step::Write { gateway, dies: false });
            if unheard.is_some() {
                steps.push(Step::Write { gateway, dies: true });
                steps.push(Step::Die { gateway });
            }
        }
        if state.expiries < self.expiries {
            let held = |row: &Assignment| matches!(row.status, Status::InProgress | Status::InReview);
            let places = (0..state.rows.len()).filter(|row| held(&state.rows[*row]));
            steps.extend(places.map(|row| Step::Expire { row }));
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        // Bugs are planted for each thread, and the explorer has threads of its own.
        (self.prepare)();
        let mut next = state.clone();
        match step {
            Step::Ask { who, gateway, candidate, fate } => {
                let person = &mut next.people[usize::from(who)];
                if person.doing == Doing::Nothing {
                    person.questions += 1;
                    person.doing = Doing::Asking;
                }
                let question = person.questions;
                if !next.ask(who, question, gateway, candidate, fate == Fate::Unheard) {
                    return None;
                }
                next.meet(fate, Copy::Ask { who, question });
            }
            Step::HandIn { who, reject, fate } => {
                let Doing::Working(lease) = next.people[usize::from(who)].doing else { return None };
                // A decision id is always sent with the same verdicts.
                let other = Copy::HandIn { who, lease, reject: !reject };
                if next.under_way.contains(&other) {
                    return None;
                }
                let well = next.hand_in(who, lease, reject);
                next.meet(fate, Copy::HandIn { who, lease, reject });
                if fate != Fate::Unheard {
                    let person = &mut next.people[usize::from(who)];
                    person.doing = Doing::Nothing;
                    person.answered = if well { Some(lease) } else { person.answered };
                }
            }
            Step::Arrive { copy, gateway, candidate } => {
                let place = next.under_way.iter().position(|other| *other == copy)?;
                next.under_way.remove(place);
                match copy {
                    Copy::Ask { who, question } => {
                        if !next.ask(who, question, gateway, candidate, false) {
                            return None;
                        }
                    }
                    Copy::HandIn { who, lease, reject } => {
                        next.hand_in(who, lease, reject);
                    }
                }
            }
            Step::Write { gateway, dies } => {
                next.crashes += u8::from(dies);
                next.write(gateway, dies);
            }
            Step::Die { gateway } => {
                next.crashes += 1;
                next.begun[usize::from(gateway)] = None;
            }
            Step::Expire { row } => {
                next.expiries += 1;
                next.rows[row].expire(NOW).ok()?;
                next.rows[row].seq = 0;
            }
        }
        // The gateways are symmetric, so it makes no difference which of them has begun what.
        next.begun.sort_unstable();
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one current lease per user and stage", |_, state: &State| {
                let current = |row: &&Assignment| matches!(row.status, Status::InProgress | Status::InReview);
                let held: Vec<_> =
                    state.rows.iter().filter(current).map(|row| (row.holder(), row.status)).collect();
                held.iter().collect::<std::collections::HashSet<_>>().len() == held.len()
            }),
            Property::always("submitted once and decided once", |_, state: &State| {
                state.written.iter().all(|(submissions, decisions)| *submissions <= 1 && *decisions <= 1)
            }),
            Property::always("acknowledged work is stored", |_, state: &State| {
                let annotators = ANNOTATORS
                    .iter()
                    .filter_map(|who| Some((*who, state.people[usize::from(*who)].answered?)));
                annotators.into_iter().all(|(who, lease)| {
                    state.row_of(lease).is_some_and(|row| row.author() == Some(user(who)))
                })
            }),
            Property::always("an acknowledged decision stays", |_, state: &State| {
                state.people[usize::from(REVIEWER)].answered.is_none_or(|lease| state.taken.contains(&lease))
            }),
            Property::always("exactly what was rejected is redone", |_, state: &State| {
                let rejected = state.rows.iter().filter(|row| row.status == Status::Rejected);
                let redone = |parent: &Assignment| {
                    state
                        .rows
                        .iter()
                        .filter(|row| row.parent == Some(parent.id) && row.ranges == parent.ranges)
                        .count()
                };
                rejected.clone().all(|row| redone(row) == 1) && state.rows.len() == 2 + rejected.count()
            }),
            Property::sometimes("everything is accepted", |_, state: &State| {
                state.rows.iter().all(|row| matches!(row.status, Status::Accepted | Status::Rejected))
            }),
            Property::sometimes("late work is refused", |_, state: &State| state.refused),
        ]
    }
}

/// The gateways that may get a request, and what the locks may answer there.
fn ways() -> impl Iterator<Item = (u8, Option<usize>)> {
    // The first assignment is the first in the queue anyway, so it need not be a candidate.
    GATEWAYS.into_iter().flat_map(|gateway| [None, Some(1)].map(|candidate| (gateway, candidate)))
}

/// Explores all states. Returns their number and the violated properties.
pub fn explore(protocol: Protocol) -> (usize, Vec<String>) {
    let checker = protocol.checker().threads(2).spawn_dfs().join();
    let always =
        protocol.properties().into_iter().filter(|property| property.expectation == Expectation::Always);
    let broken = always.filter_map(|property| {
        let path = checker.discovery(property.name)?;
        Some(format!("{}: {:?}", property.name, path.into_actions()))
    });
    (checker.unique_state_count(), broken.collect())
}

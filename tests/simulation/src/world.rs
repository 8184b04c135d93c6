//! A simulated world: processes over one truth, people with leases, and messages under way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::Context as _;
use futures::FutureExt;
use swath_bus::{Bus, Message, Queue, Subscription};
use swath_domain::job::{Job, JobSpec, JobStatus, LeasePolicy, Priority};
use swath_domain::labels::{Class, LabelLimits, Shape, TagDefinition};
use swath_domain::review::ReviewRule;
use swath_domain::selection::runs;
use swath_domain::{
    Assignment, AssignmentId, Clock, DatasetId, Ids, JobId, LeaseId, Range, Role, Roles, TeamId, Time,
    TokenId, UserId,
};
use swath_locks::FaultInjectingLocks;
use swath_runtime::{Caller, Config};
use swath_store::{Actor, Memory, NewDataset, NewJob, Source, Token, User, View};

use tokio::time::Instant;

use crate::audit::Audit;
use crate::events::Follower;
use crate::imports::Imports;
use crate::ops::{PEOPLE, PROCESSES};
use crate::pictures::Pictures;
use crate::process::{Common, Process};
use crate::sources::{CountedIds, VirtualClock};

/// A promise that was broken, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

/// Ends an operation with a broken promise.
macro_rules! broken {
    ($($words:tt)*) => {
        return Err($crate::world::Violation(format!($($words)*)))
    };
}
pub(crate) use broken;

/// What an operation comes to.
pub type Checked<T = ()> = Result<T, Violation>;

/// A lease that a person knows of.
#[derive(Debug, Clone)]
pub struct Held {
    /// Its id.
    pub lease: LeaseId,
    /// The work.
    pub assignment: AssignmentId,
    /// The items.
    pub items: Vec<i64>,
    /// The submission or decision that was sent last: its id, what was in it, and whether it was taken.
    pub sent: Option<Sent>,
}

/// See [`Held::sent`].
#[derive(Debug, Clone)]
pub struct Sent {
    /// Counts the ids that were used.
    pub number: usize,
    /// What may have been taken under that id; one, once it is known.
    pub contents: Vec<String>,
    /// `true` when it was taken, `false` when it was refused, `None` when nobody knows.
    pub taken: Option<bool>,
}

impl Sent {
    /// What is known after one more try under the same id, or the first of a new one.
    pub fn after(previous: Option<Self>, number: usize, content: String, taken: Option<bool>) -> Self {
        let mut contents = match (previous, taken) {
            (Some(previous), None) => previous.contents,
            _ => Vec::new(),
        };
        contents.push(content);
        Self { number, contents, taken }
    }
}

/// A question that was asked under a key.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The key.
    pub key: usize,
    /// The job that it named.
    pub job: Option<JobId>,
    /// The lease that it gave.
    pub lease: Option<LeaseId>,
    /// When.
    pub at: Time,
}

/// Somebody who annotates and reviews.
pub struct Person {
    /// Who.
    pub id: UserId,
    /// As the services know them.
    pub caller: Caller,
    /// Leases that they know of, the newest first.
    pub leases: VecDeque<Held>,
    /// Reviews that they know of, the newest first.
    pub reviews: VecDeque<Held>,
    /// The last question.
    pub asked: Option<Asked>,
    /// Keys used so far.
    pub keys: usize,
}

/// The world.
pub struct World {
    pub(crate) common: Common,
    pub(crate) processes: Vec<Process>,
    pub(crate) team: TeamId,
    pub(crate) manager: UserId,
    pub(crate) people: Vec<Person>,
    pub(crate) jobs: Vec<JobId>,
    /// When each job last changed its status, by a clock that never jumps.
    pub(crate) switched: BTreeMap<JobId, Instant>,
    pub(crate) under_way: Vec<Message>,
    pub(crate) audit: Audit,
    /// Leases that ended with their holder's role.
    pub(crate) freed: BTreeSet<LeaseId>,
    pub(crate) imports: Imports,
    /// Of the jobs' pictures.
    pub(crate) dataset: DatasetId,
    pub(crate) pictures: Pictures,
    pub(crate) follower: Follower,
    /// What people did, for the checker.
    pub(crate) history: Vec<swath_checker::Event>,
    pub(crate) operations: u64,
    failing: bool,
    queues: Vec<Subscription>,
    trace: DefaultHasher,
    pub(crate) story: Option<Vec<String>>,
    stripes: i64,
}

/// What a world is like, drawn from its seed.
#[derive(Debug, Clone, Copy)]
pub struct Climate {
    review: ReviewRule,
    slots: i64,
    range_size: i64,
    items: i64,
    rounds: i64,
}

impl Climate {
    /// Worlds differ from seed to seed.
    pub fn of_seed(seed: u64) -> Self {
        let reviews = [ReviewRule::All, ReviewRule::All, ReviewRule::None, ReviewRule::Sample(50)];
        let pick = |by: u64, of: u64| (seed / by) % of;
        Self {
            review: reviews[pick(1, 4) as usize],
            slots: if pick(4, 4) == 3 { 2 } else { 1 },
            range_size: [3, 4, 2][pick(16, 3) as usize],
            items: [8, 11, 5][pick(48, 3) as usize],
            rounds: [5, 2][pick(144, 2) as usize],
        }
    }
}

const TERMS: LeasePolicy = LeasePolicy::of_seconds(1_800, 43_200, 900, 5);
/// The sweep takes few at a time here, so that a page that is full of others shows.
const EXPIRE_AT_ONCE: i64 = 2;

impl World {
    /// Makes a world with a team, its people and its jobs.
    pub async fn new(config: &Config, seed: u64, tell: bool) -> anyhow::Result<Self> {
        let mut config = config.clone();
        config.work.expire_at_once = EXPIRE_AT_ONCE;
        let common = Common {
            config,
            memory: Memory::default(),
            bus: Bus::memory(),
            locks: FaultInjectingLocks::default(),
            clock: VirtualClock::new(),
            ids: CountedIds::default(),
        };
        let mut processes = Vec::new();
        for stripe in 0..PROCESSES {
            processes.push(Process::start(&common, stripe as i64).await?);
        }
        let now = common.clock.now();
        let (team, manager) = (TeamId(common.ids.next(now)), UserId(common.ids.next(now)));
        let dataset = DatasetId(common.ids.next(now));
        let queues = [Queue::Annotate(team), Queue::Review(team), Queue::Coordinate];
        let queues = queues.map(|queue| common.bus.subscribe(queue)).into();
        let mut world = Self {
            common,
            processes,
            team,
            manager,
            people: Vec::new(),
            jobs: Vec::new(),
            switched: BTreeMap::new(),
            under_way: Vec::new(),
            audit: Audit::default(),
            follower: Follower::default(),
            freed: BTreeSet::new(),
            imports: Imports::default(),
            dataset,
            pictures: Pictures::new(),
            history: Vec::new(),
            operations: 0,
            failing: false,
            queues,
            trace: DefaultHasher::new(),
            story: tell.then(Vec::new),
            stripes: PROCESSES as i64,
        };
        world.populate(Climate::of_seed(seed)).await?;
        Ok(world)
    }

    async fn populate(&mut self, climate: Climate) -> anyhow::Result<()> {
        let (now, ids) = (self.now(), self.common.ids.clone());
        let store = self.processes[0].context.store.clone();
        store.team_create(self.team, "the team".into(), self.actor(None), None).await?;
        let both = Roles::of(&[Role::Annotator, Role::Reviewer]);
        self.settle(self.manager, Roles::of(&[Role::Manager])).await?;
        for _ in 0..PEOPLE {
            let person = Person::new(UserId(ids.next(now)), self.team, both);
            self.settle(person.id, both).await?;
            self.people.push(person);
        }
        let dataset = self.dataset;
        let source = Source::Pattern { pattern: "https://a.example/{}.png".into(), count: 100 };
        let (name, base) = ("pictures".to_owned(), String::new());
        let new = NewDataset { id: dataset, team: self.team, name, creator: self.manager, base, source, now };
        store.dataset_create(new, None).await?;
        for (number, items) in [climate.items, 4].into_iter().enumerate() {
            let job = JobId(ids.next(now));
            let split = items / 2;
            let selection = [Range { start: 0, end: split }, Range { start: split + 3, end: items + 3 }];
            let runs = runs(selection, items);
            let review = if number == 0 { climate.review } else { ReviewRule::All };
            let slots = if number == 0 { climate.slots } else { 1 };
            let job_row = Job {
                id: job,
                team: self.team,
                dataset,
                version: 1,
                title: "a job".into(),
                spec: spec().into(),
                status: JobStatus::Active,
                priority: Priority::Normal,
                due: None,
                range_size: climate.range_size,
                slots,
                lease_policy: LeasePolicy { rounds: climate.rounds, ..TERMS },
                review,
                seed: 7,
                selected: items,
                cut_to: 0,
                seq: 0,
                creator: self.manager,
                created: now,
            };
            store.job_create(NewJob { job: job_row, runs, token_maker: None }, None).await?;
            self.jobs.push(job);
            self.switched.insert(job, Instant::now());
        }
        Ok(())
    }

    /// Makes an account with these roles in the team.
    async fn settle(&self, user: UserId, roles: Roles) -> anyhow::Result<()> {
        let store = &self.processes[0].context.store;
        store.user_create(account(user), self.actor(None), None).await?;
        store.member_put(self.team, user, roles, self.actor(None)).await?;
        Ok(())
    }

    /// Who changes something about people now.
    pub(crate) fn actor(&self, user: Option<UserId>) -> Actor {
        let now = self.now();
        Actor { user, token: None, entry: self.common.ids.next(now), at: now }
    }

    /// The present moment.
    pub fn now(&self) -> Time {
        self.common.clock.now()
    }

    /// Looks at the tables; only the simulation itself runs, so nobody else has them.
    pub fn look<R>(&self, look: impl FnOnce(View<'_>) -> R) -> Checked<R> {
        self.common.memory.view(look).ok_or_else(|| Violation("a transaction was left open".into()))
    }

    /// One assignment as it stands.
    pub fn row(&self, id: AssignmentId) -> Checked<Assignment> {
        self.look(|view| view.assignment(id).cloned())?
            .ok_or_else(|| Violation(format!("assignment {id} is gone")))
    }

    /// Plans a failing commit.
    pub fn fail(&mut self, fault: swath_store::Fault) {
        self.common.memory.fail_next(fault);
        self.failing = true;
    }

    /// Whether the call that has just ended met the planned failure.
    pub fn was_hit(&mut self) -> bool {
        let hit = self.is_hit();
        self.failing &= !hit;
        hit
    }

    /// The same, which the next look still sees.
    pub fn is_hit(&self) -> bool {
        self.failing && !self.common.memory.is_failing()
    }

    /// From now on no commit fails.
    pub fn heal(&mut self) {
        self.common.memory.spare();
        self.failing = false;
    }

    /// Puts another process in the place of one that dies.
    pub async fn crash(&mut self, process: usize) -> anyhow::Result<()> {
        self.stripes += 1;
        self.stop_imports(process);
        self.processes[process] =
            Process::start(&self.common, self.stripes).await.context("a process starts")?;
        Ok(())
    }

    /// Takes what was published off the bus; it arrives when the simulation says so.
    pub fn collect(&mut self) {
        for queue in &mut self.queues {
            while let Some(Some(message)) = queue.recv().now_or_never() {
                self.under_way.push(message);
            }
        }
    }

    /// Writes down what happened, for whoever compares two runs or reads one.
    pub fn tell(&mut self, what: &dyn Debug, outcome: &dyn Debug) {
        if let Some(story) = &mut self.story {
            story.push(format!("{what:?} -> {outcome:?}"));
        }
    }

    /// Adds to what tells this run from every other.
    pub fn mark(&mut self, what: impl Hash) {
        what.hash(&mut self.trace);
    }

    /// What tells this run from every other.
    pub fn fingerprint(&self) -> u64 {
        self.trace.finish()
    }
}

impl Person {
    fn new(id: UserId, team: TeamId, roles: Roles) -> Self {
        Self {
            id,
            caller: caller(id, team, roles),
            leases: VecDeque::new(),
            reviews: VecDeque::new(),
            asked: None,
            keys: 0,
        }
    }
}

fn account(id: UserId) -> User {
    let (name, created) = ("somebody".to_owned(), Time(0));
    User { id, name, email: None, admin: false, created, creator: None, deactivated: None }
}

/// A person as services know them who have read these roles.
pub(crate) fn caller(id: UserId, team: TeamId, roles: Roles) -> Caller {
    let member = (roles != Roles::NONE).then(|| (team, "the team".to_owned(), roles));
    let teams = member.into_iter().collect();
    let (user, team) = (account(id), Some(team));
    Caller::of(Token {
        id: TokenId(id.0),
        user,
        team,
        maker: None,
        by_admin: false,
        expires: None,
        revoked: None,
        is_session: false,
        teams,
    })
}

fn spec() -> JobSpec {
    let class = Class { name: "thing".into(), shape: Shape::Rectangle };
    let tag = TagDefinition { name: "seen".into(), values: None };
    JobSpec { classes: vec![class], tags: vec![tag], limits: LabelLimits::default(), ..JobSpec::default() }
}

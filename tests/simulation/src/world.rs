//! A simulated world: processes on one database, users with leases, and messages that have not arrived.

use std::collections::{BTreeMap, BTreeSet};
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
    Assignment, AssignmentId, Clock, DatasetId, Ids, JobId, LeaseId, Range, Role, Roles, TeamId, Time, UserId,
};
use swath_locks::FaultInjectingLocks;
use swath_runtime::Config;
use swath_store::{Actor, Memory, NewDataset, NewJob, Source, View};
use tokio::time::Instant;

use crate::attempts::Imports;
use crate::audit::Audit;
use crate::follower::Follower;
use crate::ops::{PEOPLE, PROCESSES};
use crate::person::{Person, account};
use crate::picture::Pictures;
use crate::process::{Common, Process};
use crate::sources::{CountedIds, VirtualClock};
use crate::violation::{Checked, Violation};

/// The state of a simulated world.
pub struct World {
    pub(crate) common: Common,
    pub(crate) processes: Vec<Process>,
    pub(crate) team: TeamId,
    pub(crate) manager: UserId,
    pub(crate) people: Vec<Person>,
    pub(crate) jobs: Vec<JobId>,
    /// When each job last changed its status (monotonic clock).
    pub(crate) switched: BTreeMap<JobId, Instant>,
    pub(crate) under_way: Vec<Message>,
    pub(crate) audit: Audit,
    /// Leases that ended because their holder lost the role.
    pub(crate) freed: BTreeSet<LeaseId>,
    pub(crate) imports: Imports,
    /// The dataset of the jobs.
    pub(crate) dataset: DatasetId,
    pub(crate) pictures: Pictures,
    pub(crate) follower: Follower,
    /// What users did, for the checker.
    pub(crate) history: Vec<swath_checker::Event>,
    pub(crate) operations: u64,
    failing: bool,
    queues: Vec<Subscription>,
    trace: DefaultHasher,
    pub(crate) story: Option<Vec<String>>,
    stripes: i64,
}

/// The parameters of a world, which follow from its seed.
#[derive(Debug, Clone, Copy)]
pub struct Climate {
    review: ReviewRule,
    slots: i64,
    range_size: i64,
    items: i64,
    rounds: i64,
}

impl Climate {
    /// The parameters of a seed's world.
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

const LEASE_POLICY: LeasePolicy = LeasePolicy::of_seconds(1_800, 43_200, 900, 5);
/// A small page, so that tests cover a page filled by other entries.
const EXPIRE_AT_ONCE: i64 = 2;

impl World {
    /// Creates a world with a team, its users and its jobs.
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
            let selection = [Range::of(0, split), Range::of(split + 3, items + 3)];
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
                lease_policy: LeasePolicy { rounds: climate.rounds, ..LEASE_POLICY },
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

    /// Creates an account with these roles in the team.
    async fn settle(&self, user: UserId, roles: Roles) -> anyhow::Result<()> {
        let store = &self.processes[0].context.store;
        store.user_create(account(user), self.actor(None), None).await?;
        store.member_put(self.team, user, roles, self.actor(None)).await?;
        Ok(())
    }

    /// The author of a change of accounts and roles.
    pub(crate) fn actor(&self, user: Option<UserId>) -> Actor {
        let now = self.now();
        Actor { user, token: None, entry: self.common.ids.next(now), at: now }
    }

    /// The current time.
    pub fn now(&self) -> Time {
        self.common.clock.now()
    }

    /// Reads the tables. No transaction may be open.
    pub fn look<R>(&self, look: impl FnOnce(View<'_>) -> R) -> Checked<R> {
        self.common.memory.view(look).ok_or_else(|| Violation("a transaction was left open".into()))
    }

    /// The current state of an assignment.
    pub fn row(&self, id: AssignmentId) -> Checked<Assignment> {
        self.look(|view| view.assignment(id).cloned())?
            .ok_or_else(|| Violation(format!("assignment {id} is gone")))
    }

    /// Makes the next commit fail.
    pub fn fail(&mut self, fault: swath_store::Fault) {
        self.common.memory.fail_next(fault);
        self.failing = true;
    }

    /// True if the call that has just ended met the planned failure, which is then used up.
    pub fn was_hit(&mut self) -> bool {
        let hit = self.is_hit();
        self.failing &= !hit;
        hit
    }

    /// As [`World::was_hit`], but keeps the planned failure.
    pub fn is_hit(&self) -> bool {
        self.failing && !self.common.memory.is_failing()
    }

    /// Cancels the planned failure.
    pub fn heal(&mut self) {
        self.common.memory.spare();
        self.failing = false;
    }

    /// Kills a process and starts another one in its place.
    pub async fn crash(&mut self, process: usize) -> anyhow::Result<()> {
        self.stripes += 1;
        self.stop_imports(process);
        self.processes[process] =
            Process::start(&self.common, self.stripes).await.context("a process starts")?;
        Ok(())
    }

    /// Takes all published messages off the bus. They arrive when the simulation delivers them.
    pub fn collect(&mut self) {
        for queue in &mut self.queues {
            while let Some(Some(message)) = queue.recv().now_or_never() {
                self.under_way.push(message);
            }
        }
    }

    /// Records what happened, for a reader of the run.
    pub fn tell(&mut self, what: &dyn Debug, outcome: &dyn Debug) {
        if let Some(story) = &mut self.story {
            story.push(format!("{what:?} -> {outcome:?}"));
        }
    }

    /// Adds to the fingerprint of the run.
    pub fn mark(&mut self, what: impl Hash) {
        what.hash(&mut self.trace);
    }

    /// The fingerprint of the run.
    pub fn fingerprint(&self) -> u64 {
        self.trace.finish()
    }
}

fn spec() -> JobSpec {
    let class = Class { name: "thing".into(), shape: Shape::Rectangle };
    let tag = TagDefinition { name: "seen".into(), values: None };
    JobSpec { classes: vec![class], tags: vec![tag], limits: LabelLimits::default(), ..JobSpec::default() }
}

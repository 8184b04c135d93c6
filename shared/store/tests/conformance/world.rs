//! A small world in a fresh database: a team, its people, its jobs and its time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use swath_domain::job::{Job, JobSpec, JobStatus, LeasePolicy, Priority};
use swath_domain::ranges::Range;
use swath_domain::review::{ReviewRule, Verdict};
use swath_domain::selection::runs;
use swath_domain::time::{Micros, seconds};
use swath_domain::{
    Assignment, AssignmentId, DatasetId, ItemIndex, JobId, LeaseEnd, LeaseId, Refusal, Role, Roles, TeamId,
    Time, TokenId, UserId,
};
use uuid::Uuid;

use swath_store::{
    Actor, AssignmentFilter, Granted, ItemWork, NewDataset, NewJob, NewToken, Result, Source, Store,
    StoreError, Target, User, VerdictRow, digest,
};

/// How long a lease runs here.
pub(super) const LEASE: Micros = seconds(30 * 60);
/// How long it may be renewed.
pub(super) const DEADLINE: Micros = seconds(12 * 3_600);
/// How long rework waits for its author.
pub(super) const RESERVE: Micros = seconds(15 * 60);

/// The shortest span.
pub(super) const MOMENT: Micros = Micros(1);

/// A process on the database, and what all processes of a test share.
#[derive(Clone)]
pub(super) struct World {
    pub(super) store: Store,
    pub(super) target: Target,
    pub(super) team: TeamId,
    pub(super) manager: UserId,
    shared: Arc<Shared>,
}

struct Shared {
    now: AtomicI64,
    ids: AtomicU64,
    selections: Mutex<HashMap<JobId, Vec<Range>>>,
}

/// What a job asks for.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) selection: Vec<Range>,
    pub(super) range_size: i64,
    pub(super) slots: i64,
    pub(super) review: ReviewRule,
    pub(super) rounds: i64,
}

impl Plan {
    /// One opinion on each of this many items, in ranges of five, all of it reviewed.
    pub(super) fn of(items: i64) -> Self {
        let selection = vec![Range::of(0, items)];
        Self { selection, range_size: 5, slots: 1, review: ReviewRule::All, rounds: 5 }
    }
}

impl World {
    pub(super) async fn new(target: Target) -> Self {
        let shared = Shared {
            now: AtomicI64::new(seconds(1_800_000_000).0),
            ids: AtomicU64::new(1),
            selections: Mutex::default(),
        };
        let store = Store::open(&target, 0).await.expect("the database opens");
        store.migrate().await.expect("the schema is made");
        let nobody = Uuid::nil();
        let mut world =
            Self { store, target, team: TeamId(nobody), manager: UserId(nobody), shared: Arc::new(shared) };
        world.team = world.new_team("the team").await;
        world.manager = world.member(&[Role::Manager]).await;
        world
    }

    /// Another process on the same database.
    pub(super) async fn another_process(&self) -> Self {
        let store = Store::open(&self.target, 1).await.expect("the database opens once more");
        Self { store, ..self.clone() }
    }

    pub(super) fn now(&self) -> Time {
        Time(self.shared.now.load(Ordering::Relaxed))
    }

    /// The manager, as the audit log names them.
    pub(super) fn actor(&self) -> Actor {
        // Entries count up from their first, so that there is room between these ids.
        let (id, tail) = (self.id().as_u128(), (1 << 62) - 1);
        let entry = Uuid::from_u128((id & !tail) | ((id & tail) << 20));
        Actor { user: Some(self.manager), token: None, entry, at: self.now() }
    }

    /// Keeps a token of a user in the team.
    pub(super) async fn token(&self, user: UserId, secret: &str) -> TokenId {
        let (id, digest) = (TokenId(self.id()), digest(secret.as_bytes()));
        let token = NewToken { id, user, team: Some(self.team), digest, expires: None };
        self.store.token_create(token, self.actor(), None).await.expect("a token is made").value
    }

    /// Lets time pass.
    pub(super) fn pass(&self, span: Micros) -> Time {
        Time(self.shared.now.fetch_add(span.0, Ordering::Relaxed)) + span
    }

    /// A new id of the present millisecond.
    pub(super) fn id(&self) -> Uuid {
        let n = u128::from(self.shared.ids.fetch_add(1, Ordering::Relaxed));
        Uuid::from_u128(((self.now().millis() as u128) << 80) | (0x7 << 76) | (0b10 << 62) | n)
    }

    pub(super) async fn new_team(&self, name: &str) -> TeamId {
        let id = TeamId(self.id());
        self.store.team_create(id, name.into(), self.actor(), None).await.expect("a team is made")
    }

    pub(super) async fn person(&self) -> UserId {
        let id = UserId(self.id());
        let user = User {
            id,
            name: format!("person {id}"),
            email: None,
            admin: false,
            created: self.now(),
            creator: None,
            deactivated: None,
        };
        self.store.user_create(user, self.actor(), None).await.expect("a user is made").id
    }

    pub(super) async fn member(&self, roles: &[Role]) -> UserId {
        let user = self.person().await;
        self.store.member_put(self.team, user, Roles::of(roles), self.actor()).await.expect("a user joins");
        user
    }

    /// A member who annotates and reviews.
    pub(super) async fn worker(&self) -> UserId {
        self.member(&[Role::Annotator, Role::Reviewer]).await
    }

    pub(super) async fn workers(&self, count: usize) -> Vec<UserId> {
        let mut workers = Vec::with_capacity(count);
        for _ in 0..count {
            workers.push(self.worker().await);
        }
        workers
    }

    /// A dataset of numbered URIs.
    pub(super) async fn dataset(&self, count: i64) -> DatasetId {
        let new = NewDataset {
            id: DatasetId(self.id()),
            team: self.team,
            name: "numbers".into(),
            creator: self.manager,
            base: "s3://bucket/".into(),
            source: Source::Pattern { pattern: "s3://bucket/{:06}.jpg".into(), count },
            now: self.now(),
        };
        self.store.dataset_create(new, None).await.expect("a dataset is made")
    }

    /// The job that a plan asks for, not yet made.
    pub(super) async fn draft(&self, plan: &Plan) -> NewJob {
        let items = plan.selection.last().map_or(0, |range| range.end.0);
        let runs = runs(plan.selection.iter().copied(), i64::MAX);
        let job = Job {
            id: JobId(self.id()),
            team: self.team,
            dataset: self.dataset(items).await,
            version: 1,
            title: "a job".into(),
            spec: JobSpec::default().into(),
            status: JobStatus::Active,
            priority: Priority::default(),
            due: None,
            range_size: plan.range_size,
            slots: plan.slots,
            lease_policy: LeasePolicy {
                lease: LEASE,
                deadline: DEADLINE,
                reserve: RESERVE,
                rounds: plan.rounds,
            },
            review: plan.review,
            seed: 7,
            selected: plan.selection.iter().map(Range::len).sum(),
            cut_to: 0,
            seq: 0,
            creator: self.manager,
            created: self.now(),
        };
        NewJob { job, runs, token_maker: None }
    }

    pub(super) async fn uncut_job(&self, plan: &Plan) -> JobId {
        let draft = self.draft(plan).await;
        let job = self.store.job_create(draft, None).await.expect("a job is made");
        self.shared.selections.lock().unwrap().insert(job, plan.selection.clone());
        job
    }

    /// A job that is cut to its end.
    pub(super) async fn job(&self, plan: &Plan) -> JobId {
        let job = self.uncut_job(plan).await;
        while !self.store.job_cut(job, 1_000, self.now()).await.expect("a slice is cut").done {}
        job
    }

    /// The item numbers that a job of this world selects.
    pub(super) fn selection(&self, job: JobId) -> Vec<ItemIndex> {
        let selections = self.shared.selections.lock().unwrap();
        selections[&job].iter().flat_map(Range::iter).collect()
    }

    /// All assignments of a job.
    pub(super) async fn assignments(&self, job: JobId) -> Vec<Assignment> {
        let mut all: Vec<Assignment> = Vec::new();
        loop {
            let after = all.last().map_or(Uuid::nil(), |last| last.id.0);
            let page = self.store.assignments(job, AssignmentFilter::default(), after, 500).await;
            let page = page.expect("a page of assignments is read");
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// The assignment as it stands now.
    pub(super) async fn look(&self, id: AssignmentId) -> Assignment {
        self.store.assignment(id).await.expect("an assignment is read").expect("the assignment is there")
    }
}

/// The assignment of a new grant.
pub(super) fn granted(answer: Granted) -> Assignment {
    match answer {
        Granted::New(assignment) => *assignment,
        other => panic!("expected a new lease, got {other:?}"),
    }
}

/// Lease and holder of an assignment as it was granted.
pub(super) fn holder(held: &Assignment) -> (LeaseId, UserId) {
    (held.lease_id().expect("a lease"), held.holder().expect("a holder"))
}

/// What a user says of an item.
pub(super) fn work(item: i64, text: &str) -> ItemWork {
    ItemWork { item: ItemIndex(item), body: format!(r#"{{"item":{item},"text":"{text}"}}"#), skipped: false }
}

/// What a user says who cannot label an item.
pub(super) fn skip(item: i64) -> ItemWork {
    ItemWork { skipped: true, ..work(item, "skipped") }
}

pub(super) fn verdict(item: i64, verdict: Verdict) -> VerdictRow {
    VerdictRow::plain(ItemIndex(item), verdict)
}

/// Why a lease was refused as stale.
pub(super) fn staleness<T: std::fmt::Debug>(answer: Result<T>) -> LeaseEnd {
    match answer {
        Err(StoreError::Refused(Refusal::Stale(reason))) => reason,
        other => panic!("expected a stale lease, got {other:?}"),
    }
}

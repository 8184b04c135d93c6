//! A job with room for any number of people, and the commands that are measured on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use swath_domain::job::{Job, JobSpec, JobStatus, LeasePolicy, Priority};
use swath_domain::ranges::Range;
use swath_domain::review::ReviewRule;
use swath_domain::selection::Run;
use swath_domain::{Assignment, DatasetId, ItemIndex, JobId, LeaseId, Stage, TeamId, Time, UserId};
use swath_store::{
    Actor, Decide, Grant, Granted, ItemWork, Key, NewDataset, NewJob, SaveItem, Source, Store, Submit, Target,
};
use uuid::Uuid;

/// When all of this happens.
const NOW: Time = Time(1_800_000_000_000_000);
/// Items of the job, far more than a run can use up.
const ITEMS: i64 = 100_000_000;
/// Items of an assignment.
const RANGE_SIZE: i64 = 10;
/// Ranges that are cut at once.
const SLICE: i64 = 1_000;

/// A store with one job.
pub struct Fixture {
    store: Store,
    team: TeamId,
    job: JobId,
    /// Cut and not yet granted.
    waiting: AtomicI64,
    ids: AtomicU64,
}

impl Fixture {
    /// Makes the job in a fresh database.
    pub async fn open(target: &Target) -> Self {
        let store = Store::open(target, 0).await.expect("the database opens");
        store.migrate().await.expect("the schema is made");
        let mut fixture = Self {
            store,
            team: TeamId(Uuid::nil()),
            job: JobId(Uuid::nil()),
            waiting: AtomicI64::new(0),
            ids: AtomicU64::new(1),
        };
        let team = TeamId(fixture.id());
        let actor = Actor { user: None, token: None, entry: fixture.id(), at: NOW };
        fixture.team =
            fixture.store.team_create(team, "fixture".into(), actor, None).await.expect("a team is made");
        fixture.job = fixture.new_job().await;
        fixture
    }

    fn id(&self) -> Uuid {
        let n = u128::from(self.ids.fetch_add(1, Ordering::Relaxed));
        Uuid::from_u128(((NOW.millis() as u128) << 80) | (0x7 << 76) | (0b10 << 62) | n)
    }

    async fn new_job(&self) -> JobId {
        let creator = UserId(self.id());
        let source = Source::Pattern { pattern: "s3://bucket/{}".into(), count: ITEMS };
        let (id, name, base) = (DatasetId(self.id()), "numbers".into(), "s3://bucket/".into());
        let dataset = NewDataset { id, team: self.team, name, creator, base, source, now: NOW };
        let dataset = self.store.dataset_create(dataset, None).await.expect("a dataset is made");
        let job = Job {
            id: JobId(self.id()),
            team: self.team,
            dataset,
            version: 1,
            title: "a job".into(),
            spec: JobSpec::default().into(),
            status: JobStatus::Active,
            priority: Priority::default(),
            due: None,
            range_size: RANGE_SIZE,
            slots: 1,
            lease_policy: LeasePolicy::of_seconds(1_800, 43_200, 900, 5),
            review: ReviewRule::All,
            seed: 1,
            selected: ITEMS,
            cut_to: 0,
            seq: 0,
            creator,
            created: NOW,
        };
        let runs = vec![Run { range: Range::of(0, ITEMS), offset: 0 }];
        self.store.job_create(NewJob { job, runs, token_maker: None }, None).await.expect("a job is made")
    }

    /// Cuts where fewer ranges wait than people are about to ask.
    pub async fn cut(&self, people: usize) {
        let people = people as i64;
        if self.waiting.load(Ordering::Relaxed) < people {
            let cut = self.store.job_cut(self.job, SLICE, NOW).await.expect("a slice is cut");
            self.waiting.fetch_add(cut.made, Ordering::Relaxed);
        }
        self.waiting.fetch_sub(people, Ordering::Relaxed);
    }

    /// A lease or a review for someone who never asked before.
    pub async fn grant(&self, stage: Stage) -> Assignment {
        let command = Grant {
            stage,
            user: UserId(self.id()),
            token_maker: None,
            team: self.team,
            only: None,
            open: Arc::new([self.job]),
            job: Some(self.job),
            candidates: Vec::new(),
            lease: LeaseId(self.id()),
            key: None,
            now: NOW,
        };
        // Two writers may look at the same rows; whoever finds them locked asks again.
        loop {
            if let Granted::New(assignment) =
                self.store.lease_grant(command.clone()).await.expect("an answer")
            {
                return *assignment;
            }
        }
    }

    /// Saves the first item.
    pub async fn confirm(&self, held: &Assignment) {
        let (lease, user) = holder(held);
        let work = work(held.ranges.as_slice()[0].start);
        let command = SaveItem { lease, user, token_maker: None, work, if_revision: None, now: NOW };
        self.store.item_save(command).await.expect("an item is saved");
    }

    /// Hands in everything.
    pub async fn submit(&self, held: &Assignment) {
        let (lease, user) = holder(held);
        let items = held.ranges.iter().map(work).collect();
        let submission = Key::new(lease.to_string(), b"all");
        let command = Submit { lease, user, token_maker: None, submission, items, now: NOW };
        self.store.lease_submit(command).await.expect("a submission is taken");
    }

    /// Accepts everything.
    pub async fn decide(&self, review: &Assignment) {
        let (lease, user) = holder(review);
        let decision = Key::new(lease.to_string(), b"all");
        let command = Decide {
            lease,
            user,
            token_maker: None,
            decision,
            verdicts: Vec::new(),
            accept_rest: true,
            now: NOW,
        };
        self.store.review_decide(command).await.expect("a decision is taken");
    }
}

fn holder(held: &Assignment) -> (LeaseId, UserId) {
    (held.lease_id().expect("a lease"), held.holder().expect("a holder"))
}

/// About as much as a picture with two boxes.
fn work(item: ItemIndex) -> ItemWork {
    let figure = r#"{"class":"digit","shape":"rectangle","geometry":{"x":1.5,"y":2,"width":30,"height":40},"tags":[]}"#;
    ItemWork { item, body: format!(r#"{{"figures":[{figure},{figure}],"tags":[]}}"#), skipped: false }
}

//! A random walk over all verbs, audited after every step: in whatever order things happen, the books balance.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use swath_domain::cause::Cause;
use swath_domain::review::{ReviewRule, Verdict};
use swath_domain::{Assignment, AssignmentId, JobId, Micros, Stage, UserId};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{LEASE, MOMENT, Plan, RESERVE, World, skip, verdict, work};
use swath_store::{Granted, ItemWork, Result, SaveItem, StoreError, Submit};

suite! {
    the_books_of_a_reviewed_job_balance_after_every_step
    the_books_of_a_sampled_job_with_three_opinions_balance_after_every_step
    the_books_of_a_job_that_is_cancelled_half_way_balance_after_every_step
}

/// Operations of one walk.
const STEPS: usize = 300;

async fn the_books_of_a_reviewed_job_balance_after_every_step(world: World) {
    let mut walk = Walk::start(world, 11, &Plan { rounds: 3, ..Plan::of(40) }).await;
    walk.go(STEPS).await;
}

async fn the_books_of_a_sampled_job_with_three_opinions_balance_after_every_step(world: World) {
    let plan = Plan { slots: 3, review: ReviewRule::Sample(50), rounds: 2, ..Plan::of(18) };
    let mut walk = Walk::start(world, 12, &plan).await;
    walk.go(STEPS).await;
}

async fn the_books_of_a_job_that_is_cancelled_half_way_balance_after_every_step(world: World) {
    let mut walk = Walk::start(world, 13, &Plan::of(40)).await;
    walk.go(STEPS / 2).await;
    walk.cancel().await;
    walk.go(STEPS / 6).await;
    walk.call_off().await;
    assert_eq!(walk.world.store.job_progress(walk.job).await.unwrap().items().undecided(), 0);
    assert!(walk.world.store.job_finish(walk.job, walk.world.now()).await.unwrap());
}

/// A walk in progress: every lease that was ever granted stays known, so that stale ones are used as well.
struct Walk {
    world: World,
    random: StdRng,
    job: JobId,
    people: Vec<UserId>,
    leases: Vec<Assignment>,
    reviews: Vec<Assignment>,
}

/// Refusals are ordinary answers; everything else is a fault of the store's.
fn ordinary<T: std::fmt::Debug>(answer: Result<T>) {
    match answer {
        Ok(_) | Err(StoreError::Refused(_) | StoreError::Conflict(_)) => {}
        Err(fault) => panic!("{fault:?}"),
    }
}

impl Walk {
    async fn start(world: World, seed: u64, plan: &Plan) -> Self {
        let job = world.uncut_job(plan).await;
        let people = world.workers(5).await;
        let random = StdRng::seed_from_u64(seed);
        Self { world, random, job, people, leases: Vec::new(), reviews: Vec::new() }
    }

    async fn go(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step().await;
            audit(&self.world, self.job).await;
        }
    }

    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..8 => self.cut().await,
            8..30 => self.ask(Stage::Annotate).await,
            30..45 => self.ask(Stage::Review).await,
            45..55 => self.confirm().await,
            55..67 => self.submit().await,
            67..80 => self.decide().await,
            80..84 => self.hold().await,
            84..90 => self.sweep().await,
            90..93 => self.waive().await,
            _ => self.manage().await,
        }
    }

    async fn cut(&mut self) {
        let ranges = self.random.random_range(1..3);
        self.world.store.job_cut(self.job, ranges, self.world.now()).await.unwrap();
    }

    async fn ask(&mut self, stage: Stage) {
        let user = *self.people.choose(&mut self.random).unwrap();
        if let Granted::New(assignment) = self.world.ask(stage, self.job, user).await {
            let known = if stage == Stage::Annotate { &mut self.leases } else { &mut self.reviews };
            known.push(*assignment);
        }
    }

    /// One of the last leases of a stage, which is current more often than not.
    fn known(&mut self, stage: Stage) -> Option<Assignment> {
        let known = if stage == Stage::Annotate { &self.leases } else { &self.reviews };
        let recent = &known[known.len().saturating_sub(6)..];
        recent.choose(&mut self.random).cloned()
    }

    /// Some of an assignment's items.
    fn some_items(&mut self, assignment: &Assignment) -> Vec<i64> {
        let some = assignment.ranges.iter().filter(|_| self.random.random_bool(0.4));
        some.map(|item| item.0).collect()
    }

    async fn confirm(&mut self) {
        let Some(held) = self.known(Stage::Annotate) else { return };
        for item in self.some_items(&held) {
            let work = self.say(item);
            ordinary(
                self.world.store.item_save(SaveItem { work, ..self.world.confirmation(&held, item) }).await,
            );
        }
    }

    fn say(&mut self, item: i64) -> ItemWork {
        if self.random.random_bool(0.2) { skip(item) } else { work(item, "walked") }
    }

    /// Hands in everything, or what was confirmed before, which may not be enough.
    async fn submit(&mut self) {
        let Some(held) = self.known(Stage::Annotate) else { return };
        let everything = self.random.random_bool(0.8);
        let items = held.ranges.iter().filter(|_| everything).map(|item| self.say(item.0)).collect();
        ordinary(self.world.store.lease_submit(Submit { items, ..self.world.submission(&held) }).await);
    }

    async fn decide(&mut self) {
        let Some(review) = self.known(Stage::Review) else { return };
        let rejected = if self.random.random_bool(0.5) { self.some_items(&review) } else { Vec::new() };
        for item in self.some_items(&review) {
            ordinary(self.world.put_verdict(&review, verdict(item, Verdict::Accept)).await);
        }
        ordinary(self.world.decide(&review, &rejected).await);
    }

    async fn hold(&mut self) {
        let stage = *[Stage::Annotate, Stage::Review].choose(&mut self.random).unwrap();
        let Some(held) = self.known(stage) else { return };
        if self.random.random_bool(0.5) {
            ordinary(self.world.renew(stage, &held).await);
        } else {
            ordinary(self.world.release(stage, &held).await);
        }
    }

    async fn sweep(&mut self) {
        self.world.pass(Micros(self.random.random_range(0..LEASE.0)));
        self.world.expire().await;
    }

    async fn waive(&mut self) {
        let (store, now) = (&self.world.store, self.world.pass(MOMENT));
        let ids = store.submissions_to_waive(now, 2).await.unwrap();
        ordinary(store.submission_waive(ids, now).await);
    }

    async fn manage(&mut self) {
        let assignments = self.world.assignments(self.job).await;
        let Some(id) = assignments.choose(&mut self.random).map(|assignment| assignment.id) else { return };
        let (store, cause) = (self.world.store.clone(), self.world.cause());
        match self.random.random_range(0..10) {
            0..5 => {
                let to =
                    self.people.choose(&mut self.random).copied().filter(|_| self.random.random_bool(0.7));
                let until = self.world.now() + RESERVE;
                ordinary(store.assignment_reassign(id, to, until, cause).await);
            }
            5..9 => ordinary(store.assignment_reopen(id, cause).await),
            _ => ordinary(store.assignment_cancel(id, cause).await),
        }
    }

    async fn cancel(&mut self) {
        let (job, manager) = (self.job, self.world.manager);
        self.world.store.job_cancel(job, Cause::by(manager, self.world.now())).await.unwrap();
        audit(&self.world, self.job).await;
    }

    async fn call_off(&mut self) {
        let mut after = Some(AssignmentId(Uuid::nil()));
        while let Some(behind) = after {
            let page = self.world.store.job_cancel_page(self.job, behind, 4, self.world.now()).await;
            after = page.unwrap().last;
            audit(&self.world, self.job).await;
        }
    }
}

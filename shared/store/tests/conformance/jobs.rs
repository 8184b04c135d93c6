//! Jobs: made once, edited in the open, paused, called off and finished, each with an entry in the job's log.

use std::sync::Arc;

use swath_domain::cause::Cause;
use swath_domain::job::{JobStatus, Priority};
use swath_domain::{JobId, Stage, Time};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{Plan, World};
use swath_store::{Asked, Granted, JobEdit, Key, ListPage, NewJob, StoreError};

suite! {
    the_same_request_makes_one_job
    a_job_over_nothing_is_refused
    a_job_is_read_as_it_was_made
    an_edit_changes_what_it_names_and_says_so
    switching_is_logged_once
    a_paused_job_keeps_what_is_held
    a_job_that_has_ended_is_not_switched
    a_job_is_done_when_every_item_is_decided
    jobs_are_read_page_by_page
    jobs_are_listed_by_newest_by_status_and_by_name
}

async fn status(world: &World, job: JobId) -> JobStatus {
    world.store.job(job).await.unwrap().unwrap().status
}

/// The actions in a job's log.
async fn actions(world: &World, job: JobId) -> Vec<String> {
    world.store.log(job.0, 0, 100).await.unwrap().entries.into_iter().map(|entry| entry.action).collect()
}

async fn the_same_request_makes_one_job(world: World) {
    let asked = |body: &[u8]| Some(Asked { user: world.manager, route: "jobs", key: Key::new("once", body) });
    let drafts = [
        world.draft(&Plan::of(10)).await,
        world.draft(&Plan::of(10)).await,
        world.draft(&Plan::of(10)).await,
    ];
    let [first, second, third] = drafts;
    let job = world.store.job_create(first, asked(b"{}")).await.unwrap();
    assert_eq!(world.store.job_create(second, asked(b"{}")).await.unwrap(), job);
    let other = world.store.job_create(third, asked(b"{other}")).await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    assert_eq!(
        world.store.jobs(world.team, None, None, &ListPage::behind(Uuid::nil(), 9)).await.unwrap().len(),
        1
    );
    assert_eq!(world.store.job_progress(job).await.unwrap().items().pending, 10);
}

async fn a_job_over_nothing_is_refused(world: World) {
    let NewJob { mut job, .. } = world.draft(&Plan::of(10)).await;
    job.selected = 0;
    let answer = world.store.job_create(NewJob { job, runs: Vec::new(), token_maker: None }, None).await;
    assert!(matches!(&answer, Err(StoreError::Invalid(field)) if field.field == "selection"), "{answer:?}");
}

async fn a_job_is_read_as_it_was_made(world: World) {
    let mut draft = world.draft(&Plan { slots: 3, ..Plan::of(10) }).await;
    draft.job.due = Some(world.now());
    let spec = Arc::make_mut(&mut draft.job.spec);
    spec.annotators = Some(vec![world.manager]);
    spec.instructions = Some("mind the \"quotes\" \u{1F600}".into());
    let id = world.store.job_create(draft.clone(), None).await.unwrap();
    let read = world.store.job(id).await.unwrap().unwrap();
    draft.job.seq = 1;
    assert_eq!(read, draft.job);
    assert!(world.store.job(JobId(world.id())).await.unwrap().is_none());
}

async fn an_edit_changes_what_it_names_and_says_so(world: World) {
    let id = world.job(&Plan::of(10)).await;
    let before = world.store.job(id).await.unwrap().unwrap();
    let edit = JobEdit {
        title: Some("a better title".into()),
        due: Some(Some(Time(5))),
        priority: Some(Priority::High),
        reviewers: Some(Some(vec![world.manager])),
        ..JobEdit::default()
    };
    world.store.job_edit(id, edit, Cause::by(world.manager, world.now())).await.unwrap();
    let after = world.store.job(id).await.unwrap().unwrap();
    assert_eq!(
        (after.title.as_str(), after.due, after.priority),
        ("a better title", Some(Time(5)), Priority::High)
    );
    assert_eq!(after.spec.description, before.spec.description);
    assert!(!after.spec.people().admits_reviewer(world.person().await));
    let entry = world.store.log(id.0, before.seq, 9).await.unwrap().entries.remove(0);
    let mut named: Vec<_> = entry.detail.as_ref().unwrap().as_object().unwrap().keys().cloned().collect();
    named.sort_unstable();
    assert_eq!(named, ["due_date", "priority", "reviewers", "title"]);
    assert_eq!((entry.action.as_str(), entry.actor), ("edit", Some(world.manager)));
    let unknown = world
        .store
        .job_edit(JobId(world.id()), JobEdit::default(), Cause::by(world.manager, world.now()))
        .await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
}

async fn switching_is_logged_once(world: World) {
    let job = world.uncut_job(&Plan::of(10)).await;
    for to in [JobStatus::Paused, JobStatus::Paused, JobStatus::Active, JobStatus::Active] {
        world.store.job_switch(job, to, Cause::by(world.manager, world.now())).await.unwrap();
        assert_eq!(status(&world, job).await, to);
    }
    assert_eq!(actions(&world, job).await, ["create", "pause", "resume"]);
    audit(&world, job).await;
}

async fn a_paused_job_keeps_what_is_held(world: World) {
    let job = world.job(&Plan::of(10)).await;
    let user = world.worker().await;
    let held = world.lease(job, user).await;
    world.store.job_switch(job, JobStatus::Paused, Cause::by(world.manager, world.now())).await.unwrap();
    world.confirm(&held, 0).await.unwrap();
    world.submit(&held).await.unwrap();
    // Which jobs grant is the caller's list; the store never looks outside it.
    let closed =
        swath_store::Grant { open: [].into(), job: None, ..world.request(Stage::Annotate, job, user) };
    assert!(matches!(world.store.lease_grant(closed).await.unwrap(), Granted::Nothing));
    audit(&world, job).await;
}

async fn a_job_that_has_ended_is_not_switched(world: World) {
    let job = world.job(&Plan::of(10)).await;
    for reason in [Some("no money".to_owned()), Some("twice".to_owned())] {
        world.store.job_cancel(job, Cause::by(world.manager, world.now()).because(reason)).await.unwrap();
    }
    assert_eq!(actions(&world, job).await, ["create", "cut", "cancel"]);
    let resumed = world.store.job_switch(job, JobStatus::Active, Cause::by(world.manager, world.now())).await;
    assert!(
        matches!(&resumed, Err(StoreError::Conflict(text)) if text.contains("cancelling")),
        "{resumed:?}"
    );
    assert_eq!(status(&world, job).await, JobStatus::Cancelling);
}

async fn a_job_is_done_when_every_item_is_decided(world: World) {
    let job = world.uncut_job(&Plan::of(10)).await;
    let (author, reviewer) = (world.worker().await, world.worker().await);
    for range in 0..2 {
        assert!(!world.store.job_finish(job, world.now()).await.unwrap(), "range {range} is open");
        world.store.job_cut(job, 1, world.now()).await.unwrap();
        world.hand_in(job, author).await;
        assert!(
            !world.store.job_finish(job, world.now()).await.unwrap(),
            "range {range} waits for a reviewer"
        );
        world.decide(&world.claim(job, reviewer).await, &[]).await.unwrap();
    }
    assert!(world.store.job_finish(job, world.now()).await.unwrap());
    assert_eq!(status(&world, job).await, JobStatus::Done);
    let cancelled = world.store.job_cancel(job, Cause::by(world.manager, world.now())).await;
    assert!(matches!(cancelled, Err(StoreError::Conflict(_))), "{cancelled:?}");
    audit(&world, job).await;
}

async fn jobs_are_read_page_by_page(world: World) {
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(world.uncut_job(&Plan::of(10)).await);
    }
    let first = world.store.jobs(world.team, None, None, &ListPage::behind(Uuid::nil(), 3)).await.unwrap();
    let rest = world.store.jobs(world.team, None, None, &ListPage::behind(first[2].id.0, 9)).await.unwrap();
    let read: Vec<_> = first.iter().chain(&rest).map(|job| job.id).collect();
    assert_eq!(read, made);
    let progress = world.store.progress_between(made[0].0, made[3].0).await.unwrap();
    assert_eq!(progress.iter().map(|(job, _)| *job).collect::<Vec<_>>(), made[1..4]);
    assert!(progress.iter().all(|(_, progress)| progress.items().pending == 10));
    let some = world.store.jobs_progress(&[made[0], made[4], JobId(world.id())]).await.unwrap();
    assert!([made[0], made[4]].iter().all(|job| some[job].items().pending == 10), "{some:?}");
    world.store.job_cancel(made[0], Cause::by(world.manager, world.now())).await.unwrap();
    assert!(world.store.job_finish(made[0], world.now()).await.unwrap());
    let undone = world.store.jobs_undone(Uuid::nil(), 9).await.unwrap();
    assert_eq!(undone.iter().map(|job| job.id).collect::<Vec<_>>(), made[1..]);
}

async fn jobs_are_listed_by_newest_by_status_and_by_name(world: World) {
    let mut jobs = Vec::new();
    for title in ["Cars 1", "cars 2", "Trees 100%"] {
        let mut draft = world.draft(&Plan::of(5)).await;
        draft.job.title = title.into();
        jobs.push(world.store.job_create(draft, None).await.unwrap());
    }
    world.store.job_switch(jobs[1], JobStatus::Paused, Cause::by(world.manager, world.now())).await.unwrap();
    let list = async |status, page: ListPage| {
        let found = world.store.jobs(world.team, None, status, &page).await.unwrap();
        found.into_iter().map(|job| jobs.iter().position(|id| *id == job.id).unwrap()).collect::<Vec<_>>()
    };
    let newest = |after, limit| ListPage { after, is_newest_first: true, limit, ..ListPage::default() };
    let named = |name: &str| ListPage { name: name.into(), limit: 9, ..ListPage::default() };
    assert_eq!(list(None, newest(None, 2)).await, [2, 1]);
    assert_eq!(list(None, newest(Some(jobs[1].0), 2)).await, [0]);
    assert_eq!(list(None, ListPage::behind(jobs[0].0, 1)).await, [1]);
    assert_eq!(list(Some(JobStatus::Paused), newest(None, 9)).await, [1]);
    assert_eq!(list(None, named("CARS")).await, [0, 1]);
    assert_eq!(list(None, named("0%")).await, [2], "a percent sign is a percent sign");
    assert_eq!(list(None, named("_")).await, [0; 0]);
    let datasets = world
        .store
        .datasets(world.team, Some(swath_store::DatasetState::Ready), &newest(None, 9))
        .await
        .unwrap();
    assert!(datasets.len() >= 3 && datasets.is_sorted_by(|a, b| a.id > b.id));
    let page = ListPage { name: "NUMB".into(), limit: 1, ..ListPage::default() };
    assert_eq!(world.store.datasets(world.team, None, &page).await.unwrap().len(), 1);
    let none =
        world.store.datasets(world.team, Some(swath_store::DatasetState::Failed), &page).await.unwrap();
    assert!(none.is_empty());
    let people = world.store.users(None, &named("PERSON")).await.unwrap();
    assert!(!people.is_empty() && people.iter().all(|user| user.name.starts_with("person")));
}

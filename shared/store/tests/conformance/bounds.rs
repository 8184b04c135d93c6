//! What is read of many rows, or of large ones, is bounded in bytes.

use std::sync::Arc;

use swath_domain::cause::Cause;
use swath_domain::labels::TagDefinition;
use swath_domain::limits::{ANNOTATION_BYTES_MAX, SPEC_BYTES_MAX};
use swath_domain::review::Verdict;
use swath_domain::{Assignment, ItemIndex, JobId, UserId};
use uuid::Uuid;

use super::audit::audit;
use super::suite;
use super::world::{Plan, World, verdict};
use swath_store::{
    Inspection, InspectionCursor, ItemWork, JobEdit, ListPage, LogPage, SaveItem, StoreError, Submit,
    UnderReview, VerdictRow, VerdictSize,
};

suite! {
    sizes_are_known_before_anything_is_read
    a_large_submission_is_looked_at_without_its_annotations
    accepted_items_are_read_by_their_bytes
    a_page_of_the_log_ends_where_it_is_large
    an_annotator_is_shown_the_jobs_that_they_may_work_in
    the_people_of_a_job_are_read_without_its_specification
    a_specification_is_read_again_once_it_has_changed
    a_job_does_not_grow_beyond_its_bound
    what_would_be_refused_today_is_found
}

/// A saved item of so many bytes.
async fn save(world: &World, held: &Assignment, item: i64, bytes: usize) {
    let body = format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes - 11));
    let work = ItemWork { item: ItemIndex(item), body, skipped: false };
    world.store.item_save(SaveItem { work, ..world.confirmation(held, item) }).await.unwrap();
}

/// A submission of items of so many bytes.
async fn handed_in(world: &World, sizes: &[usize]) -> (JobId, Assignment) {
    let job = world.job(&Plan { range_size: sizes.len() as i64, ..Plan::of(sizes.len() as i64) }).await;
    let held = world.lease(job, world.worker().await).await;
    for (item, bytes) in (0..).zip(sizes) {
        save(world, &held, item, *bytes).await;
    }
    let submit = Submit { items: Vec::new(), ..world.submission(&held) };
    world.store.lease_submit(submit).await.unwrap();
    (job, world.look(held.id).await)
}

fn under(review: &Assignment) -> UnderReview {
    UnderReview {
        assignment: review.id,
        author: review.author().unwrap(),
        submission: review.submission_id().unwrap(),
        reviewer: review.holder().unwrap(),
    }
}

async fn sizes_are_known_before_anything_is_read(world: World) {
    let job = world.job(&Plan::of(5)).await;
    let held = world.lease(job, world.worker().await).await;
    let author = held.holder().unwrap();
    for (item, bytes) in [(1, 20), (3, 5_000)] {
        save(&world, &held, item, bytes).await;
    }
    let sizes = world.store.annotation_sizes(held.id, author).await.unwrap();
    let told: Vec<_> = sizes.iter().map(|size| (size.item.0, size.revision, size.bytes)).collect();
    assert_eq!(told, [(1, 1, 20), (3, 1, 5_000)]);
    let some = world.store.annotations(held.id, author, ItemIndex(2)..=ItemIndex(4)).await.unwrap();
    assert_eq!(some.iter().map(|row| row.item.0).collect::<Vec<_>>(), [3]);
    let places = world.store.annotation_places(&[held.id]).await.unwrap();
    assert_eq!(
        places.iter().map(|place| (place.item.0, place.bytes)).collect::<Vec<_>>(),
        [(1, 20), (3, 5_000)]
    );
    let kept = world.store.annotations_at(&places[1..]).await.unwrap();
    assert_eq!(kept.iter().map(|kept| kept.annotation.item.0).collect::<Vec<_>>(), [3]);
}

async fn a_large_submission_is_looked_at_without_its_annotations(world: World) {
    let (job, _) = handed_in(&world, &[200_000, 20, 200_000]).await;
    let review = world.claim(job, world.worker().await).await;
    let said = VerdictRow { reason: Some("\u{fc}ber".into()), ..verdict(1, Verdict::Reject) };
    world.put_verdict(&review, said.clone()).await.unwrap();
    let look = world.store.review_look(under(&review)).await.unwrap();
    let sizes: Vec<_> = look.sizes.iter().map(|size| (size.item.0, size.bytes, size.texts)).collect();
    assert_eq!(sizes, [(0, 200_000, 0), (1, 20, 5), (2, 200_000, 0)]);
    assert!(look.items.is_none());
    let items = world.store.review_items(under(&review), ItemIndex(1)..=ItemIndex(2)).await.unwrap();
    assert_eq!(items.iter().map(|item| item.body.len()).collect::<Vec<_>>(), [20, 200_000]);
    assert_eq!(items[0].verdict, Some(said.clone()));
    let submission = review.submission_id().unwrap();
    assert_eq!(world.store.verdict_sizes(submission).await.unwrap(), [VerdictSize { item: 1, bytes: 5 }]);
    assert_eq!(world.store.deciding_verdicts(review.id, submission, ItemIndex::EVERY).await.unwrap(), []);
    world.decide(&review, &[]).await.unwrap();
    let rest = |item| verdict(item, Verdict::Accept);
    assert_eq!(
        world.store.deciding_verdicts(review.id, submission, ItemIndex(0)..=ItemIndex(1)).await.unwrap(),
        [rest(0), said]
    );
}

async fn accepted_items_are_read_by_their_bytes(world: World) {
    let (job, _) = handed_in(&world, &[400, 700, 20, 90_000, 20]).await;
    let review = world.claim(job, world.worker().await).await;
    world.decide(&review, &[]).await.unwrap();
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = world.store.accepted(job, after, 1_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key());
        pages.push(page.iter().map(|item| item.annotation.item.0).collect::<Vec<_>>());
    }
    assert_eq!(pages, [vec![0], vec![1, 2], vec![3], vec![4]]);
    audit(&world, job).await;
}

async fn a_page_of_the_log_ends_where_it_is_large(world: World) {
    let job = world.uncut_job(&Plan::of(5)).await;
    let edit = |text: &str| JobEdit { description: Some(Some(text.repeat(60_000))), ..JobEdit::default() };
    for round in 0..80 {
        let text = if round % 2 == 0 { "a" } else { "b" };
        world.store.job_edit(job, edit(text), Cause::by(world.manager, world.now())).await.unwrap();
    }
    let LogPage { entries: first, has_more } = world.store.log(job.0, 0, 100).await.unwrap();
    assert!(has_more && (50..75).contains(&first.len()), "{}", first.len());
    let LogPage { entries: rest, has_more } = world.store.log(job.0, first.len() as i64, 100).await.unwrap();
    assert!(!has_more);
    let seqs: Vec<_> = first.iter().chain(&rest).map(|entry| entry.seq).collect();
    assert_eq!(seqs, (1..=81).collect::<Vec<_>>());
}

async fn an_annotator_is_shown_the_jobs_that_they_may_work_in(world: World) {
    let (insider, outsider) = (world.worker().await, world.worker().await);
    let mut made = Vec::new();
    for number in 0..6 {
        let mut draft = world.draft(&Plan::of(5)).await;
        let spec = Arc::make_mut(&mut draft.job.spec);
        // Neither the words nor the reviewers of a job say who annotates.
        spec.description = Some(format!(r#""annotators":null {outsider}"#));
        spec.reviewers = Some(vec![outsider]);
        spec.annotators = (number % 2 == 1).then(|| vec![world.manager, insider]);
        made.push(world.store.job_create(draft, None).await.unwrap());
    }
    let listed = async |user: Option<UserId>, limit| -> Vec<JobId> {
        let page =
            world.store.jobs(world.team, user, None, &ListPage::behind(Uuid::nil(), limit)).await.unwrap();
        page.into_iter().map(|job| job.id).collect()
    };
    assert_eq!(listed(None, 9).await, made);
    assert_eq!(listed(Some(insider), 9).await, made);
    assert_eq!(listed(Some(outsider), 9).await, [made[0], made[2], made[4]]);
    assert_eq!(listed(Some(outsider), 2).await, [made[0], made[2]]);
}

async fn the_people_of_a_job_are_read_without_its_specification(world: World) {
    let mut draft = world.draft(&Plan::of(5)).await;
    Arc::make_mut(&mut draft.job.spec).reviewers = Some(vec![world.manager]);
    let (job, open) = (world.store.job_create(draft, None).await.unwrap(), world.job(&Plan::of(5)).await);
    let people = world.store.jobs_people(&[job, open, JobId(world.id())]).await.unwrap();
    assert_eq!(people.len(), 2);
    assert_eq!(people[&job].reviewers, Some(vec![world.manager]));
    assert_eq!((&people[&job].annotators, &people[&open].reviewers), (&None, &None));
}

async fn a_specification_is_read_again_once_it_has_changed(world: World) {
    let job = world.uncut_job(&Plan::of(5)).await;
    let seq = world.store.job_head(job).await.unwrap().unwrap().seq;
    let read = async |seq| world.store.job_spec(job, seq).await.unwrap().unwrap().instructions.clone();
    assert_eq!(read(seq).await, None);
    let edit = JobEdit { instructions: Some(Some("mind the gap".into())), ..JobEdit::default() };
    world.store.job_edit(job, edit, Cause::by(world.manager, world.now())).await.unwrap();
    assert_eq!(read(seq + 1).await.as_deref(), Some("mind the gap"));
    assert!(world.store.job_spec(JobId(world.id()), 0).await.unwrap().is_none());
}

/// A job that was made before there was a bound.
async fn large_job(world: &World) -> JobId {
    let mut draft = world.draft(&Plan::of(5)).await;
    let values = (0..1_000).map(|value| format!("{value:0>100}")).collect();
    let tag = TagDefinition { name: "tag".into(), values: Some(values) };
    Arc::make_mut(&mut draft.job.spec).tags = vec![tag];
    world.store.job_create(draft, None).await.unwrap()
}

async fn a_job_does_not_grow_beyond_its_bound(world: World) {
    let (small, large) = (world.uncut_job(&Plan::of(5)).await, large_job(&world).await);
    let edit = async |job, text: String, title: &str| {
        let edit = JobEdit { title: Some(title.into()), description: Some(Some(text)), ..JobEdit::default() };
        world.store.job_edit(job, edit, Cause::by(world.manager, world.now())).await
    };
    let refused = edit(small, "x".repeat(SPEC_BYTES_MAX), "new").await;
    assert!(matches!(&refused, Err(StoreError::Invalid(e)) if e.field == "description"), "{refused:?}");
    let refused = edit(large, "more".into(), "new").await;
    assert!(matches!(&refused, Err(StoreError::Invalid(e)) if e.field == "tags"), "{refused:?}");
    let retitled = JobEdit { title: Some("new".into()), ..JobEdit::default() };
    world.store.job_edit(large, retitled, Cause::by(world.manager, world.now())).await.unwrap();
    assert_eq!(world.store.job(large).await.unwrap().unwrap().title, "new");
}

async fn what_would_be_refused_today_is_found(world: World) {
    let found = async |kind| world.store.inspect(kind, InspectionCursor::default()).await.unwrap();
    for kind in Inspection::ALL {
        assert!(found(kind).await.findings.is_empty(), "{kind:?}");
    }
    let job = large_job(&world).await;
    world.uncut_job(&Plan::of(5)).await;
    let page = found(Inspection::LargeJobs).await;
    assert_eq!((page.findings.len(), page.next), (1, None));
    assert_eq!(page.findings[0].subject, job.to_string());
    let (_, submission) = handed_in(&world, &[ANNOTATION_BYTES_MAX, ANNOTATION_BYTES_MAX + 1]).await;
    let page = found(Inspection::LargeAnnotations).await;
    assert_eq!(page.findings.len(), 1);
    let subject = format!("{}/{}/1", submission.id, submission.author().unwrap());
    assert_eq!(page.findings[0].subject, subject);
}

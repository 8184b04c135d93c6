//! Sizes that become known after the import: what is more certain stands, and two people have to agree.

use swath_domain::ranges::Range;
use swath_domain::{DatasetId, ItemIndex, JobId, Micros, Ranges, UserId};

use super::suite;
use super::world::{Plan, World};
use swath_store::{Imported, NewDataset, NewItem, NewSize, SizeSource, Source};

suite! {
    a_told_size_is_seen_in_rows_and_patterns
    what_is_measured_stands_and_what_is_told_can_be_corrected
    an_item_that_came_with_a_size_keeps_it
    two_people_who_agree_make_a_provisional_size
    a_job_counts_its_items_of_unknown_size
    a_missing_picture_is_news_once_and_counted
    texts_of_items_come_as_far_as_they_fit
    measuring_goes_on_behind_what_was_tried_and_ends
}

/// Three rows, of which the last came with its size.
async fn rows(world: &World) -> DatasetId {
    let (id, creator, now) = (DatasetId(world.id()), world.manager, world.now());
    let (name, base) = ("pictures".to_owned(), String::new());
    let new = NewDataset { id, team: world.team, name, creator, base, source: Source::Rows, now };
    world.store.dataset_create(new, None).await.unwrap();
    let item = |n: i64| {
        let side = (n == 2).then_some(9);
        let uri = format!("https://h/{n}.png");
        NewItem { uri, labels: Vec::new(), meta: None, width: side, height: side, orientation: None }
    };
    world.store.dataset_append(id, 1, (0..3).map(item).collect(), now).await.unwrap();
    world.store.dataset_finish(id, 1, Imported::of_base("https://h/"), None, now).await.unwrap();
    id
}

fn size(item: i64, width: i64) -> NewSize {
    NewSize { item: ItemIndex(item), size: (width, 5), orientation: None }
}

/// The width of each of the first three items, and whether it is provisional.
async fn widths(world: &World, id: DatasetId) -> Vec<(Option<i64>, bool)> {
    let wanted = Ranges::new(&[Range::of(0, 3)], i64::MAX).unwrap();
    let items = world.store.items(id, &wanted).await.unwrap();
    items.into_iter().map(|item| (item.size.map(|size| size.0), item.is_provisional)).collect()
}

async fn a_told_size_is_seen_in_rows_and_patterns(world: World) {
    for id in [rows(&world).await, world.dataset(3).await] {
        let told = vec![size(0, 40), size(1, 50)];
        assert_eq!(world.store.sizes_put(id, SizeSource::Told, told.clone()).await.unwrap(), 2);
        assert_eq!(world.store.sizes_put(id, SizeSource::Told, told).await.unwrap(), 0, "nothing is news");
        assert_eq!(widths(&world, id).await[..2], [(Some(40), false), (Some(50), false)]);
    }
}

async fn what_is_measured_stands_and_what_is_told_can_be_corrected(world: World) {
    let id = rows(&world).await;
    let put = async |source, width| world.store.sizes_put(id, source, vec![size(0, width)]).await.unwrap();
    assert_eq!(put(SizeSource::Told, 40).await, 1);
    assert_eq!(put(SizeSource::Told, 41).await, 1, "a manager may correct");
    assert_eq!(put(SizeSource::Agreed, 42).await, 0);
    assert_eq!(put(SizeSource::Measured, 43).await, 1);
    assert_eq!(put(SizeSource::Told, 44).await, 0);
    assert_eq!(widths(&world, id).await[0], (Some(43), false));
}

async fn an_item_that_came_with_a_size_keeps_it(world: World) {
    let id = rows(&world).await;
    assert_eq!(world.store.sizes_put(id, SizeSource::Measured, vec![size(2, 40)]).await.unwrap(), 0);
    assert_eq!(widths(&world, id).await[2], (Some(9), false));
}

async fn two_people_who_agree_make_a_provisional_size(world: World) {
    let id = rows(&world).await;
    let (ann, bob) = (UserId(world.id()), UserId(world.id()));
    let report = async |who, width| world.store.size_report(id, ItemIndex(0), who, (width, 5)).await.unwrap();
    assert!(!report(ann, 40).await);
    assert!(!report(ann, 40).await, "the same person twice is one person");
    assert!(!report(bob, 41).await);
    assert_eq!(widths(&world, id).await[0], (None, false));
    assert!(report(bob, 40).await, "the last word of each counts");
    assert_eq!(widths(&world, id).await[0], (Some(40), true));
    world.store.sizes_put(id, SizeSource::Told, vec![size(0, 60)]).await.unwrap();
    assert!(report(ann, 40).await);
    assert_eq!(widths(&world, id).await[0], (Some(60), false), "a told size is more certain");
}

async fn job_over(world: &World, dataset: DatasetId, items: i64) -> JobId {
    let mut draft = world.draft(&Plan::of(items)).await;
    draft.job.dataset = dataset;
    world.store.job_create(draft, None).await.unwrap()
}

async fn a_job_counts_its_items_of_unknown_size(world: World) {
    let of_pattern = job_over(&world, world.dataset(10).await, 10).await;
    let id = rows(&world).await;
    let of_rows = job_over(&world, id, 3).await;
    assert_eq!(world.store.sizes_unknown(of_pattern).await.unwrap(), 10);
    assert_eq!(world.store.sizes_unknown(of_rows).await.unwrap(), 2);
    world.store.sizes_put(id, SizeSource::Told, vec![size(0, 40)]).await.unwrap();
    assert_eq!(world.store.sizes_unknown(of_rows).await.unwrap(), 1);
}

async fn a_missing_picture_is_news_once_and_counted(world: World) {
    let id = rows(&world).await;
    let since = world.now();
    assert!(world.store.picture_missing(id, ItemIndex(1), since).await.unwrap());
    assert!(!world.store.picture_missing(id, ItemIndex(1), world.pass(Micros(5))).await.unwrap());
    assert!(world.store.picture_missing(id, ItemIndex(2), world.now()).await.unwrap());
    assert_eq!(world.store.pictures_missing(id).await.unwrap(), 2);
    assert_eq!(world.store.all_pictures_missing(1).await.unwrap(), 1, "counted up to a bound");
    let seen = world.store.missing_pictures(id, ItemIndex(-1), 1).await.unwrap();
    assert_eq!((seen.len(), seen[0].item.0, seen[0].since, seen[0].times), (1, 1, since, 2));
    assert_eq!(world.store.missing_pictures(id, ItemIndex(1), 9).await.unwrap()[0].item, ItemIndex(2));
    world.store.picture_found(id, ItemIndex(1)).await.unwrap();
    assert_eq!(world.store.pictures_missing(id).await.unwrap(), 1);
}

async fn texts_of_items_come_as_far_as_they_fit(world: World) {
    let (id, creator, now) = (DatasetId(world.id()), world.manager, world.now());
    let (name, base) = ("texts".to_owned(), String::new());
    let new = NewDataset { id, team: world.team, name, creator, base, source: Source::Rows, now };
    world.store.dataset_create(new, None).await.unwrap();
    let item = |n: i64| {
        let labels = if n == 4 { vec!["cat".to_owned()] } else { Vec::new() };
        let meta = (n % 2 == 0).then(|| format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(80)));
        let uri = format!("https://h/{n}.png");
        NewItem { uri, labels, meta, width: None, height: None, orientation: None }
    };
    world.store.dataset_append(id, 1, (0..7).map(item).collect(), now).await.unwrap();
    world.store.dataset_finish(id, 1, Imported::of_base("https://h/"), None, now).await.unwrap();
    let told = async |items: &[i64], bytes| {
        let items: Vec<_> = items.iter().copied().map(ItemIndex).collect();
        let page = world.store.item_texts(id, &items, bytes).await.unwrap();
        (page.texts.iter().map(|texts| texts.item.0).collect::<Vec<_>>(), page.covered)
    };
    assert_eq!(told(&[0, 1, 2, 3, 4, 5, 6], 1 << 20).await, (vec![0, 2, 4, 6], 7));
    assert_eq!(told(&[0, 1, 2, 3, 4, 5, 6], 210).await, (vec![0, 2], 4), "up to the one that does not fit");
    assert_eq!(told(&[0, 2], 1).await, (vec![0], 1), "one in any case");
    assert_eq!(told(&[1, 3, 5], 1).await, (vec![], 3));
    let texts = world.store.item_texts(id, &[ItemIndex(4)], 1 << 20).await.unwrap().texts;
    assert_eq!((texts[0].labels.as_slice(), texts[0].meta.is_some()), (["cat".to_owned()].as_slice(), true));
}

async fn measuring_goes_on_behind_what_was_tried_and_ends(world: World) {
    let (id, creator, now) = (DatasetId(world.id()), world.manager, world.now());
    let (name, base) = ("objects".to_owned(), String::new());
    let new = NewDataset { id, team: world.team, name, creator, base, source: Source::Rows, now };
    world.store.dataset_create(new, None).await.unwrap();
    let item = |n: i64| {
        let uri = format!("s3://bucket/{n}.png");
        NewItem { uri, labels: Vec::new(), meta: None, width: None, height: None, orientation: None }
    };
    world.store.dataset_append(id, 1, (0..3).map(item).collect(), now).await.unwrap();
    assert_eq!(world.store.measuring_next(now).await.unwrap(), None);
    let imported = Imported { is_to_measure: true, ..Imported::of_base("s3://bucket/") };
    world.store.dataset_finish(id, 1, imported, None, now).await.unwrap();
    let first = world.store.measuring_next(now).await.unwrap().unwrap();
    assert_eq!((first.dataset, first.team, first.next), (id, world.team, ItemIndex::FIRST));
    assert_eq!(world.store.unmeasured_items(id, ItemIndex(0), 2).await.unwrap().len(), 2);
    world.store.sizes_put(id, SizeSource::Measured, vec![size(0, 40)]).await.unwrap();
    world.store.measuring_go_on(first, ItemIndex(2), 1).await.unwrap();
    // Another process that looked at the same time changes nothing.
    world.store.measuring_go_on(first, ItemIndex(3), 9).await.unwrap();
    let second = world.store.measuring_next(now).await.unwrap().unwrap();
    assert_eq!(second.next, ItemIndex(2));
    assert_eq!(
        world.store.unmeasured_items(id, ItemIndex(0), 9).await.unwrap().len(),
        2,
        "what was measured is not tried again"
    );
    world.store.measuring_end_pass(second, now).await.unwrap();
    assert_eq!(world.store.measuring_next(now).await.unwrap(), None, "the next pass waits");
    assert_eq!(world.store.datasets_measuring().await.unwrap(), 1);
    for _ in 0..2 {
        assert!(world.store.is_measuring(id).await.unwrap());
        let again = world.store.measuring_next(world.pass(Micros(600_000_000))).await.unwrap().unwrap();
        assert_eq!(again.next, ItemIndex(0));
        world.store.measuring_go_on(again, ItemIndex(3), 1).await.unwrap();
        let last = world.store.measuring_next(world.now()).await.unwrap().unwrap();
        world.store.measuring_end_pass(last, world.now()).await.unwrap();
    }
    assert!(!world.store.is_measuring(id).await.unwrap(), "three passes are enough");
}

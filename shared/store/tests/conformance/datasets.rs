//! Datasets: imported as a whole or not at all, appended to as versions, and never changed.

use swath_domain::ranges::Range;
use swath_domain::{DatasetId, ItemIndex, Micros, Ranges};
use uuid::Uuid;

use super::coverage::tamper;
use super::suite;
use super::world::World;
use swath_store::ListPage;
use swath_store::{
    Appended, DatasetState, DatasetVersion, Imported, LabelledItems, NewDataset, NewItem, OpenedVersion,
    Source, StoreError, fill_pattern,
};

suite! {
    a_pattern_is_ready_at_once
    rows_are_a_dataset_only_when_the_import_is_finished
    an_import_without_items_is_refused
    items_that_are_there_already_are_left_out_and_named
    a_refused_import_leaves_nothing_behind
    a_dropped_import_takes_its_dataset_along
    a_version_appends_and_changes_nothing
    a_version_keeps_its_base
    a_version_without_a_base_has_that_of_its_dataset_until_another_follows
    one_version_is_imported_at_a_time
    an_abandoned_import_is_found_and_dropped
    a_page_that_meets_the_end_of_its_import_leaves_nothing_behind
    items_are_found_by_their_labels_page_by_page
}

const BASE: &str = "s3://bucket/";

fn draft(world: &World, source: Source) -> NewDataset {
    let (id, creator) = (DatasetId(world.id()), world.manager);
    NewDataset {
        id,
        team: world.team,
        name: "pictures".into(),
        creator,
        base: BASE.into(),
        source,
        now: world.now(),
    }
}

/// A dataset whose rows are to come.
async fn importing(world: &World) -> DatasetId {
    world.store.dataset_create(draft(world, Source::Rows), None).await.unwrap()
}

fn item(n: i64) -> NewItem {
    let labels = if n % 3 == 0 { vec!["third".into()] } else { Vec::new() };
    let uri = format!("{BASE}{n}.png");
    NewItem { uri, labels, meta: Some("{}".into()), width: Some(n + 1), height: Some(7), orientation: None }
}

fn items(numbers: std::ops::Range<i64>) -> Vec<NewItem> {
    numbers.map(item).collect()
}

fn ranges(start: i64, end: i64) -> Ranges {
    Ranges::new(&[Range::of(start, end)], i64::MAX).unwrap()
}

async fn uris(world: &World, id: DatasetId, wanted: &Ranges) -> Vec<String> {
    world.store.items(id, wanted).await.unwrap().into_iter().map(|item| item.uri).collect()
}

async fn a_pattern_is_ready_at_once(world: World) {
    let id = world.dataset(100_000_000).await;
    let dataset = world.store.dataset(id).await.unwrap().unwrap();
    assert_eq!((dataset.state, dataset.version, dataset.items), (DatasetState::Ready, 1, 100_000_000));
    let found = world.store.items(id, &ranges(99_999_998, 100_000_005)).await.unwrap();
    let last = found.last().unwrap();
    assert_eq!((found.len(), last.index.0, last.size), (2, 99_999_999, None));
    assert_eq!(fill_pattern("a{}b", ItemIndex(7)).as_deref(), Some("a7b"));
    assert_eq!(fill_pattern("{:03}", ItemIndex(7)).as_deref(), Some("007"));
    assert_eq!(
        [
            fill_pattern("none", ItemIndex(7)),
            fill_pattern("{}{}", ItemIndex(7)),
            fill_pattern("{:x}", ItemIndex(7))
        ],
        [None, None, None]
    );
}

async fn rows_are_a_dataset_only_when_the_import_is_finished(world: World) {
    let id = importing(&world).await;
    assert_eq!(world.store.dataset_append(id, 1, items(0..3), world.now()).await.unwrap().count, 3);
    assert_eq!(world.store.dataset_append(id, 1, items(3..5), world.now()).await.unwrap().count, 5);
    let dataset = world.store.dataset(id).await.unwrap().unwrap();
    assert_eq!((dataset.state, dataset.version, dataset.items), (DatasetState::Importing, 0, 0));
    assert!(uris(&world, id, &ranges(0, 5)).await.is_empty());
    world.store.dataset_finish(id, 1, Imported::of_base(BASE), None, world.now()).await.unwrap();
    let dataset = world.store.dataset(id).await.unwrap().unwrap();
    assert_eq!((dataset.state, dataset.version, dataset.items), (DatasetState::Ready, 1, 5));
    let found = world.store.items(id, &ranges(3, 9)).await.unwrap();
    assert_eq!((found.len(), found[0].index.0, found[0].size), (2, 3, Some((4, 7))));
    let late = world.store.dataset_append(id, 1, items(5..6), world.now()).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
}

async fn an_import_without_items_is_refused(world: World) {
    let id = importing(&world).await;
    let answer = world.store.dataset_finish(id, 1, Imported::of_base(BASE), None, world.now()).await;
    assert!(matches!(&answer, Err(StoreError::Invalid(field)) if field.field == "source"), "{answer:?}");
}

async fn items_that_are_there_already_are_left_out_and_named(world: World) {
    let id = importing(&world).await;
    world.store.dataset_append(id, 1, items(0..10), world.now()).await.unwrap();
    let append = async |version, page| {
        let appended = world.store.dataset_append(id, version, page, world.now()).await.unwrap();
        (appended.count, appended.doubles)
    };
    assert_eq!(append(1, vec![item(4), item(10), item(4)]).await, (11, vec![0, 2]));
    assert_eq!(append(1, vec![item(11), item(12), item(11)]).await, (13, vec![2]));
    world.store.dataset_finish(id, 1, Imported::of_base(BASE), None, world.now()).await.unwrap();
    assert_eq!(uris(&world, id, &ranges(10, 20)).await, [10, 11, 12].map(|n| format!("{BASE}{n}.png")));
    let OpenedVersion { version, .. } = world.store.dataset_open_version(id, world.now()).await.unwrap();
    assert_eq!(append(version, vec![item(13), item(0)]).await, (1, vec![1]));
}

async fn a_refused_import_leaves_nothing_behind(world: World) {
    let id = importing(&world).await;
    world.store.dataset_append(id, 1, items(0..10), world.now()).await.unwrap();
    world.store.dataset_drop_version(id, 1, Some("line 11 is bad".into()), world.now()).await.unwrap();
    let dataset = world.store.dataset(id).await.unwrap().unwrap();
    assert_eq!((dataset.state, dataset.error.as_deref()), (DatasetState::Failed, Some("line 11 is bad")));
    assert_eq!((dataset.version, dataset.items), (0, 0));
    assert!(
        world
            .store
            .items_labelled(id, &["third".into()], Range::of(0, 99), 99)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let opened = world.store.dataset_open_version(id, world.now()).await;
    assert!(matches!(opened, Err(StoreError::Conflict(_))), "{opened:?}");
}

async fn a_dropped_import_takes_its_dataset_along(world: World) {
    let id = importing(&world).await;
    world.store.dataset_append(id, 1, items(0..10), world.now()).await.unwrap();
    world.store.dataset_drop_version(id, 1, None, world.now()).await.unwrap();
    world.store.dataset_drop_version(id, 1, None, world.now()).await.unwrap();
    assert!(world.store.dataset(id).await.unwrap().is_none());
    assert!(
        world.store.datasets(world.team, None, &ListPage::behind(Uuid::nil(), 9)).await.unwrap().is_empty()
    );
}

async fn a_version_appends_and_changes_nothing(world: World) {
    let id = world.dataset(4).await;
    let before = uris(&world, id, &ranges(0, 4)).await;
    let opened = world.store.dataset_open_version(id, world.now()).await.unwrap();
    assert_eq!(opened, OpenedVersion { version: 2, first_item: 4 });
    world.store.dataset_append(id, 2, items(0..3), world.now()).await.unwrap();
    assert_eq!(uris(&world, id, &ranges(0, 9)).await, before, "what is still arriving is not there");
    world.store.dataset_drop_version(id, 2, Some("bad".into()), world.now()).await.unwrap();
    let dataset = world.store.dataset(id).await.unwrap().unwrap();
    assert_eq!((dataset.state, dataset.version, dataset.items), (DatasetState::Ready, 1, 4));
    world.store.dataset_open_version(id, world.now()).await.unwrap();
    world.store.dataset_append(id, 2, items(0..3), world.now()).await.unwrap();
    world.store.dataset_finish(id, 2, Imported::of_base(BASE), None, world.now()).await.unwrap();
    let dataset = world.store.dataset(id).await.unwrap().unwrap();
    assert_eq!((dataset.version, dataset.items), (2, 7));
    let both = Ranges::new(&[Range::of(0, 1), Range::of(3, 6)], 7).unwrap();
    let expected = [&before[0], &before[3], &item(0).uri, &item(1).uri].map(String::from);
    assert_eq!(uris(&world, id, &both).await, expected);
}

async fn a_version_keeps_its_base(world: World) {
    let base = async |id, version| world.store.dataset_base(id, version).await.unwrap();
    let pattern = world.dataset(4).await;
    assert_eq!(base(pattern, 1).await.as_deref(), Some(BASE));

    let rows = importing(&world).await;
    world.store.dataset_append(rows, 1, items(0..3), world.now()).await.unwrap();
    assert_eq!(base(rows, 1).await, None, "what is still arriving has none");
    world.store.dataset_finish(rows, 1, Imported::of_base(BASE), None, world.now()).await.unwrap();
    world.store.dataset_open_version(rows, world.now()).await.unwrap();
    world.store.dataset_append(rows, 2, items(3..5), world.now()).await.unwrap();
    world.store.dataset_finish(rows, 2, Imported::of_base("s3://"), None, world.now()).await.unwrap();
    assert_eq!(base(rows, 1).await.as_deref(), Some(BASE));
    assert_eq!(base(rows, 2).await.as_deref(), Some("s3://"));
    assert_eq!(world.store.dataset(rows).await.unwrap().unwrap().base, "s3://");
    assert_eq!(base(rows, 3).await, None);
}

/// Leaves the versions as a process does that does not know their bases.
async fn forget_bases(world: &World) {
    tamper(&world.target, "UPDATE segments SET base = NULL").await;
}

async fn a_version_without_a_base_has_that_of_its_dataset_until_another_follows(world: World) {
    let id = importing(&world).await;
    world.store.dataset_append(id, 1, items(0..3), world.now()).await.unwrap();
    world.store.dataset_finish(id, 1, Imported::of_base(BASE), None, world.now()).await.unwrap();
    forget_bases(&world).await;
    assert_eq!(world.store.dataset_base(id, 1).await.unwrap().as_deref(), Some(BASE));
    world.store.dataset_open_version(id, world.now()).await.unwrap();
    world.store.dataset_append(id, 2, items(3..5), world.now()).await.unwrap();
    world.store.dataset_finish(id, 2, Imported::of_base("s3://"), None, world.now()).await.unwrap();
    assert_eq!(world.store.dataset_base(id, 1).await.unwrap().as_deref(), Some(BASE));
}

async fn one_version_is_imported_at_a_time(world: World) {
    let id = world.dataset(4).await;
    let open = || world.store.dataset_open_version(id, world.now());
    let answers = tokio::join!(open(), open(), open());
    let opened = [answers.0, answers.1, answers.2].into_iter().filter(Result::is_ok).count();
    assert_eq!(opened, 1);
    let unknown = world.store.dataset_open_version(DatasetId(world.id()), world.now()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
}

async fn an_abandoned_import_is_found_and_dropped(world: World) {
    let (left, busy) = (importing(&world).await, importing(&world).await);
    let later = world.pass(Micros(100));
    world.store.dataset_append(busy, 1, items(0..3), later).await.unwrap();
    let abandoned = world.store.datasets_abandoned(later, 10).await.unwrap();
    assert_eq!(abandoned, [DatasetVersion { dataset: left, version: 1 }]);
    world.store.dataset_drop_version(left, 1, None, world.now()).await.unwrap();
    assert!(world.store.datasets_abandoned(later, 10).await.unwrap().is_empty());
}

async fn a_page_that_meets_the_end_of_its_import_leaves_nothing_behind(world: World) {
    for _ in 0..10 {
        let id = importing(&world).await;
        world.store.dataset_append(id, 1, items(0..10), world.now()).await.unwrap();
        let append = world.store.dataset_append(id, 1, items(10..200), world.now());
        let drop = world.store.dataset_drop_version(id, 1, None, world.now());
        let (appended, dropped) = tokio::join!(append, drop);
        assert!(
            matches!(appended, Ok(Appended { count: 200, .. }) | Err(StoreError::Conflict(_))),
            "{appended:?}"
        );
        dropped.unwrap();
        let all = Range::of(0, 999);
        let left = world.store.items_labelled(id, &["third".into()], all, 999).await.unwrap();
        assert_eq!(left, LabelledItems { items: Vec::new(), last: None });
    }
}

async fn items_are_found_by_their_labels_page_by_page(world: World) {
    let id = importing(&world).await;
    world.store.dataset_append(id, 1, items(0..20), world.now()).await.unwrap();
    world.store.dataset_finish(id, 1, Imported::of_base(BASE), None, world.now()).await.unwrap();
    let (mut found, mut rest) = (Vec::new(), Range::of(0, 16));
    loop {
        let labels = ["third".into(), "unknown".into()];
        let page = world.store.items_labelled(id, &labels, rest, 4).await.unwrap();
        found.extend(page.items);
        let Some(last) = page.last else { break };
        rest.start = last + 1;
    }
    assert_eq!(found, [0, 3, 6, 9, 12, 15].map(ItemIndex));
}

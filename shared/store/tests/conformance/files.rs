//! The books of files: what a team may have, what the same content is, and what is swept.

use futures::future::join_all;
use swath_domain::ids::FileId;
use swath_domain::{DatasetId, ItemIndex, TeamId, Time, uploads};

use super::suite;
use super::world::World;
use swath_store::{
    FileAges, FileContent, FilePurpose, Imported, NewDataset, NewFile, NewItem, Source, StoreError,
    StoredFile,
};

suite! {
    a_file_counts_from_its_beginning_and_no_more_once_it_is_dropped
    the_quota_holds_for_uploads_at_the_same_time
    the_same_content_is_one_file_of_its_team
    those_who_bring_the_same_content_at_once_get_one_file
    items_keep_their_uploads_and_a_dropped_version_lets_them_go
    items_of_another_teams_uploads_are_refused
    an_item_has_one_thumbnail
    what_nobody_needs_is_marked_deleted_and_forgotten
    what_an_item_comes_to_name_is_not_swept
    a_name_stands_once_in_a_dataset
    a_picture_for_instructions_stays_until_it_is_dropped
}

const QUOTA: i64 = 1_000;

fn new(world: &World, team: TeamId, bytes: i64) -> NewFile {
    NewFile { id: FileId(world.id()), team, bytes, purpose: FilePurpose::Items }
}

fn content(seed: u8) -> FileContent {
    let media_type = "image/png".to_owned();
    FileContent { digest: vec![seed; 32], media_type, width: 30, height: 20, orientation: 1 }
}

async fn stored(world: &World, team: TeamId, seed: u8) -> StoredFile {
    let file = new(world, team, 100);
    assert!(world.store.file_begin(file, QUOTA, world.now()).await.unwrap());
    world.store.file_finish(file, content(seed), world.now()).await.unwrap()
}

async fn usage(world: &World) -> i64 {
    world.store.file_usage(world.team).await.unwrap()
}

async fn importing(world: &World) -> DatasetId {
    let (id, creator, now) = (DatasetId(world.id()), world.manager, world.now());
    let (name, base) = ("pictures".to_owned(), String::new());
    let new = NewDataset { id, team: world.team, name, creator, base, source: Source::Rows, now };
    world.store.dataset_create(new, None).await.unwrap()
}

fn item(uri: String) -> NewItem {
    NewItem { uri, labels: Vec::new(), meta: None, width: None, height: None, orientation: None }
}

fn names(file: &StoredFile, name: &str) -> NewItem {
    item(uploads::uri(file.id, name))
}

/// Before this moment everything is old.
fn everything(world: &World) -> FileAges {
    let later = Time(world.now().0 + 1);
    FileAges { arriving: later, unused: later, thumbnails: later }
}

async fn a_file_counts_from_its_beginning_and_no_more_once_it_is_dropped(world: World) {
    let file = new(&world, world.team, 100);
    assert!(world.store.file_begin(file, QUOTA, world.now()).await.unwrap());
    assert_eq!(usage(&world).await, 100);
    assert!(world.store.uploads(world.team, &[file.id]).await.unwrap().is_empty(), "it has not arrived");
    world.store.file_abandon(file, world.now()).await.unwrap();
    world.store.file_abandon(file, world.now()).await.unwrap();
    assert_eq!(usage(&world).await, 0);
    let late = world.store.file_finish(file, content(1), world.now()).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");

    let file = stored(&world, world.team, 1).await;
    assert_eq!((usage(&world).await, file.bytes), (100, 100));
    let found = world.store.uploads(world.team, &[file.id]).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&file));
    let other = world.new_team("another").await;
    assert!(world.store.uploads(other, &[file.id]).await.unwrap().is_empty());
}

async fn the_quota_holds_for_uploads_at_the_same_time(world: World) {
    let files: Vec<_> = (0..12).map(|_| new(&world, world.team, 300)).collect();
    let begun = join_all(files.iter().map(|file| world.store.file_begin(*file, QUOTA, world.now()))).await;
    let begun = begun.into_iter().filter(|begun| *begun.as_ref().unwrap()).count();
    assert_eq!((begun, usage(&world).await), (3, 900));
    let last = new(&world, world.team, 100);
    assert!(
        world.store.file_begin(last, QUOTA, world.now()).await.unwrap(),
        "the last bytes are the team's too"
    );
}

async fn the_same_content_is_one_file_of_its_team(world: World) {
    let first = stored(&world, world.team, 1).await;
    assert_eq!(stored(&world, world.team, 1).await, first);
    assert_eq!(usage(&world).await, 100);
    assert_ne!(stored(&world, world.team, 2).await.id, first.id);
    let other = world.new_team("another").await;
    assert_ne!(stored(&world, other, 1).await.id, first.id);
    assert_eq!(world.store.all_file_usage().await.unwrap(), 300);
}

async fn those_who_bring_the_same_content_at_once_get_one_file(world: World) {
    let files: Vec<_> = (0..8).map(|_| new(&world, world.team, 100)).collect();
    for file in &files {
        assert!(world.store.file_begin(*file, QUOTA, world.now()).await.unwrap());
    }
    let found =
        join_all(files.iter().map(|file| world.store.file_finish(*file, content(1), world.now()))).await;
    let mut ids: Vec<_> = found.into_iter().map(|file| file.unwrap().id).collect();
    ids.dedup();
    assert_eq!((ids.len(), usage(&world).await), (1, 100));
}

async fn items_keep_their_uploads_and_a_dropped_version_lets_them_go(world: World) {
    let file = stored(&world, world.team, 1).await;
    let id = importing(&world).await;
    let items = vec![names(&file, "a.png"), names(&file, "b.png"), item("s3://bucket/c.png".into())];
    world.store.dataset_append(id, 1, items, world.now()).await.unwrap();
    assert_eq!(world.store.files_expire(everything(&world), 10).await.unwrap(), 0);
    world.store.dataset_drop_version(id, 1, None, world.now()).await.unwrap();
    assert_eq!(world.store.files_expire(everything(&world), 10).await.unwrap(), 1);
    assert_eq!(usage(&world).await, 0);
}

async fn items_of_another_teams_uploads_are_refused(world: World) {
    let other = world.new_team("another").await;
    let file = stored(&world, other, 1).await;
    let id = importing(&world).await;
    let refused = world.store.dataset_append(id, 1, vec![names(&file, "a.png")], world.now()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let own = stored(&world, world.team, 1).await;
    world.store.dataset_append(id, 1, vec![names(&own, "a.png")], world.now()).await.unwrap();
}

async fn an_item_has_one_thumbnail(world: World) {
    let dataset = DatasetId(world.id());
    assert_eq!(world.store.thumbnail(dataset, ItemIndex(3)).await.unwrap(), None);
    let mut ids = Vec::new();
    for seed in [1, 2] {
        let file = NewFile {
            purpose: FilePurpose::Thumbnail(dataset, ItemIndex(3)),
            ..new(&world, world.team, 100)
        };
        assert!(world.store.file_begin(file, QUOTA, world.now()).await.unwrap());
        ids.push(world.store.file_finish(file, content(seed), world.now()).await.unwrap().id);
    }
    assert_eq!((ids[0], usage(&world).await), (ids[1], 100));
    assert_eq!(world.store.thumbnail(dataset, ItemIndex(3)).await.unwrap().map(|file| file.id), Some(ids[0]));
    assert_eq!(world.store.thumbnail(dataset, ItemIndex(4)).await.unwrap(), None);
    assert!(world.store.uploads(world.team, &ids).await.unwrap().is_empty(), "a thumbnail is no upload");
    // An upload of the same content is a file of its own.
    assert_ne!(stored(&world, world.team, 1).await.id, ids[0]);
}

async fn what_nobody_needs_is_marked_deleted_and_forgotten(world: World) {
    let unused = stored(&world, world.team, 1).await;
    let arriving = new(&world, world.team, 200);
    assert!(world.store.file_begin(arriving, QUOTA, world.now()).await.unwrap());
    let thumbnail = NewFile {
        purpose: FilePurpose::Thumbnail(DatasetId(world.id()), ItemIndex(0)),
        ..new(&world, world.team, 50)
    };
    assert!(world.store.file_begin(thumbnail, QUOTA, world.now()).await.unwrap());
    world.store.file_finish(thumbnail, content(2), world.now()).await.unwrap();
    let now = world.now();
    let young = FileAges { arriving: now, unused: now, thumbnails: now };
    assert_eq!(world.store.files_expire(young, 10).await.unwrap(), 0);
    let only = FileAges { thumbnails: Time(now.0 + 1), ..young };
    assert_eq!(world.store.files_expire(only, 10).await.unwrap(), 1);
    assert_eq!(world.store.files_to_delete(10).await.unwrap(), [thumbnail.id]);
    assert_eq!(world.store.files_expire(everything(&world), 10).await.unwrap(), 2);
    assert_eq!(usage(&world).await, 0);
    let mut marked = world.store.files_to_delete(10).await.unwrap();
    marked.sort_unstable();
    let mut expected = [unused.id, arriving.id, thumbnail.id];
    expected.sort_unstable();
    assert_eq!(marked, expected);
    world.store.files_forget(vec![unused.id, thumbnail.id]).await.unwrap();
    assert_eq!(world.store.files_to_delete(10).await.unwrap(), [arriving.id]);
    // The same content that comes again is another file.
    assert_ne!(stored(&world, world.team, 1).await.id, unused.id);
}

async fn what_an_item_comes_to_name_is_not_swept(world: World) {
    for seed in 1..6 {
        let file = stored(&world, world.team, seed).await;
        let id = importing(&world).await;
        let append = world.store.dataset_append(id, 1, vec![names(&file, "a.png")], world.now());
        let (appended, swept) = tokio::join!(append, world.store.files_expire(everything(&world), 10));
        // In whatever order the two run, an item never names what is gone.
        match swept.unwrap() {
            0 => {
                appended.unwrap();
                assert_eq!(world.store.uploads(world.team, &[file.id]).await.unwrap().len(), 1);
            }
            _ => assert!(matches!(appended, Err(StoreError::Conflict(_)))),
        }
    }
}

async fn a_name_stands_once_in_a_dataset(world: World) {
    let (first, second) = (stored(&world, world.team, 1).await, stored(&world, world.team, 2).await);
    let id = importing(&world).await;
    let items = vec![names(&first, "a.png"), names(&second, "a.png"), names(&first, "b.png")];
    let appended = world.store.dataset_append(id, 1, items, world.now()).await.unwrap();
    assert_eq!((appended.count, appended.doubles), (2, vec![1]));
    world.store.dataset_finish(id, 1, Imported::of_base(""), None, world.now()).await.unwrap();
    // The second is named by no item.
    assert_eq!(world.store.files_expire(everything(&world), 10).await.unwrap(), 1);
    assert!(world.store.uploads(world.team, &[second.id]).await.unwrap().is_empty());
}

async fn a_picture_for_instructions_stays_until_it_is_dropped(world: World) {
    let file = NewFile { purpose: FilePurpose::Guideline, ..new(&world, world.team, 100) };
    assert!(world.store.file_begin(file, QUOTA, world.now()).await.unwrap());
    world.store.file_finish(file, content(1), world.now()).await.unwrap();
    assert_eq!(world.store.files_expire(everything(&world), 10).await.unwrap(), 0);
    let other = world.new_team("another").await;
    assert!(world.store.guideline(world.team, file.id).await.unwrap().is_some());
    assert_eq!(world.store.guideline(other, file.id).await.unwrap(), None);
    assert!(world.store.uploads(world.team, &[file.id]).await.unwrap().is_empty(), "no item may name it");
    // A picture for items of the same content is a file of its own.
    let upload = stored(&world, world.team, 1).await;
    assert_ne!(upload.id, file.id);
    assert_eq!(world.store.guideline(world.team, upload.id).await.unwrap(), None);

    assert!(!world.store.file_drop(other, file.id).await.unwrap());
    assert!(world.store.file_drop(world.team, file.id).await.unwrap());
    assert!(!world.store.file_drop(world.team, file.id).await.unwrap());
    assert_eq!(usage(&world).await, 100);
    let id = importing(&world).await;
    world.store.dataset_append(id, 1, vec![names(&upload, "a.png")], world.now()).await.unwrap();
    let used = world.store.file_drop(world.team, upload.id).await;
    assert!(matches!(used, Err(StoreError::Conflict(_))), "{used:?}");
}

//! What every kind of files must do: one suite, against a folder and against a real object store.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use swath_domain::ids::FileId;
use swath_harness::servers::ObjectStore;
use tokio::time::timeout;

use crate::{Bucket, Content, Files, FilesError};

macro_rules! suite {
    ($($test:ident)*) => {
        mod in_a_folder {
            $(#[tokio::test]
            async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::in_time(super::$test(super::Files::folder(folder.path().join("files")))).await;
            })*
        }

        mod in_an_object_store {
            $(#[tokio::test]
            async fn $test() {
                super::in_time(super::$test(super::in_bucket())).await;
            })*
        }
    };
}

suite! {
    a_file_is_there_whole_once_it_is_written
    parts_of_a_file_are_read_by_their_places
    a_file_of_no_bytes_is_a_file
    content_of_another_length_is_refused_and_leaves_nothing
    content_that_breaks_off_leaves_nothing
    writing_again_is_writing_once
    a_deleted_file_is_gone_and_deleting_again_is_no_error
    what_is_not_there_is_not_found
    many_files_arrive_side_by_side
}

/// A hung test should fail and not hang; nothing is asserted about how long a thing takes.
async fn in_time<T>(test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), test).await.expect("the test hung")
}

/// A bucket of the server that the runner has started, with keys of its own.
fn in_bucket() -> Files {
    let store = ObjectStore::from_environment().unwrap();
    swath_harness::http::client();
    let (endpoint, name) = (store.endpoint, ObjectStore::BUCKET.to_owned());
    let (access_key, secret_key) = (ObjectStore::KEY.to_owned(), ObjectStore::SECRET.into());
    let prefix = format!("{}/", swath_harness::ids::fresh());
    let region = "us-east-1".to_owned();
    Files::bucket(Bucket { endpoint, is_path_style: true, region, name, prefix, access_key, secret_key })
        .unwrap()
}

fn fresh() -> FileId {
    FileId(swath_harness::ids::fresh().parse().unwrap())
}

fn pieces(content: &[u8]) -> Content {
    let pieces: Vec<_> = content.chunks(1_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 % 251) as u8).collect()
}

async fn written(files: &Files, content: &[u8]) -> FileId {
    let id = fresh();
    let digest = files.put(id, content.len() as u64, pieces(content)).await.unwrap();
    assert_eq!(digest, Sha256::digest(content).to_vec());
    id
}

async fn read(files: &Files, id: FileId, range: std::ops::Range<u64>) -> Vec<u8> {
    let pieces: Vec<Bytes> = files.get(id, range).await.unwrap().try_collect().await.unwrap();
    pieces.concat()
}

async fn a_file_is_there_whole_once_it_is_written(files: Files) {
    let content = sample(700_001);
    let id = written(&files, &content).await;
    assert_eq!(files.length(id).await.unwrap(), Some(700_001));
    assert_eq!(read(&files, id, 0..700_001).await, content);
}

async fn parts_of_a_file_are_read_by_their_places(files: Files) {
    let content = sample(300_000);
    let id = written(&files, &content).await;
    for (start, end) in [(0, 1), (299_999, 300_000), (1_000, 2_500), (0, 299_999), (5, 5)] {
        assert_eq!(read(&files, id, start..end).await, &content[start as usize..end as usize]);
    }
}

async fn a_file_of_no_bytes_is_a_file(files: Files) {
    let id = written(&files, b"").await;
    assert_eq!(files.length(id).await.unwrap(), Some(0));
    assert!(read(&files, id, 0..0).await.is_empty());
}

async fn content_of_another_length_is_refused_and_leaves_nothing(files: Files) {
    for said in [99_999, 100_001] {
        let id = fresh();
        let put = files.put(id, said, pieces(&sample(100_000))).await;
        assert!(matches!(put, Err(FilesError::Arriving(_))), "{put:?}");
        assert_eq!(files.length(id).await.unwrap(), None);
    }
}

async fn content_that_breaks_off_leaves_nothing(files: Files) {
    let id = fresh();
    let broken = pieces(&sample(50_000)).chain(stream::iter([Err(io::Error::other("cut"))]));
    let put = files.put(id, 100_000, broken.boxed()).await;
    assert!(matches!(put, Err(FilesError::Arriving(_))), "{put:?}");
    assert_eq!(files.length(id).await.unwrap(), None);
    files.delete(id).await.unwrap();
}

async fn writing_again_is_writing_once(files: Files) {
    let content = sample(10_000);
    let id = written(&files, &content).await;
    files.put(id, 10_000, pieces(&content)).await.unwrap();
    assert_eq!(read(&files, id, 0..10_000).await, content);
}

async fn a_deleted_file_is_gone_and_deleting_again_is_no_error(files: Files) {
    let (id, other) = (written(&files, b"first").await, written(&files, b"second").await);
    files.delete(id).await.unwrap();
    assert_eq!(files.length(id).await.unwrap(), None);
    assert!(matches!(files.get(id, 0..1).await.err(), Some(FilesError::NotFound)));
    files.delete(id).await.unwrap();
    assert_eq!(read(&files, other, 0..6).await, b"second");
}

async fn what_is_not_there_is_not_found(files: Files) {
    assert_eq!(files.length(fresh()).await.unwrap(), None);
    assert!(matches!(files.get(fresh(), 0..1).await.err(), Some(FilesError::NotFound)));
    files.delete(fresh()).await.unwrap();
}

async fn many_files_arrive_side_by_side(files: Files) {
    let contents: Vec<_> = (1..30).map(|number| sample(number * 1_111)).collect();
    let ids = futures::future::join_all(contents.iter().map(|content| written(&files, content))).await;
    for (id, content) in ids.into_iter().zip(&contents) {
        assert_eq!(&read(&files, id, 0..content.len() as u64).await, content);
    }
}

#[tokio::test]
async fn without_a_place_nothing_is_written() {
    let files = Files::nowhere();
    assert!(!files.is_configured());
    assert!(matches!(files.put(fresh(), 1, pieces(b"1")).await, Err(FilesError::NotConfigured)));
}

#[tokio::test]
async fn nobody_else_may_look_into_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    let id = written(&Files::folder(root.clone()), b"content").await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join(crate::key(id))), 0o600);
}

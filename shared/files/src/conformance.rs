//! The conformance suite of the files, which runs on a folder and on a real object store.

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
    a_written_file_is_complete
    a_range_of_a_file_can_be_read
    a_file_may_be_empty
    content_of_another_length_is_refused_and_leaves_nothing
    content_that_fails_leaves_nothing
    writing_the_same_file_again_changes_nothing
    a_deleted_file_is_gone_and_deleting_again_is_no_error
    a_missing_file_is_not_found
    many_files_are_written_at_once
}

/// Fails a test that hangs. It does not assert how fast anything is.
async fn in_time<T>(test: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), test).await.expect("the test hung")
}

/// The bucket of the test server, with a prefix of its own.
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

fn chunks(content: &[u8]) -> Content {
    let chunks: Vec<_> = content.chunks(1_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks).boxed()
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 % 251) as u8).collect()
}

async fn written(files: &Files, content: &[u8]) -> FileId {
    let id = fresh();
    let digest = files.put(id, content.len() as u64, chunks(content)).await.unwrap();
    assert_eq!(digest, Sha256::digest(content).to_vec());
    id
}

async fn read(files: &Files, id: FileId, range: std::ops::Range<u64>) -> Vec<u8> {
    let chunks: Vec<Bytes> = files.get(id, range).await.unwrap().try_collect().await.unwrap();
    chunks.concat()
}

async fn a_written_file_is_complete(files: Files) {
    let content = sample(700_001);
    let id = written(&files, &content).await;
    assert_eq!(files.length(id).await.unwrap(), Some(700_001));
    assert_eq!(read(&files, id, 0..700_001).await, content);
}

async fn a_range_of_a_file_can_be_read(files: Files) {
    let content = sample(300_000);
    let id = written(&files, &content).await;
    for (start, end) in [(0, 1), (299_999, 300_000), (1_000, 2_500), (0, 299_999), (5, 5)] {
        assert_eq!(read(&files, id, start..end).await, &content[start as usize..end as usize]);
    }
}

async fn a_file_may_be_empty(files: Files) {
    let id = written(&files, b"").await;
    assert_eq!(files.length(id).await.unwrap(), Some(0));
    assert!(read(&files, id, 0..0).await.is_empty());
}

async fn content_of_another_length_is_refused_and_leaves_nothing(files: Files) {
    for announced in [99_999, 100_001] {
        let id = fresh();
        let put = files.put(id, announced, chunks(&sample(100_000))).await;
        assert!(matches!(put, Err(FilesError::BadContent(_))), "{put:?}");
        assert_eq!(files.length(id).await.unwrap(), None);
    }
}

async fn content_that_fails_leaves_nothing(files: Files) {
    let id = fresh();
    let broken = chunks(&sample(50_000)).chain(stream::iter([Err(io::Error::other("cut"))]));
    let put = files.put(id, 100_000, broken.boxed()).await;
    assert!(matches!(put, Err(FilesError::BadContent(_))), "{put:?}");
    assert_eq!(files.length(id).await.unwrap(), None);
    files.delete(id).await.unwrap();
}

async fn writing_the_same_file_again_changes_nothing(files: Files) {
    let content = sample(10_000);
    let id = written(&files, &content).await;
    files.put(id, 10_000, chunks(&content)).await.unwrap();
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

async fn a_missing_file_is_not_found(files: Files) {
    assert_eq!(files.length(fresh()).await.unwrap(), None);
    assert!(matches!(files.get(fresh(), 0..1).await.err(), Some(FilesError::NotFound)));
    files.delete(fresh()).await.unwrap();
}

async fn many_files_are_written_at_once(files: Files) {
    let contents: Vec<_> = (1..30).map(|number| sample(number * 1_111)).collect();
    let ids = futures::future::join_all(contents.iter().map(|content| written(&files, content))).await;
    for (id, content) in ids.into_iter().zip(&contents) {
        assert_eq!(&read(&files, id, 0..content.len() as u64).await, content);
    }
}

#[tokio::test]
async fn without_configuration_nothing_is_written() {
    let files = Files::not_configured();
    assert!(!files.is_configured());
    assert!(matches!(files.put(fresh(), 1, chunks(b"1")).await, Err(FilesError::NotConfigured)));
}

#[tokio::test]
async fn no_other_user_of_the_machine_may_read_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("files");
    let id = written(&Files::folder(root.clone()), b"content").await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join(crate::layout::key(id))), 0o600);
}

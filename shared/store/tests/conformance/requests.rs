//! Requests under an `Idempotency-Key` that take longer than one transaction.

use futures::future::join_all;
use serde_json::json;
use swath_domain::{DatasetId, Micros, UserId};
use uuid::Uuid;

use super::suite;
use super::world::World;
use swath_store::{
    Begun, Completion, Imported, ListPage, NewDataset, NewItem, RequestKey, Source, StoreError, digest,
};

suite! {
    of_twins_one_is_carried_out_and_the_others_are_told
    a_request_that_is_complete_gets_its_first_answer
    an_attempt_that_has_come_to_nothing_frees_its_key
    an_attempt_whose_process_died_frees_its_key
    an_attempt_that_was_taken_over_keeps_nothing
    twins_race_for_one_dataset
}

fn request(user: UserId) -> RequestKey {
    RequestKey { user, route: "POST /v1/datasets", key: "once".into(), team: None }
}

async fn begin(world: &World, attempt: Uuid) -> Begun {
    let now = world.now();
    world.store.request_begin(request(world.manager), attempt, now + Micros(1_000), now).await.unwrap()
}

fn completion(world: &World, attempt: Uuid, body: &[u8]) -> Completion {
    Completion { asked: request(world.manager).asked(digest(body)), attempt }
}

async fn of_twins_one_is_carried_out_and_the_others_are_told(world: World) {
    let begun = join_all((0..8).map(|_| begin(&world, world.id()))).await;
    assert_eq!(begun.iter().filter(|begun| **begun == Begun::Mine).count(), 1, "{begun:?}");
    assert_eq!(begun.iter().filter(|begun| **begun == Begun::Running).count(), 7, "{begun:?}");
    let other = RequestKey { key: "another".into(), ..request(world.manager) };
    let now = world.now();
    assert_eq!(
        world.store.request_begin(other, world.id(), now + Micros(1), now).await.unwrap(),
        Begun::Mine
    );
}

async fn a_request_that_is_complete_gets_its_first_answer(world: World) {
    let attempt = world.id();
    assert_eq!(begin(&world, attempt).await, Begun::Mine);
    let completion = completion(&world, attempt, b"body");
    world.store.request_complete(completion.clone(), json!("answer"), world.now()).await.unwrap();
    let Begun::Answered(first) = begin(&world, world.id()).await else { panic!("it was answered") };
    assert_eq!(first.clone().to(&completion.asked).unwrap(), json!("answer"));
    let other = request(world.manager).asked(digest(b"another body"));
    assert!(matches!(first.to(&other), Err(StoreError::Conflict(_))));
}

async fn an_attempt_that_has_come_to_nothing_frees_its_key(world: World) {
    let (first, second) = (world.id(), world.id());
    assert_eq!(begin(&world, first).await, Begun::Mine);
    world.store.request_abandon(request(world.manager), second).await.unwrap();
    assert_eq!(begin(&world, second).await, Begun::Running, "another's end is not the first's");
    world.store.request_abandon(request(world.manager), first).await.unwrap();
    assert_eq!(begin(&world, second).await, Begun::Mine);
}

async fn an_attempt_whose_process_died_frees_its_key(world: World) {
    let (first, second) = (world.id(), world.id());
    assert_eq!(begin(&world, first).await, Begun::Mine);
    let later = world.pass(Micros(900));
    assert!(world.store.request_extend(request(world.manager), first, later + Micros(1_000)).await.unwrap());
    world.pass(Micros(900));
    assert_eq!(begin(&world, second).await, Begun::Running);
    world.pass(Micros(101));
    assert_eq!(begin(&world, second).await, Begun::Mine);
    assert!(
        !world.store.request_extend(request(world.manager), first, world.now() + Micros(1)).await.unwrap()
    );
    // A process that starts alone knows that nothing runs.
    world.store.requests_forget(swath_domain::Time::MAX).await.unwrap();
    assert_eq!(begin(&world, world.id()).await, Begun::Mine);
}

async fn import(world: &World, attempt: Uuid) -> swath_store::Result<DatasetId> {
    let id = DatasetId(world.id());
    let new = NewDataset {
        id,
        team: world.team,
        name: "pictures".into(),
        creator: world.manager,
        base: String::new(),
        source: Source::Rows,
        now: world.now(),
    };
    world.store.dataset_create(new, None).await?;
    let item = NewItem {
        uri: "https://a.example/1.png".into(),
        labels: Vec::new(),
        meta: None,
        width: None,
        height: None,
        orientation: None,
    };
    world.store.dataset_append(id, 1, vec![item], world.now()).await?;
    let completion = Some(completion(world, attempt, b"body"));
    match world.store.dataset_finish(id, 1, Imported::of_base(""), completion, world.now()).await {
        Ok(()) => Ok(id),
        Err(error) => {
            world.store.dataset_drop_version(id, 1, None, world.now()).await?;
            Err(error)
        }
    }
}

async fn an_attempt_that_was_taken_over_keeps_nothing(world: World) {
    let (first, second) = (world.id(), world.id());
    assert_eq!(begin(&world, first).await, Begun::Mine);
    world.pass(Micros(1_001));
    assert_eq!(begin(&world, second).await, Begun::Mine);
    let late = import(&world, first).await;
    assert!(matches!(late, Err(StoreError::Conflict(_))), "{late:?}");
    let made = import(&world, second).await.unwrap();
    let datasets = world.store.datasets(world.team, None, &ListPage::behind(Uuid::nil(), 9)).await.unwrap();
    assert_eq!(datasets.iter().map(|dataset| dataset.id).collect::<Vec<_>>(), [made]);
}

/// As clients do whose answer is slow to come: each twin tries until it is answered.
async fn twins_race_for_one_dataset(world: World) {
    let twin = async || {
        let attempt = world.id();
        loop {
            match begin(&world, attempt).await {
                Begun::Mine => return import(&world, attempt).await.unwrap(),
                Begun::Running => tokio::task::yield_now().await,
                Begun::Answered(first) => {
                    let asked = request(world.manager).asked(digest(b"body"));
                    return serde_json::from_value(first.to(&asked).unwrap()).unwrap();
                }
            }
        }
    };
    let mut made = join_all((0..8).map(|_| twin())).await;
    made.dedup();
    assert_eq!(made.len(), 1);
    assert_eq!(
        world.store.datasets(world.team, None, &ListPage::behind(Uuid::nil(), 9)).await.unwrap().len(),
        1
    );
}

//! Sessions of browsers and the links with which people sign in.

use swath_domain::time::seconds;
use swath_domain::{Micros, Role, Roles, Time, TokenId, UserId};
use uuid::Uuid;

use super::suite;
use super::world::{MOMENT, World};
use swath_store::{Actor, NewSession, NewSignInLink, Opened, Result, SESSIONS_MAX, StoreError, digest};

suite! {
    a_link_signs_in_once
    of_two_who_spend_a_link_one_signs_in
    a_link_is_good_while_person_and_maker_are_what_they_were
    a_session_ends_with_the_token_through_which_it_was_opened
    a_session_that_is_opened_while_its_token_is_revoked_does_not_outlive_it
    a_session_ends_no_later_than_its_token
    spent_and_old_links_are_forgotten
    one_session_too_many_ends_the_oldest
    sessions_are_forgotten_once_they_are_over
}

const MINUTE: Micros = seconds(60);

fn by(world: &World, user: UserId) -> Actor {
    Actor { user: Some(user), ..world.actor() }
}

async fn link(world: &World, user: UserId, maker: UserId, code: &str) -> Uuid {
    try_link(world, user, maker, code).await.unwrap()
}

async fn try_link(world: &World, user: UserId, maker: UserId, code: &str) -> Result<Uuid> {
    let new = NewSignInLink {
        id: world.id(),
        digest: digest(code.as_bytes()),
        user,
        team: Some(world.team),
        parent: None,
        expires: world.now() + MINUTE * 15,
        session_expires: None,
    };
    world.store.sign_in_link_create(new, by(world, maker), None).await.map(|made| made.value.id)
}

fn session(world: &World, secret: &str) -> NewSession {
    NewSession {
        id: TokenId(world.id()),
        digest: digest(secret.as_bytes()),
        expires: world.now() + MINUTE * 60,
    }
}

async fn spend(world: &World, code: &str, secret: &str) -> Result<Opened> {
    let new = session(world, secret);
    world.store.session_open_by_link(digest(code.as_bytes()), new, world.actor()).await
}

async fn is_revoked(world: &World, secret: &str) -> bool {
    world.store.token(&digest(secret.as_bytes())).await.unwrap().unwrap().revoked.is_some()
}

async fn a_link_signs_in_once(world: World) {
    let person = world.worker().await;
    link(&world, person, world.manager, "code").await;
    let opened = spend(&world, "code", "cookie").await.unwrap();
    assert_eq!(opened, Opened { user: person, expires: world.now() + MINUTE * 60 });
    let token = world.store.token(&digest(b"cookie")).await.unwrap().unwrap();
    assert!(token.is_session);
    assert_eq!((token.user.id, token.team, token.maker), (person, Some(world.team), Some(world.manager)));
    let again = spend(&world, "code", "another").await;
    assert!(matches!(again, Err(StoreError::NotFound)), "{again:?}");
    let unknown = spend(&world, "guess", "another").await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    let log = world.store.audit_log(Some(world.team), Uuid::nil(), 100).await.unwrap();
    let sign_in = log.iter().find(|entry| entry.action == "sign-in").unwrap();
    assert_eq!(sign_in.actor, Some(person));
    assert_eq!(sign_in.detail.as_ref().unwrap()["made_by"], serde_json::json!(world.manager));
}

async fn of_two_who_spend_a_link_one_signs_in(world: World) {
    let person = world.worker().await;
    let other = world.another_process().await;
    for round in 0..10 {
        let code = format!("code {round}");
        link(&world, person, world.manager, &code).await;
        let (one, two) = (format!("one {round}"), format!("two {round}"));
        let (one, two) = tokio::join!(spend(&world, &code, &one), spend(&other, &code, &two));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    }
}

async fn a_link_is_good_while_person_and_maker_are_what_they_were(world: World) {
    let put = async |user, roles: &[Role]| {
        world.store.member_put(world.team, user, Roles::of(roles), world.actor()).await.unwrap();
    };
    let is_refused = async |code: &str| {
        let answer = spend(&world, code, code).await;
        assert!(matches!(answer, Err(StoreError::NotFound)), "{code}: {answer:?}");
    };
    let (person, maker) = (world.worker().await, world.member(&[Role::Manager]).await);
    link(&world, person, maker, "late").await;
    world.pass(MINUTE * 15);
    is_refused("late").await;

    link(&world, person, maker, "left").await;
    put(person, &[]).await;
    is_refused("left").await;
    world.pass(MOMENT);
    put(person, &[Role::Annotator]).await;
    is_refused("left").await;
    let foreign = try_link(&world, world.person().await, maker, "of a stranger").await;
    assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");

    link(&world, person, maker, "by somebody who manages no more").await;
    put(maker, &[Role::Reviewer]).await;
    is_refused("by somebody who manages no more").await;
    link(&world, person, person, "own").await;
    spend(&world, "own", "own").await.unwrap();
}

async fn a_session_ends_with_the_token_through_which_it_was_opened(world: World) {
    let token = world.token(world.manager, "secret").await;
    let parent = world.store.token(&digest(b"secret")).await.unwrap().unwrap();
    let opened = world.store.session_open_by_token(parent.clone(), session(&world, "cookie"), world.actor());
    assert_eq!(opened.await.unwrap().user, world.manager);
    let beside = world.store.session_open_by_token(parent.clone(), session(&world, "beside"), world.actor());
    beside.await.unwrap();
    let own = world.store.token(&digest(b"cookie")).await.unwrap().unwrap();
    world.store.token_revoke(own.id, world.actor()).await.unwrap();
    assert!(is_revoked(&world, "cookie").await && !is_revoked(&world, "beside").await);
    world.store.token_revoke(token, world.actor()).await.unwrap();
    assert!(is_revoked(&world, "beside").await);
    let late = world.store.session_open_by_token(parent, session(&world, "late"), world.actor()).await;
    assert!(matches!(late, Err(StoreError::NotFound)), "{late:?}");
}

async fn a_session_that_is_opened_while_its_token_is_revoked_does_not_outlive_it(world: World) {
    let other = world.another_process().await;
    for round in 0..10 {
        let (secret, cookie) = (format!("secret {round}"), format!("cookie {round}"));
        let token = world.token(world.manager, &secret).await;
        let parent = world.store.token(&digest(secret.as_bytes())).await.unwrap().unwrap();
        let (opened, revoked) = tokio::join!(
            world.store.session_open_by_token(parent, session(&world, &cookie), world.actor()),
            other.store.token_revoke(token, world.actor())
        );
        revoked.unwrap();
        match opened {
            Ok(_) => assert!(is_revoked(&world, &cookie).await),
            late => assert!(matches!(late, Err(StoreError::NotFound)), "{late:?}"),
        }
    }
}

async fn a_session_ends_no_later_than_its_token(world: World) {
    let expires = world.now() + MINUTE;
    let new = swath_store::NewToken {
        id: TokenId(world.id()),
        user: world.manager,
        team: Some(world.team),
        digest: digest(b"short"),
        expires: Some(expires),
    };
    world.store.token_create(new, world.actor(), None).await.unwrap();
    let parent = world.store.token(&digest(b"short")).await.unwrap().unwrap();
    let open = async |secret: &str| {
        world.store.session_open_by_token(parent.clone(), session(&world, secret), world.actor()).await
    };
    assert_eq!(open("cookie").await.unwrap().expires, expires);
    world.pass(MINUTE);
    let late = open("late").await;
    assert!(matches!(late, Err(StoreError::NotFound)), "{late:?}");
}

async fn spent_and_old_links_are_forgotten(world: World) {
    let person = world.worker().await;
    for code in ["one", "two", "three"] {
        link(&world, person, world.manager, code).await;
    }
    spend(&world, "one", "cookie").await.unwrap();
    let forget = async |before: Time, limit| world.store.sign_in_links_forget(before, limit).await.unwrap();
    assert_eq!(forget(world.now(), 9).await, 0);
    let later = world.pass(MINUTE * 15 + MOMENT);
    assert_eq!((forget(later, 2).await, forget(later, 9).await, forget(later, 9).await), (2, 1, 0));
}

/// Opens a session through the manager's token.
async fn opened(world: &World, secret: &str) {
    let parent = world.store.token(&digest(b"secret")).await.unwrap().unwrap();
    world.store.session_open_by_token(parent, session(world, secret), world.actor()).await.unwrap();
}

async fn one_session_too_many_ends_the_oldest(world: World) {
    world.token(world.manager, "secret").await;
    for number in 0..SESSIONS_MAX {
        opened(&world, &format!("cookie {number}")).await;
    }
    assert!(!is_revoked(&world, "cookie 0").await);
    opened(&world, "one more").await;
    assert!(is_revoked(&world, "cookie 0").await);
    assert!(!is_revoked(&world, "cookie 1").await && !is_revoked(&world, "one more").await);
    assert!(!is_revoked(&world, "secret").await, "a token is no session");
}

async fn sessions_are_forgotten_once_they_are_over(world: World) {
    let token = world.token(world.manager, "secret").await;
    for secret in ["one", "two", "three"] {
        opened(&world, secret).await;
    }
    let used = world.store.token(&digest(b"one")).await.unwrap().unwrap().id;
    world.pass(MOMENT);
    world.store.tokens_used(vec![used, token], world.actor()).await.unwrap();
    let forget = async |before: Time, limit| world.store.sessions_forget(before, limit).await.unwrap();
    assert_eq!(forget(world.now() + MINUTE * 59, 9).await, 0);
    let later = world.pass(MINUTE * 60 + MOMENT);
    assert_eq!((forget(later, 2).await, forget(later, 9).await, forget(later, 9).await), (2, 1, 0));
    assert!(world.store.token(&digest(b"one")).await.unwrap().is_none());
    assert!(world.store.token_info(token).await.unwrap().unwrap().used.is_some());
}

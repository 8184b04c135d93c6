//! People, teams and tokens, and the first answers that a repeated request gets again.

use swath_domain::{Role, Roles, TeamId, Time, TokenId, UserId};
use uuid::Uuid;

use super::suite;
use super::world::World;
use crate::{Asked, Key, StoreError, User, digest};

suite! {
    roles_are_held_by_team
    a_person_without_roles_is_no_member
    a_membership_is_of_a_person_and_a_team_that_exist
    a_team_name_is_given_once
    a_token_is_known_by_its_digest_alone
    a_revoked_token_stays_revoked
    every_change_of_what_people_may_do_is_counted
    members_and_teams_are_read_page_by_page
    a_request_that_is_sent_again_gets_its_first_answer
    a_key_belongs_to_a_person_and_a_route
    first_answers_are_forgotten_after_their_time
}

fn asked(user: UserId, route: &'static str, body: &[u8]) -> Option<Asked> {
    Some(Asked { user, route, key: Key::new("once", body) })
}

fn user(world: &World, name: &str) -> User {
    User {
        id: UserId(world.id()),
        name: name.into(),
        email: Some("a@b.c".into()),
        admin: false,
        created: world.now(),
    }
}

async fn roles_are_held_by_team(world: World) {
    let (mine, other) = (world.team, world.new_team("another team").await);
    let person = world.member(&[Role::Annotator]).await;
    world.store.member_put(other, person, Roles::of(&[Role::Manager, Role::Reviewer])).await.unwrap();
    world.store.member_put(mine, person, Roles::of(&[Role::Reviewer])).await.unwrap();
    let roles = async |team| world.store.member_roles(team, person).await.unwrap().to_vec();
    assert_eq!(roles(mine).await, [Role::Reviewer]);
    assert_eq!(roles(other).await, [Role::Manager, Role::Reviewer]);
    let teams: Vec<_> = world.store.teams_of(person).await.unwrap().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(teams, [mine, other]);
}

async fn a_person_without_roles_is_no_member(world: World) {
    let person = world.member(&[Role::Annotator]).await;
    world.store.member_put(world.team, person, Roles::NONE).await.unwrap();
    assert_eq!(world.store.member_roles(world.team, person).await.unwrap(), Roles::NONE);
    assert!(world.store.teams_of(person).await.unwrap().is_empty());
    assert!(world.store.user(person).await.unwrap().is_some());
}

async fn a_membership_is_of_a_person_and_a_team_that_exist(world: World) {
    let roles = Roles::of(&[Role::Annotator]);
    for (team, user) in [(world.team, UserId(world.id())), (TeamId(world.id()), world.manager)] {
        let answer = world.store.member_put(team, user, roles).await;
        assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
    }
}

async fn a_team_name_is_given_once(world: World) {
    let again = world.store.team_create(TeamId(world.id()), "the team".into(), None, world.now()).await;
    assert!(matches!(&again, Err(StoreError::Conflict(text)) if text.contains("the team")), "{again:?}");
    assert_eq!(world.store.team_name(world.team).await.unwrap().as_deref(), Some("the team"));
    assert_eq!(world.store.team_name(TeamId(world.id())).await.unwrap(), None);
}

async fn a_token_is_known_by_its_digest_alone(world: World) {
    assert!(!world.store.has_admin().await.unwrap());
    let admin = User { admin: true, ..user(&world, "root") };
    world.store.user_create(admin.clone(), None).await.unwrap();
    assert!(world.store.has_admin().await.unwrap());
    let (id, secret) = (TokenId(world.id()), digest(b"secret"));
    let expires = Some(world.now() + 1);
    world.store.token_create((id, admin.id, secret.clone()), expires, None, world.now()).await.unwrap();
    let token = world.store.token(&secret).await.unwrap().unwrap();
    assert_eq!((token.id, token.user.id, token.user.admin), (id, admin.id, true));
    assert_eq!((token.expires, token.revoked, token.teams.len()), (expires, None, 0));
    assert!(world.store.token(&digest(b"guess")).await.unwrap().is_none());
    assert_eq!(world.store.token_owner(id).await.unwrap(), Some(admin.id));
}

async fn a_revoked_token_stays_revoked(world: World) {
    let (id, secret) = (TokenId(world.id()), digest(b"secret"));
    world.store.token_create((id, world.manager, secret.clone()), None, None, world.now()).await.unwrap();
    let revoked = world.now();
    world.store.token_revoke(id, revoked).await.unwrap();
    world.store.token_revoke(id, world.pass(5)).await.unwrap();
    assert_eq!(world.store.token(&secret).await.unwrap().unwrap().revoked, Some(revoked));
}

/// What is remembered of people is asked for again when this number has moved, so that nothing may change behind it.
async fn every_change_of_what_people_may_do_is_counted(world: World) {
    let revision = async || world.store.people_revision().await.unwrap();
    let mut last = revision().await;
    let mut moved = async |what: &str| {
        let now = revision().await;
        assert!(now > last, "{what}: {now} after {last}");
        last = now;
    };
    let person = world.member(&[Role::Annotator]).await;
    moved("a member who is new").await;
    world.store.member_put(world.team, person, Roles::of(&[Role::Reviewer])).await.unwrap();
    moved("another role").await;
    world.store.member_put(world.team, person, Roles::NONE).await.unwrap();
    moved("a member who is gone").await;
    let id = TokenId(world.id());
    world.store.token_create((id, person, digest(b"t")), None, None, world.now()).await.unwrap();
    world.store.token_revoke(id, world.now()).await.unwrap();
    moved("a token that is revoked").await;
    let before = revision().await;
    world.store.token(&digest(b"t")).await.unwrap();
    assert_eq!(revision().await, before, "a read moves nothing");
}

async fn members_and_teams_are_read_page_by_page(world: World) {
    let mut people = vec![world.manager];
    people.extend(world.workers(6).await);
    let (mut seen, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let page = world.store.members(world.team, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.user.0;
        seen.extend(page.into_iter().map(|member| member.user));
    }
    assert_eq!(seen, people);
    let other = world.new_team("another team").await;
    let first = world.store.teams(Uuid::nil(), 1).await.unwrap();
    assert_eq!(first, [(world.team, "the team".to_owned())]);
    assert_eq!(world.store.teams(world.team.0, 9).await.unwrap(), [(other, "another team".to_owned())]);
}

async fn a_request_that_is_sent_again_gets_its_first_answer(world: World) {
    let ask =
        |name, body: &[u8]| world.store.user_create(user(&world, name), asked(world.manager, "users", body));
    let first = ask("first", b"{}").await.unwrap();
    let again = ask("second", b"{}").await.unwrap();
    assert_eq!((again.id, again.name.as_str()), (first.id, "first"));
    let other = ask("third", b"{other}").await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    let together = futures::future::join_all((0..10).map(|_| {
        let asked = asked(world.manager, "teams", b"{}");
        world.store.team_create(TeamId(world.id()), "together".into(), asked, world.now())
    }));
    let mut ids: Vec<_> = together.await.into_iter().map(Result::unwrap).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "one team for all of them");
}

async fn a_key_belongs_to_a_person_and_a_route(world: World) {
    let other = world.person().await;
    let mut ids = Vec::new();
    for (person, route) in [(world.manager, "a"), (world.manager, "b"), (other, "a")] {
        ids.push(
            world.store.user_create(user(&world, "someone"), asked(person, route, b"{}")).await.unwrap().id,
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

async fn first_answers_are_forgotten_after_their_time(world: World) {
    for route in ["a", "b", "c"] {
        world.store.user_create(user(&world, "someone"), asked(world.manager, route, b"{}")).await.unwrap();
        world.pass(10);
    }
    let forget = async |before, limit| world.store.answers_forget(before, limit).await.unwrap();
    assert_eq!(forget(Time(0), 10).await, 0);
    assert_eq!(forget(world.now() + -10, 1).await, 1);
    assert_eq!(forget(world.now() + -10, 10).await, 1);
    let again =
        world.store.user_create(user(&world, "anew"), asked(world.manager, "a", b"{}")).await.unwrap();
    assert_eq!(again.name, "anew");
}

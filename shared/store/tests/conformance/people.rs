//! People, teams and tokens, and the first answers that a repeated request gets again.

use swath_domain::{Micros, Role, Roles, TeamId, Time, TokenId, UserId};
use uuid::Uuid;

use super::suite;
use super::world::World;
use swath_store::{Asked, Created, Key, ListPage, NewToken, StoreError, User, UserEdit, digest};

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
    an_address_belongs_to_one_account_however_it_is_written
    an_account_is_renamed_found_by_its_address_and_deactivated
    a_token_opens_its_own_team_alone
    the_use_of_a_token_is_kept_and_a_new_use_after_a_rest_is_a_sign_in
    a_sign_in_that_two_gateways_see_is_logged_once
    a_configured_token_replaces_the_one_before
    a_token_that_is_asked_for_again_is_not_made_again
    teams_are_told_apart_by_more_than_case_and_form
}

fn asked(user: UserId, route: &'static str, body: &[u8]) -> Option<Asked> {
    Some(Asked { user, route, key: Key::new("once", body) })
}

fn user(world: &World, name: &str) -> User {
    User {
        id: UserId(world.id()),
        name: name.into(),
        email: None,
        admin: false,
        created: world.now(),
        creator: None,
        deactivated: None,
    }
}

async fn roles_are_held_by_team(world: World) {
    let (mine, other) = (world.team, world.new_team("another team").await);
    let person = world.member(&[Role::Annotator]).await;
    let roles = Roles::of(&[Role::Manager, Role::Reviewer]);
    world.store.member_put(other, person, roles, world.actor()).await.unwrap();
    world.store.member_put(mine, person, Roles::of(&[Role::Reviewer]), world.actor()).await.unwrap();
    let roles = async |team| world.store.member_roles(team, person).await.unwrap().to_vec();
    assert_eq!(roles(mine).await, [Role::Reviewer]);
    assert_eq!(roles(other).await, [Role::Manager, Role::Reviewer]);
    let teams: Vec<_> = world.store.teams_of(person).await.unwrap().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(teams, [mine, other]);
}

async fn a_person_without_roles_is_no_member(world: World) {
    let person = world.member(&[Role::Annotator]).await;
    world.store.member_put(world.team, person, Roles::NONE, world.actor()).await.unwrap();
    assert_eq!(world.store.member_roles(world.team, person).await.unwrap(), Roles::NONE);
    assert!(world.store.teams_of(person).await.unwrap().is_empty());
    assert!(world.store.user(person).await.unwrap().is_some());
}

async fn a_membership_is_of_a_person_and_a_team_that_exist(world: World) {
    let roles = Roles::of(&[Role::Annotator]);
    for (team, user) in [(world.team, UserId(world.id())), (TeamId(world.id()), world.manager)] {
        let answer = world.store.member_put(team, user, roles, world.actor()).await;
        assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
    }
}

async fn a_team_name_is_given_once(world: World) {
    let again = world.store.team_create(TeamId(world.id()), "the team".into(), world.actor(), None).await;
    assert!(matches!(&again, Err(StoreError::Conflict(text)) if text.contains("the team")), "{again:?}");
    assert_eq!(world.store.team_name(world.team).await.unwrap().as_deref(), Some("the team"));
    assert_eq!(world.store.team_name(TeamId(world.id())).await.unwrap(), None);
}

async fn a_token_is_known_by_its_digest_alone(world: World) {
    assert!(world.store.admins().await.unwrap().is_empty());
    let admin = User { admin: true, ..user(&world, "root") };
    world.store.user_create(admin.clone(), world.actor(), None).await.unwrap();
    assert!(world.store.admins().await.unwrap().contains(&admin));
    let (id, secret) = (TokenId(world.id()), digest(b"secret"));
    let expires = Some(world.now() + Micros(1));
    let new = NewToken { id, user: admin.id, team: None, digest: secret.clone(), expires };
    assert_eq!(
        world.store.token_create(new, world.actor(), None).await.unwrap(),
        Created { value: id, is_new: true }
    );
    let token = world.store.token(&secret).await.unwrap().unwrap();
    assert_eq!((token.id, token.user.id, token.user.admin), (id, admin.id, true));
    assert_eq!((token.expires, token.revoked, token.teams.len()), (expires, None, 0));
    assert!(world.store.token(&digest(b"guess")).await.unwrap().is_none());
    assert_eq!(world.store.token_info(id).await.unwrap().unwrap().user.0, admin.id);
}

async fn a_revoked_token_stays_revoked(world: World) {
    let id = world.token(world.manager, "secret").await;
    let revoked = world.now();
    world.store.token_revoke(id, world.actor()).await.unwrap();
    world.pass(Micros(5));
    world.store.token_revoke(id, world.actor()).await.unwrap();
    let token = world.store.token(&digest(b"secret")).await.unwrap().unwrap();
    assert_eq!(token.revoked, Some(revoked));
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
    world.store.member_put(world.team, person, Roles::of(&[Role::Reviewer]), world.actor()).await.unwrap();
    moved("another role").await;
    world.store.member_put(world.team, person, Roles::NONE, world.actor()).await.unwrap();
    moved("a member who is gone").await;
    world.store.member_put(world.team, person, Roles::of(&[Role::Reviewer]), world.actor()).await.unwrap();
    moved("a member who is back").await;
    let id = world.token(person, "t").await;
    world.store.token_revoke(id, world.actor()).await.unwrap();
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
        let page = world.store.members(world.team, &ListPage::behind(after, 3)).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.user.0;
        seen.extend(page.into_iter().map(|member| member.user));
    }
    assert_eq!(seen, people);
    let newest = ListPage { is_newest_first: true, limit: 1, ..ListPage::default() };
    let last = world.store.members(world.team, &newest).await.unwrap();
    assert_eq!(last.iter().map(|member| member.user).collect::<Vec<_>>(), people[people.len() - 1..]);
    let nobody = ListPage { name: "%".into(), limit: 9, ..ListPage::default() };
    assert!(world.store.members(world.team, &nobody).await.unwrap().is_empty());
    let all = ListPage { name: last[0].name.to_uppercase(), limit: 99, ..ListPage::default() };
    let called: Vec<_> = world.store.members(world.team, &all).await.unwrap();
    assert!(called.contains(&last[0]) && called.iter().all(|member| member.name == last[0].name));
    let other = world.new_team("another team").await;
    let teams = async |page: ListPage| {
        let found = world.store.teams(&page).await.unwrap();
        found.into_iter().map(|(id, name)| format!("{name} {}", id == other)).collect::<Vec<_>>()
    };
    let newest = |after| ListPage { after, is_newest_first: true, limit: 1, ..ListPage::default() };
    let named = |name: &str| ListPage { name: name.into(), limit: 9, ..ListPage::default() };
    let (first, second) = ("the team false", "another team true");
    assert_eq!(teams(ListPage::behind(Uuid::nil(), 1)).await, [first]);
    assert_eq!(teams(ListPage::behind(world.team.0, 9)).await, [second]);
    assert_eq!(teams(newest(None)).await, [second]);
    assert_eq!(teams(newest(Some(other.0))).await, [first]);
    assert_eq!(teams(named("ANOTHER")).await, [second]);
    assert!(teams(named("%")).await.is_empty());
    let named = world.store.team_names(vec![other, TeamId(Uuid::max())]).await.unwrap();
    assert_eq!(named, [(other, "another team".to_owned())], "a team that is not there has no name");
    assert_eq!(world.store.team_names(Vec::new()).await.unwrap(), []);
}

async fn a_request_that_is_sent_again_gets_its_first_answer(world: World) {
    let ask = |name, body: &[u8]| {
        world.store.user_create(user(&world, name), world.actor(), asked(world.manager, "users", body))
    };
    let first = ask("first", b"{}").await.unwrap();
    let again = ask("second", b"{}").await.unwrap();
    assert_eq!((again.id, again.name.as_str()), (first.id, "first"));
    let other = ask("third", b"{other}").await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    let together = futures::future::join_all((0..10).map(|_| {
        let asked = asked(world.manager, "teams", b"{}");
        world.store.team_create(TeamId(world.id()), "together".into(), world.actor(), asked)
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
            world
                .store
                .user_create(user(&world, "someone"), world.actor(), asked(person, route, b"{}"))
                .await
                .unwrap()
                .id,
        );
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

async fn first_answers_are_forgotten_after_their_time(world: World) {
    for route in ["a", "b", "c"] {
        world
            .store
            .user_create(user(&world, "someone"), world.actor(), asked(world.manager, route, b"{}"))
            .await
            .unwrap();
        world.pass(Micros(10));
    }
    let forget = async |before, limit| world.store.answers_forget(before, limit).await.unwrap();
    assert_eq!(forget(Time(0), 10).await, 0);
    assert_eq!(forget(world.now() + Micros(-10), 1).await, 1);
    assert_eq!(forget(world.now() + Micros(-10), 10).await, 1);
    let again = world
        .store
        .user_create(user(&world, "anew"), world.actor(), asked(world.manager, "a", b"{}"))
        .await
        .unwrap();
    assert_eq!(again.name, "anew");
}

async fn an_address_belongs_to_one_account_however_it_is_written(world: World) {
    let make = async |address: &str| {
        let user = User { email: Some(address.into()), ..user(&world, "maria") };
        world.store.user_create(user, world.actor(), None).await
    };
    let first = make("Maria@Example.org").await.unwrap();
    for same in ["maria@example.org", " MARIA@EXAMPLE.ORG ", "Maria@Example.org"] {
        let answer = make(same).await;
        assert!(matches!(&answer, Err(StoreError::Invalid(error)) if error.field == "email"), "{answer:?}");
    }
    let together = futures::future::join_all((0..6).map(|_| make("otto@example.org"))).await;
    assert_eq!(together.iter().filter(|made| made.is_ok()).count(), 1, "{together:?}");
    let found =
        world.store.users(Some("maria@EXAMPLE.org"), &ListPage::behind(Uuid::nil(), 9)).await.unwrap();
    assert_eq!(found.iter().map(|user| user.id).collect::<Vec<_>>(), [first.id]);
}

async fn an_account_is_renamed_found_by_its_address_and_deactivated(world: World) {
    let person = world.member(&[Role::Annotator]).await;
    let other = User { email: Some("taken@example.org".into()), ..user(&world, "other") };
    world.store.user_create(other, world.actor(), None).await.unwrap();
    let edit = async |changes| world.store.user_edit(person, changes, world.actor()).await;
    let address = |text: &str| UserEdit { email: Some(Some(text.into())), ..UserEdit::default() };
    let (renamed, _) =
        edit(UserEdit { name: Some("Ann".into()), ..address("ann@example.org") }).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.email.as_deref()), ("Ann", Some("ann@example.org")));
    let taken = edit(address("Taken@example.org")).await;
    assert!(matches!(taken, Err(StoreError::Invalid(_))), "{taken:?}");
    let secret = digest(b"secret");
    world.token(person, "secret").await;
    edit(UserEdit { active: Some(false), ..UserEdit::default() }).await.unwrap();
    let token = world.store.token(&secret).await.unwrap().unwrap();
    assert!(token.revoked.is_some() && token.user.deactivated.is_some(), "{token:?}");
    let (active, _) = edit(UserEdit { active: Some(true), ..UserEdit::default() }).await.unwrap();
    assert_eq!(active.deactivated, None);
    assert!(world.store.token(&secret).await.unwrap().unwrap().revoked.is_some(), "it starts without tokens");
    let actions = audit_of(&world, None).await;
    assert!(actions.contains(&"user-edit".to_owned()), "{actions:?}");
}

async fn audit_of(world: &World, team: Option<TeamId>) -> Vec<String> {
    let entries = world.store.audit_log(team, Uuid::nil(), 1_000).await.unwrap();
    entries.into_iter().map(|entry| entry.action).collect()
}

async fn a_token_opens_its_own_team_alone(world: World) {
    let person = world.member(&[Role::Annotator]).await;
    world.token(person, "mine").await;
    let other = world.new_team("another team").await;
    world.store.member_put(other, person, Roles::of(&[Role::Manager]), world.actor()).await.unwrap();
    let teams = async |secret: &[u8]| {
        let token = world.store.token(&digest(secret)).await.unwrap().unwrap();
        token.teams.into_iter().map(|(team, ..)| team).collect::<Vec<_>>()
    };
    assert_eq!(teams(b"mine").await, [world.team]);
    // One from before tokens had teams opens no team that its user has joined since.
    let old =
        NewToken { id: TokenId(world.id()), user: person, team: None, digest: digest(b"old"), expires: None };
    world.store.token_create(old, world.actor(), None).await.unwrap();
    assert_eq!(teams(b"old").await, []);
    let listed = world.store.tokens(Some(world.team), None, Uuid::nil(), 9).await.unwrap();
    assert_eq!(listed.iter().map(|token| token.user.0).collect::<Vec<_>>(), [person]);
    assert_eq!(listed[0].maker, Some(world.manager));
}

async fn the_use_of_a_token_is_kept_and_a_new_use_after_a_rest_is_a_sign_in(world: World) {
    let token = world.token(world.manager, "secret").await;
    let sign_ins = async || {
        let actions = audit_of(&world, Some(world.team)).await;
        actions.iter().filter(|action| *action == "sign-in").count()
    };
    let used = async || world.store.token_info(token).await.unwrap().unwrap().used;
    assert_eq!((used().await, sign_ins().await), (None, 0));
    for (rest, count) in
        [(Micros(0), 1), (swath_store::SIGN_IN_AFTER / 2, 1), (swath_store::SIGN_IN_AFTER + Micros(1), 2)]
    {
        let now = world.pass(rest);
        world.store.tokens_used(vec![token, TokenId(world.id())], world.actor()).await.unwrap();
        assert_eq!((used().await, sign_ins().await), (Some(now), count));
    }
}

async fn a_sign_in_that_two_gateways_see_is_logged_once(world: World) {
    let token = world.token(world.manager, "secret").await;
    let other = world.another_process().await;
    for round in 1..=10 {
        world.pass(swath_store::SIGN_IN_AFTER + Micros(1));
        let (one, two) = tokio::join!(
            world.store.tokens_used(vec![token], world.actor()),
            other.store.tokens_used(vec![token], world.actor())
        );
        one.and(two).unwrap();
        let actions = audit_of(&world, Some(world.team)).await;
        assert_eq!(actions.iter().filter(|action| *action == "sign-in").count(), round);
    }
}

async fn a_configured_token_replaces_the_one_before(world: World) {
    let admin = User { admin: true, ..user(&world, "root") };
    world.store.user_create(admin.clone(), world.actor(), None).await.unwrap();
    let own = swath_store::Actor { user: None, ..world.actor() };
    let token = |secret: &[u8]| NewToken {
        id: TokenId(world.id()),
        user: admin.id,
        team: None,
        digest: digest(secret),
        expires: None,
    };
    let replace = async |secret: &[u8]| {
        let own = swath_store::Actor { entry: world.id(), ..own.clone() };
        world.store.admin_token_replace(token(secret), own).await.unwrap()
    };
    let by_hand = swath_store::Actor { user: Some(admin.id), ..world.actor() };
    world.store.token_create(token(b"made by hand"), by_hand, None).await.unwrap();
    let is_good =
        async |secret: &[u8]| world.store.token(&digest(secret)).await.unwrap().unwrap().revoked.is_none();
    assert_eq!(replace(b"first").await, 0);
    assert_eq!(replace(b"second").await, 1);
    assert_eq!(replace(b"second").await, 0);
    assert!(!is_good(b"first").await && is_good(b"second").await && is_good(b"made by hand").await);
}

async fn a_token_that_is_asked_for_again_is_not_made_again(world: World) {
    let make = async || {
        let id = TokenId(world.id());
        let secret = digest(id.to_string().as_bytes());
        let new = NewToken { id, user: world.manager, team: Some(world.team), digest: secret, expires: None };
        let asked = asked(world.manager, "tokens", b"{}");
        world.store.token_create(new, world.actor(), asked).await.unwrap()
    };
    let together = futures::future::join_all((0..8).map(|_| make())).await;
    assert_eq!(together.iter().filter(|made| made.is_new).count(), 1, "{together:?}");
    let listed = world.store.tokens(Some(world.team), None, Uuid::nil(), 9).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(together.iter().all(|made| made.value == listed[0].id));
}

async fn teams_are_told_apart_by_more_than_case_and_form(world: World) {
    let make = async |name: &str| {
        let made = world.store.team_create(TeamId(world.id()), name.into(), world.actor(), None).await;
        matches!(made, Err(StoreError::Conflict(_)))
    };
    assert!(!make("Ünder Way").await);
    for taken in ["ünder way", "U\u{308}NDER WAY", "Ünder Way"] {
        assert!(make(taken).await, "{taken}");
    }
    assert!(!make("Under Way").await);
}

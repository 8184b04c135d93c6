//! The command line as users see it: the binary itself, with a stub of a server.

#![expect(clippy::unwrap_used, reason = "a test may fall over")]

mod stub;

use std::path::Path;

use serde_json::{Value, json};
use stub::Stub;

const OTHER: &str = "01890000-0000-7000-8000-00000000000b";
const TEAM: &str = "01890000-0000-7000-8000-00000000000c";
const JOB: &str = "01890000-0000-7000-8000-00000000000a";

#[tokio::test]
async fn wrong_usage_ends_with_2() {
    let stub = Stub::start().await;
    let wrong = [
        "job show",
        "member add --name x --role king",
        "dataset add x",
        "job edit x --due 2030-01-31",
        "token create --expires-at 2030-01-31",
        "job list --status pending",
        "nonsense",
    ];
    for wrong in wrong {
        assert_eq!(stub.swath(wrong).await.code, 2, "{wrong}");
    }
}

#[tokio::test]
async fn not_found_and_conflict_end_with_3_and_say_so() {
    let stub = Stub::start().await;
    stub.answers(
        "GET",
        &format!("/v1/jobs/{JOB}"),
        404,
        json!({"code": "not-found", "detail": "there is no such job"}),
    );
    stub.answers(
        "POST",
        &format!("/v1/jobs/{JOB}/pause"),
        409,
        json!({"code": "conflict", "detail": "it is done"}),
    );
    let missing = stub.swath(&format!("job show {JOB}")).await;
    assert_eq!(
        (missing.code, missing.stderr.as_str()),
        (3, "swath: not-found (404): there is no such job\n")
    );
    assert_eq!(stub.swath(&format!("job pause {JOB}")).await.code, 3);
}

#[tokio::test]
async fn a_team_that_nobody_knows_ends_with_3() {
    let stub = Stub::start().await;
    stub.answers("GET", "/v1/teams", 200, json!({"items": [], "next": null}));
    assert_eq!(stub.swath("member list --team Nowhere").await.code, 3);
}

#[tokio::test]
async fn a_name_stands_for_an_id_where_it_is_clear() {
    let stub = Stub::start().await;
    let titled = |id: &str, title: &str| json!({"id": id, "title": title});
    for jobs in [
        json!([titled(JOB, "Cars"), titled(OTHER, "Cars 2")]),
        json!([titled(JOB, "cars"), titled(OTHER, "Cars")]),
        json!([]),
    ] {
        stub.answers("GET", "/v1/teams", 200, json!({"items": [{"id": TEAM, "name": "one"}], "next": null}));
        stub.answers("GET", "/v1/jobs", 200, json!({"items": jobs, "next": null}));
    }
    stub.answers("POST", &format!("/v1/jobs/{JOB}/pause"), 200, titled(JOB, "Cars"));
    assert_eq!(stub.swath("job pause cars").await.code, 0);
    let unclear = stub.swath("job pause CARS").await;
    assert!(
        unclear.code == 1 && unclear.stderr.contains(JOB) && unclear.stderr.contains(OTHER),
        "{}",
        unclear.stderr
    );
    let unknown = stub.swath("job pause Trees").await;
    assert_eq!((unknown.code, unknown.stderr.as_str()), (3, "swath: there is no job `Trees`\n"));
    assert_eq!(stub.asked()[1].query, format!("team={TEAM}&name=cars&order=newest&limit=1000"));
}

#[tokio::test]
async fn a_team_is_asked_for_by_name_and_candidates_are_told() {
    let stub = Stub::start().await;
    let teams = json!([{"id": TEAM, "name": "\u{fc}bung"}, {"id": OTHER, "name": "\u{fc}bung 2"}]);
    for _ in 0..2 {
        stub.answers("GET", "/v1/teams", 200, json!({"items": teams, "next": null}));
    }
    stub.answers("GET", &format!("/v1/teams/{TEAM}/members"), 200, json!({"items": [], "next": null}));
    let listed = stub.swath_with(&["member", "list", "--team", "U\u{308}bung"]).await;
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    assert_eq!(stub.asked()[0].query, "name=bung&limit=1000");
    let unclear = stub.swath("member list").await;
    let told = format!(
        "swath: there are several teams; name one with --team:\n  {TEAM} \u{fc}bung\n  {OTHER} \u{fc}bung 2\n"
    );
    assert_eq!((unclear.code, unclear.stderr), (1, told));
}

#[tokio::test]
async fn names_stand_beside_ids_in_tables() {
    let stub = Stub::start().await;
    let assignment = json!({"id": "a", "holder": JOB, "holder_name": "Anna", "ranges": []});
    stub.answers(
        "GET",
        &format!("/v1/jobs/{JOB}/assignments"),
        200,
        json!({"items": [assignment], "next": null}),
    );
    let token =
        json!({"id": "t", "user": {"id": JOB, "name": "Anna"}, "team": TEAM, "team_name": "Night shift"});
    stub.answers("GET", "/v1/tokens", 200, json!({"items": [token], "next": null}));
    let assignments = stub.swath(&format!("assignment list {JOB}")).await.stdout;
    let tokens = stub.swath("token list").await.stdout;
    for (table, name, id) in [(assignments, "Anna", JOB), (tokens, "Night shift", TEAM)] {
        assert!(table.contains(name) && table.contains(id), "{table}");
    }
}

#[tokio::test]
async fn a_manifest_is_appended_below_its_base() {
    let stub = Stub::start().await;
    stub.answers("POST", &format!("/v1/datasets/{JOB}/items"), 201, json!({"id": JOB, "version": 2}));
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("list.csv");
    std::fs::write(&manifest, "uri\na.jpg\n").unwrap();
    let line = ["dataset", "append", JOB, "--manifest", name(&manifest), "--base", "s3://b/c/"];
    let ended = stub.swath_with(&line).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let query = stub.asked()[0].query.replace("%3A", ":").replace("%2F", "/");
    assert_eq!(query, "base=s3://b/c/");
}

#[tokio::test]
async fn a_name_is_found_behind_the_first_page_and_past_teams_that_do_not_show_it() {
    let stub = Stub::start().await;
    let named = |id: &str, name: &str| json!({"id": id, "name": name});
    stub.answers("GET", "/v1/teams", 200, json!({"items": [named(OTHER, "closed")], "next": OTHER}));
    stub.answers("GET", "/v1/teams", 200, json!({"items": [named(TEAM, "one")], "next": null}));
    stub.answers("GET", "/v1/datasets", 403, json!({"code": "forbidden", "detail": "not yours to see"}));
    let page = |name: &str, id: &str, next| json!({"items": [named(id, name)], "next": next});
    stub.answers("GET", "/v1/datasets", 200, page("Birds 2", OTHER, Some(OTHER)));
    stub.answers("GET", "/v1/datasets", 200, page("Birds", JOB, None));
    stub.answers("GET", &format!("/v1/datasets/{JOB}"), 200, named(JOB, "Birds"));
    let shown = stub.swath("dataset show birds").await;
    assert!(shown.code == 0 && shown.stdout.contains(JOB), "{}", shown.stderr);
    stub.answers("GET", "/v1/teams", 200, json!({"items": [named(OTHER, "closed")], "next": null}));
    stub.answers("GET", "/v1/datasets", 403, json!({"code": "forbidden", "detail": "not yours to see"}));
    let refused = stub.swath("dataset show birds").await;
    assert_eq!((refused.code, refused.stderr.as_str()), (1, "swath: forbidden (403): not yours to see\n"));
}

#[tokio::test]
async fn a_team_is_named_whatever_its_case_and_several_are_listed() {
    let stub = Stub::start().await;
    let named = |id: &str, name: &str| json!({"id": id, "name": name});
    let teams = json!({"items": [named(TEAM, "Night shift"), named(OTHER, "Day\u{1b}[2J")], "next": null});
    for _ in 0..2 {
        stub.answers("GET", "/v1/teams", 200, teams.clone());
    }
    stub.answers("GET", &format!("/v1/teams/{TEAM}/members"), 200, json!({"items": [], "next": null}));
    assert_eq!(stub.swath_with(&["member", "list", "--team", "NIGHT SHIFT"]).await.code, 0);
    let several = stub.swath("member list").await;
    let told = format!(
        "swath: there are several teams; name one with --team:\n  {TEAM} Night shift\n  {OTHER} Day [2J\n"
    );
    assert_eq!((several.code, several.stderr), (1, told));
}

#[tokio::test]
async fn two_members_of_one_name_are_told_apart_by_their_ids() {
    let stub = Stub::start().await;
    let path = format!("/v1/teams/{TEAM}/members");
    let anna = |id: &str, name: &str| json!({"user": {"id": id, "name": name}, "roles": ["annotator"]});
    let twice = json!({"items": [anna(JOB, "Anna"), anna(OTHER, "anna")], "next": null});
    stub.answers("GET", &path, 200, twice);
    let unclear = stub.swath(&format!("member remove --team {TEAM} --name Anna")).await;
    assert!(
        unclear.code == 1 && unclear.stderr.contains(JOB) && unclear.stderr.contains(OTHER),
        "{}",
        unclear.stderr
    );
    stub.answers("PUT", &format!("{path}/{JOB}"), 200, anna(JOB, "Anna"));
    let put = stub.swath(&format!("member add --team {TEAM} --user {JOB} --role annotator")).await;
    assert!(put.stdout.contains(JOB) && put.stdout.contains("Anna"), "{}", put.stderr);
}

#[tokio::test]
async fn an_assignment_names_its_people_beside_their_ids() {
    let stub = Stub::start().await;
    let held = json!({"id": TEAM, "number": 1, "holder": OTHER, "holder_name": "Anna", "ranges": []});
    stub.answers("GET", &format!("/v1/jobs/{JOB}/assignments"), 200, json!({"items": [held], "next": null}));
    let listed = stub.swath(&format!("assignment list {JOB}")).await;
    assert!(listed.stdout.contains(&format!("Anna    {OTHER}")), "{}{}", listed.stdout, listed.stderr);
}

#[tokio::test]
async fn a_job_is_edited_by_what_is_named() {
    let stub = Stub::start().await;
    stub.answers("PATCH", &format!("/v1/jobs/{JOB}"), 200, json!({"id": JOB, "title": "Trees"}));
    let line = ["job", "edit", JOB, "--title", "Trees", "--no-due", "--all-reviewers"];
    assert_eq!(stub.swath_with(&line).await.code, 0);
    let sent: Value = serde_json::from_str(&stub.asked()[0].body).unwrap();
    assert_eq!(sent, json!({"title": "Trees", "due_date": null, "reviewers": null}));
    assert_eq!(stub.swath(&format!("job edit {JOB}")).await.code, 1);
    for (flag, body) in [
        ("--reason loose=Loose", r#"{"reasons":[{"code":"loose","title":"Loose"}]}"#),
        ("--no-reasons", r#"{"reasons":[]}"#),
    ] {
        stub.answers("PATCH", &format!("/v1/jobs/{JOB}"), 200, json!({"id": JOB}));
        assert_eq!(stub.swath(&format!("job edit {JOB} {flag}")).await.code, 0);
        assert_eq!(stub.asked().last().unwrap().body, body);
    }
}

#[tokio::test]
async fn a_problem_is_printed_once() {
    let stub = Stub::start().await;
    let lossy = json!({"code": "lossy", "detail": "2 items would be missing", "faults": 250,
        "errors": [{"index": 3, "message": "its picture's size is unknown"}]});
    stub.answers("GET", &format!("/v1/jobs/{JOB}/export"), 422, lossy);
    let ended = stub.swath(&format!("export {JOB} --format coco")).await;
    let told = "swath: lossy (422): 2 items would be missing\n  item 3: its picture's size is unknown\n  and 249 more\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (1, told));
    let invalid = json!({"code": "invalid", "detail": "title: must not be empty",
        "errors": [{"field": "title", "message": "must not be empty"}]});
    stub.answers("PATCH", &format!("/v1/jobs/{JOB}"), 422, invalid);
    let ended = stub.swath_with(&["job", "edit", JOB, "--title", ""]).await;
    assert_eq!(ended.stderr, "swath: invalid (422)\n  title: must not be empty\n");
}

#[tokio::test]
async fn whoami_tells_the_person_and_the_teams() {
    let stub = Stub::start().await;
    let teams = json!([{"id": TEAM, "name": "Night shift", "roles": ["manager"]}]);
    stub.answers(
        "GET",
        "/v1/me",
        200,
        json!({"user": {"id": JOB, "name": "Maria", "admin": false}, "teams": teams}),
    );
    let told = stub.swath("whoami").await.stdout;
    assert!(told.contains("Maria") && told.contains("Night shift") && told.contains("manager"), "{told}");
}

#[tokio::test]
async fn every_other_refusal_ends_with_1() {
    let stub = Stub::start().await;
    stub.answers(
        "GET",
        &format!("/v1/jobs/{JOB}"),
        403,
        json!({"code": "forbidden", "detail": "not yours to see"}),
    );
    assert_eq!(stub.swath(&format!("job show {JOB}")).await.code, 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_with_1() {
    let stub = Stub::start().await;
    let ended = stub.swath("healthcheck --url http://127.0.0.1:9").await;
    assert_eq!(ended.code, 1);
    let told = "swath: not ready: no answer from the server: Connection refused (os error 111) (http://127.0.0.1:9)\n";
    assert_eq!(ended.stderr, told);
}

#[tokio::test]
async fn a_call_that_the_server_puts_off_comes_again_under_its_key() {
    let stub = Stub::start().await;
    stub.answers("POST", "/v1/teams", 503, json!({"code": "unavailable", "detail": "outcome unknown"}));
    stub.answers("POST", "/v1/teams", 201, json!({"id": JOB, "name": "Night shift"}));
    let made = stub.swath_with(&["team", "create", "Night shift", "--json"]).await;
    assert_eq!((made.code, made.stdout), (0, format!("{{\"id\":\"{JOB}\",\"name\":\"Night shift\"}}\n")));
    let asked = stub.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].key.is_some() && asked[0].key == asked[1].key, "{asked:?}");
    assert_eq!(asked[0].bearer.as_deref(), Some("Bearer a-token"));
}

#[tokio::test]
async fn a_list_is_printed_page_after_page() {
    let stub = Stub::start().await;
    stub.answers("GET", "/v1/teams", 200, json!({"items": [{"id": "a", "name": "one"}], "next": "a"}));
    stub.answers("GET", "/v1/teams", 200, json!({"items": [{"id": "b", "name": "two"}], "next": null}));
    let listed = stub.swath("team list").await;
    assert_eq!(listed.stdout, "ID  NAME\na   one\nb   two\n");
    assert_eq!(stub.asked()[1].query, "limit=1000&after=a");
}

#[tokio::test]
async fn a_manifest_goes_up_as_it_is_and_its_bad_lines_come_back() {
    let stub = Stub::start().await;
    let refused = json!({"code": "invalid", "detail": "nothing was imported", "errors": [
        {"line": 3, "field": "uri", "message": "is missing"}]});
    stub.answers("POST", "/v1/datasets", 422, refused);
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("list.csv");
    std::fs::write(&manifest, "uri\na.jpg\n\"\"\n").unwrap();
    let ended = stub.swath_with(&["dataset", "add", "birds", "--manifest", name(&manifest)]).await;
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.ends_with("nothing was imported\n  line 3: uri: is missing\n"), "{}", ended.stderr);
    let asked = &stub.asked()[0];
    let sent = (asked.query.as_str(), asked.kind.as_deref(), asked.body.as_str());
    assert_eq!(sent, ("name=birds", Some("text/csv"), "uri\na.jpg\n\"\"\n"));
}

#[tokio::test]
async fn a_job_goes_up_as_its_file_says() {
    let stub = Stub::start().await;
    stub.answers("POST", "/v1/jobs", 201, json!({"id": JOB, "title": "Birds", "progress": {"pending": 3}}));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("job.json");
    std::fs::write(&file, r#"{"title":"Birds"}"#).unwrap();
    let ended = stub.swath_with(&["job", "create", "--file", name(&file)]).await;
    assert_eq!(
        ended.stdout,
        format!("ID           {JOB}\nTITLE        Birds\nPENDING      3\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(stub.asked()[0].body, r#"{"title":"Birds"}"#);
}

#[tokio::test]
async fn a_job_is_followed_until_it_is_done() {
    let stub = Stub::start().await;
    let path = format!("/v1/jobs/{JOB}");
    stub.answers("GET", &path, 200, json!({"status": "active", "progress": {"pending": 1, "accepted": 2}}));
    stub.answers("GET", &path, 200, json!({"status": "done", "progress": {"accepted": 3}}));
    let ended = stub.swath(&format!("job watch {JOB}")).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "the job is done\n"));
    assert!(ended.stderr.starts_with("2/3: 2 accepted, 0 in review, "), "{}", ended.stderr);
}

#[tokio::test]
async fn an_export_appears_whole() {
    let stub = Stub::start().await;
    stub.answers("GET", &format!("/v1/jobs/{JOB}/export"), 200, json!({"index": 0}));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.jsonl");
    let ended = stub.swath_with(&["export", JOB, "-o", name(&file)]).await;
    assert_eq!((ended.code, std::fs::read_to_string(&file).unwrap().as_str()), (0, "{\"index\":0}"));
    assert_eq!(stub.asked()[0].query, "format=jsonl");
}

#[tokio::test]
async fn an_export_that_breaks_off_leaves_nothing_behind() {
    let stub = Stub::start().await;
    stub.breaks_off("GET", &format!("/v1/jobs/{JOB}/export"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.json");
    let ended = stub.swath_with(&["export", JOB, "--format", "coco", "-o", name(&file)]).await;
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn name(file: &Path) -> &str {
    file.to_str().unwrap()
}

//! The README's section "Your own pictures", line by line, as a new user types it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::process::swath;
use swath_harness::{Deployment, User, World, ports, until};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const README: &str = include_str!("../../../README.md");
/// A bitmap of two by one pixels.
const BMP: &[u8] = b"BM\x3e\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\0\0\0\xff\0\0\0";

/// The commands of the section, without comments.
fn lines() -> Vec<String> {
    let section = README.split("## Your own pictures").nth(1).unwrap();
    let block = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let command = |line: &str| line.split("  #").next().unwrap_or_default().trim().to_owned();
    block.lines().map(command).filter(|line| !line.is_empty()).collect()
}

/// A new user at a terminal, who copies what was printed last into the next line.
struct Newcomer<'a> {
    folder: &'a Path,
    environment: BTreeMap<String, String>,
    id: String,
    code: String,
}

impl Newcomer<'_> {
    /// Runs a line and returns its output.
    async fn run(&self, line: &str) -> String {
        let typed = line.replace(" ID", &format!(" {}", self.id)).replace("CODE", &self.code);
        let words = words(&typed);
        let arguments: Vec<_> = words.iter().skip(1).map(String::as_str).collect();
        let mut command = swath(&arguments, &self.environment).unwrap();
        command.current_dir(self.folder);
        let output = Command::from(command).kill_on_drop(true).output().await.unwrap();
        assert!(output.status.success(), "{typed}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The words of a line, some of which are quoted.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let of_part = |(place, part): (usize, &str)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    };
    parts.flat_map(of_part).collect()
}

/// The value after a title in a printed record.
fn printed(text: &str, title: &str) -> Option<String> {
    text.lines().find_map(|line| Some(line.strip_prefix(title)?.trim().to_owned()))
}

/// Starts the server, and reads the administrator's token that it prints.
async fn up(newcomer: &Newcomer<'_>) -> (Child, String) {
    let mut command = swath(&["up"], &newcomer.environment).unwrap();
    command.current_dir(newcomer.folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Command::from(command).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let token = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(token) = line.split("admin token: ").nth(1) {
                return token.trim().to_owned();
            }
        }
        panic!("the server has ended")
    };
    let token = tokio::time::timeout(Duration::from_secs(60), token).await.unwrap();
    (server, token)
}

/// The first lease or review of a job that the user can get.
async fn taken(user: &User, path: &str, job: &str) -> Value {
    let taken = until("there is work", Duration::from_secs(30), async || {
        let answer = user.post(path, json!({"job": job})).await;
        (answer.status() == 201).then(|| answer.json())
    });
    taken.await.unwrap()
}

/// A second user reviews the submissions.
async fn review(origin: &str, admin: &str, team: &str, job: &str) {
    let admin = User::new(origin, "admin", admin);
    let rosa = admin.post("/v1/users", json!({"name": "Rosa"})).await.created();
    let member = format!("/v1/teams/{team}/members/{}", rosa["id"].as_str().unwrap());
    admin.put(&member, json!({"roles": ["reviewer"]})).await.ok();
    let token = admin.post("/v1/tokens", json!({"user": rosa["id"]})).await.created();
    let rosa = User::new(origin, "rosa", token["token"].as_str().unwrap());
    let review = taken(&rosa, "/v1/reviews", job).await;
    let path = format!("/v1/reviews/{}/submit", review["lease_id"].as_str().unwrap());
    rosa.post(&path, json!({"decision_id": "one", "rest": "accept"})).await.ok();
}

/// A third user labels everything in the meantime.
async fn label(origin: &str, token: &str, job: &str) {
    let anna = User::new(origin, "anna", token);
    let lease = taken(&anna, "/v1/leases", job).await;
    let path = format!("/v1/leases/{}", lease["lease_id"].as_str().unwrap());
    for item in lease["assignment"]["items"].as_array().unwrap() {
        let figure = json!({"class": "car", "shape": "rectangle", "geometry": {"x": 0, "y": 0, "width": 2, "height": 1}});
        anna.put(&format!("{path}/items/{}", item["index"]), json!({"figures": [figure], "tags": []}))
            .await
            .ok();
    }
    anna.post(&format!("{path}/submit"), json!({"submission_id": "one"})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn your_own_pictures_as_the_readme_says() {
    if !matches!(World::shared().await.deployment(), Deployment::Embedded) {
        // The section is about a single machine; the next section of the README is about several.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("streets")).unwrap();
    for name in ["one.bmp", "two.bmp"] {
        std::fs::write(folder.path().join("streets").join(name), BMP).unwrap();
    }
    let port = ports::free().unwrap();
    let origin = format!("http://127.0.0.1:{port}");
    let mut newcomer = Newcomer {
        folder: folder.path(),
        environment: [
            ("SWATH__SERVER__LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("SWATH__SERVER__METRICS_LISTEN".to_owned(), "none".to_owned()),
            ("SWATH_URL".to_owned(), origin.clone()),
        ]
        .into(),
        id: String::new(),
        code: String::new(),
    };
    let (mut server, mut annas, mut admin, mut team) = (None, String::new(), String::new(), String::new());
    let mut exported = false;
    for line in lines() {
        match line.split_whitespace().take(3).collect::<Vec<_>>().as_slice() {
            ["cargo", ..] => continue,
            ["swath", "up", ..] => {
                let (running, token) = up(&newcomer).await;
                server = Some(running);
                admin.clone_from(&token);
                newcomer.environment.insert("SWATH_TOKEN".to_owned(), token);
                continue;
            }
            ["export", ..] => continue,
            ["swath", "job", "watch"] => {
                label(&origin, &annas, &newcomer.id).await;
                review(&origin, &admin, &team, &newcomer.id).await;
            }
            _ => {}
        }
        // Anna works at a terminal of her own, without Maria's token.
        let token =
            line.starts_with("swath invitation accept").then(|| newcomer.environment.remove("SWATH_TOKEN"));
        let reply = newcomer.run(&line).await;
        newcomer.environment.extend(token.flatten().map(|token| ("SWATH_TOKEN".to_owned(), token)));
        newcomer.id = printed(&reply, "USER ").or(printed(&reply, "ID ")).unwrap_or(newcomer.id);
        newcomer.code = printed(&reply, "INVITATION ").unwrap_or(newcomer.code);
        match line.split_whitespace().take(3).collect::<Vec<_>>().as_slice() {
            ["swath", "team", "create"] => team.clone_from(&newcomer.id),
            // Then Maria continues.
            ["swath", "token", "create"] => {
                let token = printed(&reply, "TOKEN ").unwrap();
                newcomer.environment.insert("SWATH_TOKEN".to_owned(), token);
            }
            ["swath", "invitation", "accept"] => annas = printed(&reply, "TOKEN ").unwrap(),
            ["swath", "export", ..] => {
                let text = std::fs::read_to_string(folder.path().join("cars.json")).unwrap();
                let document: serde_json::Value = serde_json::from_str(&text).unwrap();
                let names: Vec<_> =
                    document["images"].as_array().unwrap().iter().map(|i| i["file_name"].clone()).collect();
                assert_eq!(json!(names), json!(["one.bmp", "two.bmp"]));
                exported = true;
            }
            _ => {}
        }
    }
    assert!(exported, "the section ends with an export");
    server.unwrap().kill().await.unwrap();
}

//! The stream of events: what each user receives, from which position on, and until when.

use std::time::Duration;

use serde_json::{Value, json};
use swath_harness::client::Job;
use swath_harness::{Team, User, World, until};

const TIMEOUT: Duration = Duration::from_secs(60);

/// A message of a stream.
#[derive(Debug, Clone, Default, PartialEq)]
struct Message {
    id: Option<String>,
    event: String,
    data: Value,
}

/// A stream that is read as it arrives.
struct Stream {
    answer: reqwest::Response,
    text: String,
    last_id: Option<String>,
}

impl Stream {
    async fn open(user: &User, since: Option<&str>) -> Self {
        let request = user.request(reqwest::Method::GET, "/v1/events");
        let request = since.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
        Self::of(request.open().await)
    }

    fn of(answer: reqwest::Response) -> Self {
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new(), last_id: None }
    }

    /// The next message; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let message = parsed(block);
                self.text = rest.to_owned();
                self.last_id = message.id.clone().or(self.last_id.take());
                return Some(message);
            }
            let piece = tokio::time::timeout(TIMEOUT, self.answer.chunk()).await.expect("a message in time");
            self.text.push_str(std::str::from_utf8(&piece.ok()??).unwrap());
        }
    }

    /// Reads up to a message that `is_it` selects. Returns the messages before it, without keep-alives.
    async fn up_to(&mut self, mut is_it: impl FnMut(&Message) -> bool) -> Vec<Message> {
        let mut before = Vec::new();
        loop {
            let message = self.next().await.expect("the stream goes on");
            let is_last = is_it(&message);
            if !matches!(message.event.as_str(), "heartbeat" | "seen") {
                before.push(message);
            }
            if is_last {
                return before;
            }
        }
    }
}

fn parsed(block: &str) -> Message {
    let mut message = Message::default();
    for line in block.lines() {
        match line.split_once(": ").expect("a field and its value") {
            ("id", id) => message.id = Some(id.to_owned()),
            ("event", event) => message.event = event.to_owned(),
            ("data", data) => message.data = serde_json::from_str(data).unwrap(),
            (field, _) => panic!("an unknown field {field}"),
        }
    }
    message
}

/// True if a message says that an assignment has reached a status.
fn says(message: &Message, job: &Job, status: &str) -> bool {
    message.event == "assignments"
        && message.data["job"] == job.id.as_str()
        && message.data["assignments"].as_array().unwrap().iter().any(|moved| moved["status"] == status)
}

async fn scene(name: &str) -> (Team, Job, User) {
    let team = World::shared().await.team(name).await;
    let job = team.job(&team.dataset(20).await, json!({"range_size": 5})).await;
    let anna = team.annotator("anna").await;
    (team, job, anna)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_hears_of_all_and_an_annotator_of_their_own() {
    let (team, job, anna) = scene("events").await;
    let bob = team.annotator("bob").await;
    let (mut managers, mut annas) =
        (Stream::open(&team.manager, None).await, Stream::open(&anna, None).await);
    assert_eq!(
        (managers.next().await.unwrap().event, annas.next().await.unwrap().event),
        ("ready".into(), "ready".into())
    );
    let bobs = bob.work(&job).await;
    let annas_work = anna.lease(&job).await;

    let heard = managers
        .up_to(|message| {
            says(message, &job, "IN_PROGRESS") && message.data.to_string().contains(&annas_work.assignment())
        })
        .await;
    assert!(heard.iter().all(|message| message.data["team"] == team.id.as_str()), "{heard:?}");
    let of_bob = |message: &Message| message.data.to_string().contains(&bobs.assignment());
    assert!(heard.iter().any(of_bob), "{heard:?}");

    let heard = annas.up_to(|message| says(message, &job, "IN_PROGRESS")).await;
    let named = heard.last().unwrap().data["assignments"].as_array().unwrap();
    assert_eq!(named.len(), 1, "{heard:?}");
    assert_eq!(named[0]["id"], annas_work.assignment(), "{heard:?}");
    assert!(!heard.iter().any(of_bob), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_datasets_and_people_are_heard_of_by_those_who_lead() {
    let (team, job, anna) = scene("events of a team").await;
    let rosa = team.reviewer("rosa").await;
    let mut streams = Vec::new();
    for user in [&team.manager, &rosa, &anna] {
        streams.push(Stream::open(user, None).await);
    }
    let stranger = World::shared().await.team("others").await;
    let mut strangers = Stream::open(&stranger.manager, None).await;
    team.dataset(3).await;
    let new = team.annotator("nora").await;
    team.manager.post(&job.path("/pause"), json!({})).await.ok();
    stranger.dataset(1).await;

    let kinds = |heard: Vec<Message>| heard.into_iter().map(|message| message.event).collect::<Vec<_>>();
    let paused = |message: &Message| message.data["action"] == "pause";
    let manager = streams[0].up_to(paused).await;
    assert!(
        manager.iter().any(|message| message.event == "people" && message.data["user"] == new.id.as_str()),
        "{manager:?}"
    );
    assert!(kinds(manager).contains(&"dataset".to_owned()));
    let reviewer = kinds(streams[1].up_to(paused).await);
    assert!(
        reviewer.contains(&"dataset".to_owned()) && !reviewer.contains(&"people".to_owned()),
        "{reviewer:?}"
    );
    let heard = strangers.up_to(|message| message.event == "dataset").await;
    assert!(heard.iter().all(|message| message.data["team"] != team.id.as_str()), "{heard:?}");

    // An annotator receives none of it: the next message is about their own work.
    team.manager.post(&job.path("/resume"), json!({})).await.ok();
    anna.lease(&job).await;
    let annotator = streams[2].up_to(|message| message.event == "assignments").await;
    assert_eq!(kinds(annotator), ["ready", "assignments"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_cut_goes_on_without_a_gap_or_says_that_it_cannot() {
    let (team, job, anna) = scene("cut").await;
    let mut stream = Stream::open(&team.manager, None).await;
    let first = anna.work(&job).await;
    stream.up_to(|message| says(message, &job, "COMPLETED")).await;
    // The id comes after everything that it covers.
    let id = loop {
        let message = stream.next().await.unwrap();
        if message.event == "seen" {
            break message.id.unwrap();
        }
    };
    drop(stream);
    let second = anna.work(&job).await;

    let mut again = Stream::open(&team.manager, Some(&id)).await;
    let heard = again.up_to(|message| says(message, &job, "COMPLETED")).await;
    let all = heard.iter().map(|message| message.data.to_string()).collect::<String>();
    assert!(all.contains(&second.assignment()) && !all.contains(&first.assignment()), "{heard:?}");

    let path = format!("/v1/events?after={id}");
    let mut again = Stream::of(team.manager.request(reqwest::Method::GET, &path).open().await);
    let heard = again.up_to(|message| says(message, &job, "COMPLETED")).await;
    assert!(heard.iter().any(|message| message.data.to_string().contains(&second.assignment())), "{heard:?}");

    for unknown in ["elsewhere.1", "1", "no cursor", &format!("{}.-1", id.split('.').next().unwrap())] {
        let mut stream = Stream::open(&team.manager, Some(unknown)).await;
        let message = stream.next().await.unwrap();
        assert_eq!(message.event, "reset", "{unknown}");
        assert!(message.id.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_persons_rights_do() {
    let (team, _, anna) = scene("rights").await;
    let rosa = team.reviewer("rosa").await;
    let path = |user: &User| format!("/v1/teams/{}/members/{}", team.id, user.id);

    // A role is added.
    let mut annas = Stream::open(&anna, None).await;
    team.manager.put(&path(&anna), json!({"roles": ["annotator", "reviewer"]})).await.ok();
    while annas.next().await.is_some() {}
    // The resumed stream contains what the user may see now.
    let mut annas = Stream::open(&anna, annas.last_id.as_deref()).await;
    annas.up_to(|message| message.event == "ready").await;
    // A member is removed.
    team.manager.delete(&path(&anna)).await.no_content();
    while annas.next().await.is_some() {}
    comes_to(&anna, 401).await;
    // A token is revoked.
    let mut rosas = Stream::open(&rosa, None).await;
    rosa.delete(&format!("/v1/tokens?user={}", rosa.id)).await;
    while rosas.next().await.is_some() {}
    comes_to(&rosa, 401).await;
}

/// Waits until a new stream is answered with this status.
async fn comes_to(user: &User, status: u16) {
    let answers = async || (user.get("/v1/events").await.status() == status).then_some(());
    until("a new stream is answered so", TIMEOUT, answers).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_only_so_many_streams() {
    let (_, _, anna) = scene("many streams").await;
    let mut streams = Vec::new();
    let refused = loop {
        let answer = anna.request(reqwest::Method::GET, "/v1/events").open().await;
        if answer.status() != 200 {
            break answer;
        }
        streams.push(answer);
        assert!(streams.len() < 1_000, "there is no bound");
    };
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    // A user who closes a stream may open another one.
    streams.pop();
    comes_to(&anna, 200).await;
}

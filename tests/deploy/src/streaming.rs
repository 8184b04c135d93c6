//! The stream of events through nginx: each message arrives at once.

use reqwest::Method;
use serde_json::json;
use swath_harness::Team;
use swath_harness::client::User;

pub async fn events_come_at_once(admin: &User) {
    let team = Team::found(admin, "streaming").await;
    let job = team.job(&team.dataset(3).await, json!({})).await;
    let mut stream = team.manager.request(Method::GET, "/v1/events").open().await;
    assert_eq!(stream.status(), 200, "{stream:?}");
    let mut read = String::new();
    up_to(&mut stream, &mut read, "event: ready").await;
    for verb in ["pause", "resume"] {
        team.manager.post(&job.path(&format!("/{verb}")), json!({})).await.ok();
        // A proxy that buffers would hold back such a small message.
        up_to(&mut stream, &mut read, &format!("\"action\":\"{verb}\"")).await;
    }
}

/// Reads until the text has arrived.
async fn up_to(stream: &mut reqwest::Response, read: &mut String, text: &str) {
    while !read.contains(text) {
        let piece = tokio::time::timeout(crate::TOOL_TIMEOUT, stream.chunk()).await;
        let piece = piece.unwrap_or_else(|_| panic!("no {text} in {read}")).unwrap();
        read.push_str(std::str::from_utf8(&piece.expect("the stream goes on")).unwrap());
    }
}

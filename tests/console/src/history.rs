//! Calls as the checker knows them, read from HTTP requests and answers.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::header::{AUTHORIZATION, COOKIE, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use swath_checker::{Action, Answer, Call, Content, Event, Outcome};
use swath_domain::{AssignmentId, LeaseId, Stage, UserId};
use swath_harness::http;
use swath_load::{Recorder, SortedHistory};

/// The recorded calls.
pub struct History {
    client: reqwest::Client,
    server: String,
    state: Mutex<State>,
}

struct State {
    start: Instant,
    events: Vec<Event>,
    counts: HashMap<UserId, u64>,
    people: HashMap<HeaderValue, UserId>,
    assignments: HashMap<LeaseId, AssignmentId>,
}

/// A call that has not been answered yet.
pub struct PendingCall {
    who: UserId,
    seq: u64,
    began: u64,
    assignment: Option<AssignmentId>,
    call: Call,
}

/// The reply to a call.
pub enum Reply {
    /// A complete answer.
    Answer(StatusCode, Value),
    /// No complete answer, or none from the server itself.
    Nothing,
}

impl History {
    /// An empty history of a server.
    pub fn new(server: &str) -> Self {
        let state = State {
            start: Instant::now(),
            events: Vec::new(),
            counts: HashMap::new(),
            people: HashMap::new(),
            assignments: HashMap::new(),
        };
        Self { client: http::client(), server: server.to_owned(), state: Mutex::new(state) }
    }

    /// Records that a call begins. `None` if the checker does not need it, or its user is unknown.
    pub async fn begin(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<PendingCall> {
        let call = call_of(method, path, &serde_json::from_slice(body).unwrap_or_default())?;
        let who = self.who(headers).await?;
        let mut state = self.state();
        let seq = state.counts.entry(who).or_default();
        *seq += 1;
        let seq = *seq;
        let named = assignment_in(path);
        let lease = lease_of(&call);
        let assignment = named.or_else(|| state.assignments.get(&lease?).copied());
        Some(PendingCall { who, seq, began: state.micros(), assignment, call })
    }

    /// Records the reply to a call.
    pub fn end(&self, pending: Option<PendingCall>, reply: Reply) {
        let mut state = self.state();
        if let Reply::Answer(_, document) = &reply {
            state.learn(document);
        }
        let Some(PendingCall { who, seq, began, assignment, call }) = pending else { return };
        let (outcome, shown) = match reply {
            Reply::Answer(status, document) if status.is_success() => {
                (Outcome::Done(answer_of(&call, &document)), assignment_of(&document))
            }
            Reply::Answer(status, document) if status.is_client_error() => {
                let code = document["code"].as_str().map_or_else(|| status.to_string(), str::to_owned);
                (Outcome::Refused(code), None)
            }
            _ => (Outcome::Unknown, None),
        };
        let ended = state.micros();
        state.events.push(Event { who, seq, began, ended, assignment: assignment.or(shown), call, outcome });
    }

    /// All calls that have ended.
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// The same in the order in which the checker reads.
    pub fn sorted(&self) -> SortedHistory {
        let recorder = Recorder::start(None).unwrap();
        self.events().into_iter().for_each(|event| recorder.keep(event));
        recorder.finish().unwrap()
    }

    /// The user of a request, by token or session. A session that has just ended is still known.
    async fn who(&self, headers: &HeaderMap) -> Option<UserId> {
        let credential = headers.get(AUTHORIZATION).or_else(|| headers.get(COOKIE))?.clone();
        if let Some(who) = self.state().people.get(&credential) {
            return Some(*who);
        }
        let mut own = HeaderMap::new();
        for name in [AUTHORIZATION, COOKIE] {
            own.extend(headers.get(&name).map(|value| (name, value.clone())));
        }
        let me = self.client.get(format!("{}/v1/me", self.server)).headers(own).send().await.ok()?;
        let me: Value = me.json().await.ok()?;
        let who: UserId = id(&me["user"]["id"])?;
        self.state().people.insert(credential, who);
        Some(who)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn micros(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Records the assignments of leases, from a lease or from a list of leases.
    fn learn(&mut self, document: &Value) {
        let listed = document["items"].as_array().into_iter().flatten();
        for lease in listed.chain([document]) {
            if let Some((lease, assignment)) = id(&lease["lease_id"]).zip(assignment_of(lease)) {
                self.assignments.insert(lease, assignment);
            }
        }
    }
}

/// The call of a request, if the checker knows that kind.
fn call_of(method: &Method, path: &str, body: &Value) -> Option<Call> {
    let parts: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
    let stage = match parts[0] {
        "leases" => Stage::Annotate,
        "reviews" => Stage::Review,
        _ => Stage::Annotate,
    };
    let lease = || parts.get(1)?.parse::<LeaseId>().ok();
    let call = match (method.as_str(), &parts[..]) {
        ("POST", ["leases" | "reviews"]) => Call::Ask { stage },
        ("POST", ["leases" | "reviews", _, "renew"]) => Call::Renew { lease: lease()? },
        ("DELETE", ["leases" | "reviews", _]) => Call::Release { lease: lease()? },
        ("PUT", ["leases", _, "items", item]) => {
            Call::Confirm { lease: lease()?, item: item.parse().ok()?, content: Content::of(body) }
        }
        ("PUT", ["reviews", _, "items", item]) => {
            Call::Judge { lease: lease()?, item: item.parse().ok()?, accept: is_accept(body) }
        }
        ("POST", ["leases", _, "submit"]) => {
            Call::Submit { lease: lease()?, id: body["submission_id"].to_string(), items: Vec::new() }
        }
        ("POST", ["reviews", _, "submit"]) => Call::Decide { lease: lease()?, verdicts: verdicts(body) },
        ("POST", ["assignments", _, action]) => Call::Manage { action: action_of(action)? },
        _ => return None,
    };
    Some(call)
}

fn is_accept(verdict: &Value) -> bool {
    verdict["verdict"] == "accept"
}

fn verdicts(body: &Value) -> Vec<(i64, bool)> {
    let given = body["verdicts"].as_array().into_iter().flatten();
    given.filter_map(|verdict| Some((verdict["index"].as_i64()?, is_accept(verdict)))).collect()
}

fn action_of(name: &str) -> Option<Action> {
    match name {
        "reassign" => Some(Action::Reassign),
        "reopen" => Some(Action::Reopen),
        "cancel" => Some(Action::Cancel),
        _ => None,
    }
}

/// The assignment that a path names.
fn assignment_in(path: &str) -> Option<AssignmentId> {
    path.strip_prefix("/v1/assignments/")?.split('/').next()?.parse().ok()
}

fn lease_of(call: &Call) -> Option<LeaseId> {
    match call {
        Call::Ask { .. } | Call::Manage { .. } => None,
        Call::Renew { lease }
        | Call::Confirm { lease, .. }
        | Call::Submit { lease, .. }
        | Call::Release { lease }
        | Call::Judge { lease, .. }
        | Call::Decide { lease, .. } => Some(*lease),
    }
}

fn assignment_of(document: &Value) -> Option<AssignmentId> {
    id(&document["assignment"]["id"])
}

/// What the checker needs of a successful answer.
fn answer_of(call: &Call, document: &Value) -> Answer {
    let known = match call {
        Call::Ask { .. } => read(&document["assignment"]["ranges"]).and_then(|ranges| {
            Some(Answer::Lease {
                lease: id(&document["lease_id"])?,
                fence: document["fence"].as_i64()?,
                ranges,
            })
        }),
        Call::Confirm { .. } => document["revision"].as_i64().map(|revision| Answer::Saved { revision }),
        Call::Decide { .. } => read(&document["status"])
            .map(|status| Answer::Decided { status, rework: id(&document["rework"]["id"]) }),
        _ => None,
    };
    known.unwrap_or(Answer::Nothing)
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

fn id<T: std::str::FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

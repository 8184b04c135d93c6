//! The simulated users, and what each of them knows.

use std::collections::VecDeque;

use swath_domain::{AssignmentId, ItemIndex, JobId, LeaseId, Roles, TeamId, Time, TokenId, UserId};
use swath_runtime::Caller;
use swath_store::{Token, User};

/// A lease that a user knows of.
#[derive(Debug, Clone)]
pub struct KnownLease {
    /// The lease id.
    pub lease: LeaseId,
    /// The leased assignment.
    pub assignment: AssignmentId,
    /// The item numbers.
    pub items: Vec<ItemIndex>,
    /// The last submission or decision that was sent under it.
    pub sent: Option<Sent>,
}

/// A submission or decision, and whether it was accepted.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The number of the id that was used.
    pub number: usize,
    /// What may have been accepted under that id; a single entry once it is known.
    pub contents: Vec<String>,
    /// `true` if it was accepted, `false` if it was refused, `None` if that is unknown.
    pub taken: Option<bool>,
}

impl Sent {
    /// What is known after another try under the same id, or the first try under a new one.
    pub fn after(previous: Option<Self>, number: usize, content: String, taken: Option<bool>) -> Self {
        let mut contents = match (previous, taken) {
            (Some(previous), None) => previous.contents,
            _ => Vec::new(),
        };
        contents.push(content);
        Self { number, contents, taken }
    }
}

/// A request for work under a key.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The key.
    pub key: usize,
    /// The job that the request named.
    pub job: Option<JobId>,
    /// The lease that the request was answered with.
    pub lease: Option<LeaseId>,
    /// The time of the first request under this key.
    pub at: Time,
}

/// A user who annotates and reviews.
pub struct Person {
    /// The user id.
    pub id: UserId,
    /// The user as the services see them.
    pub caller: Caller,
    /// Leases that the user knows of, newest first.
    pub leases: VecDeque<KnownLease>,
    /// Reviews that the user knows of, newest first.
    pub reviews: VecDeque<KnownLease>,
    /// The last request for work.
    pub asked: Option<Asked>,
    /// The number of keys used so far.
    pub keys: usize,
}

impl Person {
    pub(crate) fn new(id: UserId, team: TeamId, roles: Roles) -> Self {
        Self {
            id,
            caller: caller(id, team, roles),
            leases: VecDeque::new(),
            reviews: VecDeque::new(),
            asked: None,
            keys: 0,
        }
    }
}

pub(crate) fn account(id: UserId) -> User {
    let (name, created) = ("somebody".to_owned(), Time(0));
    User { id, name, email: None, admin: false, created, creator: None, deactivated: None }
}

/// The user as services see them that have read these roles.
pub(crate) fn caller(id: UserId, team: TeamId, roles: Roles) -> Caller {
    let member = (roles != Roles::NONE).then(|| (team, "the team".to_owned(), roles));
    let teams = member.into_iter().collect();
    let (user, team) = (account(id), Some(team));
    Caller::of(Token {
        id: TokenId(id.0),
        user,
        team,
        maker: None,
        by_admin: false,
        expires: None,
        revoked: None,
        is_session: false,
        teams,
    })
}

//! The streams that are open in this process: how many there may be, and what is sent to each.

use std::collections::HashMap;

use bytes::Bytes;
use swath_domain::Time;
use swath_domain::ids::{TokenId, UserId};
use tokio::sync::mpsc;

use super::scope::Scope;

/// Streams of one person, at most: a browser shares one among its tabs.
const PER_PERSON_MAX: usize = 16;
/// Pieces that may wait for a client; one that reads more slowly is dropped.
const PIECES_MAX: usize = 64;

/// Why a stream was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The client went away.
    Left,
    /// What the person may do has changed, or the token is no longer good.
    Rights,
    /// The client did not read what was sent.
    Slow,
    /// Events could not be read.
    Blind,
}

impl Closed {
    /// Its label in metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Rights => "rights",
            Self::Slow => "slow",
            Self::Blind => "unavailable",
        }
    }
}

/// Why no further stream can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The person has as many as one person may have.
    Person,
    /// The process has as many as it can serve.
    Process,
}

/// An open stream.
struct Stream {
    token: TokenId,
    expires: Option<Time>,
    scope: Scope,
    sender: mpsc::Sender<Bytes>,
}

/// Whose a new stream is.
pub(crate) struct Owner {
    pub(crate) token: TokenId,
    pub(crate) expires: Option<Time>,
    pub(crate) scope: Scope,
}

/// All open streams of a process, by a number of their own.
pub(crate) struct Streams {
    open: HashMap<u64, Stream>,
    people: HashMap<UserId, usize>,
    next: u64,
    most: usize,
}

impl Streams {
    pub(crate) fn at_most(most: usize) -> Self {
        Self { open: HashMap::new(), people: HashMap::new(), next: 0, most }
    }

    pub(crate) fn count(&self) -> usize {
        self.open.len()
    }

    /// Opens a stream that begins with these pieces. Clients that have left make room for it first.
    pub(crate) fn open(&mut self, owner: Owner, pieces: Vec<Bytes>) -> Result<mpsc::Receiver<Bytes>, Full> {
        if self.open.len() >= self.most || self.of(owner.scope.user) >= PER_PERSON_MAX {
            self.close_where(|stream| stream.sender.is_closed());
        }
        if self.of(owner.scope.user) >= PER_PERSON_MAX {
            return Err(Full::Person);
        }
        if self.open.len() >= self.most {
            return Err(Full::Process);
        }
        let (sender, receiver) = mpsc::channel(PIECES_MAX.max(pieces.len()));
        for piece in pieces {
            // There is room for all of them.
            let _ = sender.try_send(piece);
        }
        *self.people.entry(owner.scope.user).or_default() += 1;
        let Owner { token, expires, scope } = owner;
        self.open.insert(self.next, Stream { token, expires, scope, sender });
        self.next += 1;
        Ok(receiver)
    }

    fn of(&self, user: UserId) -> usize {
        self.people.get(&user).copied().unwrap_or_default()
    }

    /// Sends to each stream what `pieces` says; counts why streams were closed on the way.
    pub(crate) fn send(&mut self, mut pieces: impl FnMut(u64, &Scope) -> Vec<Bytes>) -> Vec<Closed> {
        let mut closed = Vec::new();
        self.close_where(|stream| stream.sender.is_closed()).iter().for_each(|_| closed.push(Closed::Left));
        let mut slow = Vec::new();
        for (number, stream) in &self.open {
            let sent =
                pieces(*number, &stream.scope).into_iter().all(|piece| stream.sender.try_send(piece).is_ok());
            if !sent {
                slow.push(*number);
            }
        }
        for number in slow {
            self.close(number);
            closed.push(Closed::Slow);
        }
        closed
    }

    /// The tokens of all streams, each once.
    pub(crate) fn tokens(&self) -> Vec<TokenId> {
        let mut tokens: Vec<_> = self.open.values().map(|stream| stream.token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        tokens
    }

    /// Closes the streams of which `is_good` says that they are not any more, and counts them.
    pub(crate) fn check(&mut self, is_good: impl Fn(TokenId, &Scope, Option<Time>) -> bool) -> usize {
        self.close_where(|stream| !is_good(stream.token, &stream.scope, stream.expires)).len()
    }

    /// Closes all.
    pub(crate) fn close_all(&mut self) -> usize {
        self.close_where(|_| true).len()
    }

    fn close_where(&mut self, ends: impl Fn(&Stream) -> bool) -> Vec<u64> {
        let ending: Vec<_> =
            self.open.iter().filter(|(_, stream)| ends(stream)).map(|(number, _)| *number).collect();
        ending.iter().for_each(|number| self.close(*number));
        ending
    }

    fn close(&mut self, number: u64) {
        let Some(stream) = self.open.remove(&number) else { return };
        if let Some(count) = self.people.get_mut(&stream.scope.user) {
            *count -= 1;
            if *count == 0 {
                self.people.remove(&stream.scope.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn owner(user: u128) -> Owner {
        let scope = Scope::new(UserId(Uuid::from_u128(user)), Vec::new());
        Owner { token: TokenId(Uuid::from_u128(user)), expires: None, scope }
    }

    #[test]
    fn a_person_and_a_process_have_only_so_many_and_who_leaves_makes_room() {
        let mut streams = Streams::at_most(20);
        let mut held: Vec<_> =
            (0..PER_PERSON_MAX).map(|_| streams.open(owner(1), Vec::new()).unwrap()).collect();
        assert_eq!(streams.open(owner(1), Vec::new()).err(), Some(Full::Person));
        held.pop();
        held.push(streams.open(owner(1), Vec::new()).unwrap());
        let others: Vec<_> = (2..6).map(|user| streams.open(owner(user), Vec::new()).unwrap()).collect();
        assert_eq!(streams.open(owner(9), Vec::new()).err(), Some(Full::Process));
        drop(others);
        assert!(streams.open(owner(9), Vec::new()).is_ok());
    }

    #[test]
    fn a_client_that_does_not_read_is_dropped_and_the_others_are_not() {
        let mut streams = Streams::at_most(20);
        let (slow, mut quick) =
            (streams.open(owner(1), Vec::new()).unwrap(), streams.open(owner(2), Vec::new()).unwrap());
        let mut closed = Vec::new();
        for _ in 0..=PIECES_MAX {
            closed.extend(streams.send(|_, _| vec![Bytes::from_static(b"x")]));
            assert!(quick.try_recv().is_ok());
        }
        assert_eq!((closed, streams.count()), (vec![Closed::Slow], 1));
        drop(slow);
    }

    #[test]
    fn streams_end_with_what_opened_them() {
        let mut streams = Streams::at_most(20);
        let (mut one, mut two) =
            (streams.open(owner(1), Vec::new()).unwrap(), streams.open(owner(2), Vec::new()).unwrap());
        let good = TokenId(Uuid::from_u128(2));
        assert_eq!(streams.check(|token, _, _| token == good), 1);
        assert!(matches!(one.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
        assert!(matches!(two.try_recv(), Err(mpsc::error::TryRecvError::Empty)));
    }
}

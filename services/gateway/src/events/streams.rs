//! The open streams of this process, within bounds, and what is sent to each.

use std::collections::HashMap;

use bytes::Bytes;
use swath_domain::Time;
use swath_domain::ids::{TokenId, UserId};
use tokio::sync::mpsc;

use super::scope::Scope;

/// Streams of one user, at most. A browser shares one among its tabs.
const STREAMS_PER_USER_MAX: usize = 16;
/// Chunks that may wait for a client. A client that reads too slowly is disconnected.
const CHUNKS_MAX: usize = 64;

/// Why a stream was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The client went away.
    Left,
    /// The rights of the user have changed, or the token has ended.
    Rights,
    /// The client did not read what was sent.
    Slow,
    /// Events could not be read.
    Unreadable,
}

impl Closed {
    /// Its label in metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Rights => "rights",
            Self::Slow => "slow",
            Self::Unreadable => "unavailable",
        }
    }
}

/// Why no further stream can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The user has as many as one user may have.
    User,
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

/// The token and the rights under which a stream is opened.
pub(crate) struct Owner {
    pub(crate) token: TokenId,
    pub(crate) expires: Option<Time>,
    pub(crate) scope: Scope,
}

/// All open streams of a process, by number.
pub(crate) struct Streams {
    open: HashMap<u64, Stream>,
    /// The number of open streams of each user.
    counts: HashMap<UserId, usize>,
    next: u64,
    max: usize,
}

impl Streams {
    pub(crate) fn at_most(max: usize) -> Self {
        Self { open: HashMap::new(), counts: HashMap::new(), next: 0, max }
    }

    pub(crate) fn count(&self) -> usize {
        self.open.len()
    }

    /// Opens a stream that begins with these chunks. At a bound, streams whose clients have left are closed first.
    pub(crate) fn open(&mut self, owner: Owner, chunks: Vec<Bytes>) -> Result<mpsc::Receiver<Bytes>, Full> {
        if self.open.len() >= self.max || self.count_of(owner.scope.user) >= STREAMS_PER_USER_MAX {
            self.close_where(|stream| stream.sender.is_closed());
        }
        if self.count_of(owner.scope.user) >= STREAMS_PER_USER_MAX {
            return Err(Full::User);
        }
        if self.open.len() >= self.max {
            return Err(Full::Process);
        }
        let (sender, receiver) = mpsc::channel(CHUNKS_MAX.max(chunks.len()));
        for chunk in chunks {
            // The channel has room for all of them.
            let _ = sender.try_send(chunk);
        }
        *self.counts.entry(owner.scope.user).or_default() += 1;
        let Owner { token, expires, scope } = owner;
        self.open.insert(self.next, Stream { token, expires, scope, sender });
        self.next += 1;
        Ok(receiver)
    }

    fn count_of(&self, user: UserId) -> usize {
        self.counts.get(&user).copied().unwrap_or_default()
    }

    /// Sends the chunks that `chunks` makes to each stream. Returns why streams were closed.
    pub(crate) fn send(&mut self, mut chunks: impl FnMut(u64, &Scope) -> Vec<Bytes>) -> Vec<Closed> {
        let mut closed = Vec::new();
        self.close_where(|stream| stream.sender.is_closed()).iter().for_each(|_| closed.push(Closed::Left));
        let mut slow = Vec::new();
        for (number, stream) in &self.open {
            let sent =
                chunks(*number, &stream.scope).into_iter().all(|chunk| stream.sender.try_send(chunk).is_ok());
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

    /// Closes the streams that are no longer `is_good`, and returns their number.
    pub(crate) fn check(&mut self, is_good: impl Fn(TokenId, &Scope, Option<Time>) -> bool) -> usize {
        self.close_where(|stream| !is_good(stream.token, &stream.scope, stream.expires)).len()
    }

    /// Closes all streams, and returns their number.
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
        if let Some(count) = self.counts.get_mut(&stream.scope.user) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&stream.scope.user);
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
    fn the_streams_of_a_user_and_of_a_process_are_bounded_and_one_that_leaves_makes_room() {
        let mut streams = Streams::at_most(20);
        let mut held: Vec<_> =
            (0..STREAMS_PER_USER_MAX).map(|_| streams.open(owner(1), Vec::new()).unwrap()).collect();
        assert_eq!(streams.open(owner(1), Vec::new()).err(), Some(Full::User));
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
        for _ in 0..=CHUNKS_MAX {
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

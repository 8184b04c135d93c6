//! The bus inside one process: a bounded ring per queue.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::stats::Counters;
use crate::{Envelope, Health, Options, Published, Queue};

pub(crate) struct Memory {
    queue_length: usize,
    /// Bounded by the number of teams: at most two for each, and one for the coordinators.
    rings: Mutex<HashMap<Queue, Arc<Ring>>>,
    closed: CancellationToken,
    counters: Arc<Counters>,
    _on_drop: DropGuard,
}

#[derive(Default)]
struct Ring {
    waiting: Mutex<VecDeque<Envelope>>,
    arrived: Notify,
}

impl Memory {
    pub fn new(options: Options, counters: Arc<Counters>) -> Self {
        let closed = CancellationToken::new();
        Self {
            queue_length: options.queue_length as usize,
            rings: Mutex::default(),
            _on_drop: closed.clone().drop_guard(),
            closed,
            counters,
        }
    }

    pub fn publish(&self, queue: Queue, envelope: Envelope) -> Published {
        if self.closed.is_cancelled() {
            return Published::Unknown;
        }
        self.ring(queue).push(envelope, self.queue_length);
        Published::Confirmed
    }

    pub fn subscribe(&self, queue: Queue) -> Subscription {
        Subscription {
            ring: self.ring(queue),
            closed: self.closed.clone(),
            counters: Arc::clone(&self.counters),
        }
    }

    pub fn depth(&self, queue: Queue) -> u64 {
        self.ring(queue).waiting().len() as u64
    }

    pub fn health(&self) -> Health {
        if self.closed.is_cancelled() { Health::down("closed") } else { Health::Up }
    }

    pub fn close(&self) {
        self.closed.cancel();
    }

    fn ring(&self, queue: Queue) -> Arc<Ring> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rings.entry(queue).or_default())
    }
}

impl Ring {
    fn push(&self, envelope: Envelope, bound: usize) {
        let mut waiting = self.waiting();
        waiting.push_back(envelope);
        while waiting.len() > bound {
            waiting.pop_front();
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    fn pop(&self) -> Option<Envelope> {
        let mut waiting = self.waiting();
        let envelope = waiting.pop_front();
        // `Notify` stores only one permit, so every receiver wakes the next one while messages remain.
        if !waiting.is_empty() {
            self.arrived.notify_one();
        }
        envelope
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Envelope>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Subscription {
    ring: Arc<Ring>,
    closed: CancellationToken,
    counters: Arc<Counters>,
}

impl Subscription {
    pub async fn recv(&mut self) -> Option<Envelope> {
        loop {
            if let Some(envelope) = self.ring.pop() {
                self.counters.received.add_one();
                return Some(envelope);
            }
            tokio::select! {
                () = self.ring.arrived.notified() => {}
                () = self.closed.cancelled() => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    crate::conformance::suite!(crate::Bus::memory_with);
}

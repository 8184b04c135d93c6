//! The history of all calls. One thread sorts it as it arrives, and writes it to a file if the plan says so.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use swath_checker::Event;
use swath_checker::sort::{Sorted, Sorter};
use swath_domain::AssignmentId;

/// How many events may wait for the thread, which is busy while it writes a run of 200,000 events.
const QUEUE_CAPACITY: usize = 100_000;

/// The order in which the checker reads: by assignment and time.
pub type EventOrder = (Option<AssignmentId>, u64);
/// A whole history, in that order.
pub type SortedHistory = Sorted<Event, EventOrder>;

type Keeper = JoinHandle<io::Result<Sorter<Event, EventOrder>>>;

/// Records the events of all users.
#[derive(Clone)]
pub struct Recorder {
    events: SyncSender<Event>,
    keeper: Arc<Mutex<Option<Keeper>>>,
}

impl Recorder {
    /// Starts a history, with a copy in `file` as JSON lines in the order in which calls ended.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn start(file: Option<&Path>) -> io::Result<Self> {
        let copy = file.map(File::create).transpose()?.map(BufWriter::new);
        let (events, kept) = sync_channel(QUEUE_CAPACITY);
        let keeper = std::thread::Builder::new().name("history".into()).spawn(move || keep(&kept, copy))?;
        Ok(Self { events, keeper: Arc::new(Mutex::new(Some(keeper))) })
    }

    /// Records an event. It blocks while the thread is behind, because a history with gaps proves nothing.
    pub fn keep(&self, event: Event) {
        // The thread only ends early if its disk is full, which `finish` reports.
        let _ = self.events.send(event);
    }

    /// Returns the whole history, sorted.
    ///
    /// # Errors
    /// When something could not be written. The history is then useless.
    pub fn finish(self) -> io::Result<SortedHistory> {
        let Self { events, keeper } = self;
        drop(events);
        let keeper = keeper.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let keeper = keeper.ok_or_else(|| io::Error::other("the history was already finished"))?;
        keeper.join().map_err(|_| io::Error::other("the history's thread panicked"))??.finish()
    }
}

fn order(event: &Event) -> EventOrder {
    (event.assignment, event.began)
}

fn keep(
    events: &Receiver<Event>,
    mut copy: Option<BufWriter<File>>,
) -> io::Result<Sorter<Event, EventOrder>> {
    let mut sorter = Sorter::by(order as fn(&Event) -> EventOrder);
    for event in events {
        if let Some(copy) = &mut copy {
            serde_json::to_writer(&mut *copy, &event)?;
            copy.write_all(b"\n")?;
        }
        sorter.push(event)?;
    }
    if let Some(mut copy) = copy {
        copy.flush()?;
    }
    Ok(sorter)
}

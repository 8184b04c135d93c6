//! Reads both sides of a job as sorted streams, and checks them assignment by assignment.

use std::io;
use std::iter::Peekable;

use swath_domain::AssignmentId;
use swath_domain::log::Entry;

use crate::case::Case;
use crate::checker::Checker;
use crate::findings::Findings;
use crate::history::Event;
use crate::server::{Exported, JobFacts, LogLine, Row, Stored};

/// Everything about a job. Each part is in the order in which the server returns it.
#[derive(Debug)]
pub struct Sides<R, L, S, X, E> {
    /// The job.
    pub job: JobFacts,
    /// Its assignments, by id.
    pub rows: R,
    /// Its decision log: the job's own entries, then those of its assignments by id.
    pub log: L,
    /// Its stored annotations, by assignment.
    pub stored: S,
    /// Its exported items, by item and slot.
    pub exported: X,
    /// What its clients did, by assignment and time; calls without an assignment come first.
    pub events: E,
}

/// Compares the two sides of a job.
///
/// # Errors
/// When a stream cannot be read. A stream in the wrong order is a violation instead.
pub fn check<R, L, S, X, E>(sides: Sides<R, L, S, X, E>) -> io::Result<Findings>
where
    R: Iterator<Item = io::Result<Row>>,
    L: Iterator<Item = io::Result<LogLine>>,
    S: Iterator<Item = io::Result<Stored>>,
    X: Iterator<Item = io::Result<Exported>>,
    E: Iterator<Item = io::Result<Event>>,
{
    let mut checker = Checker::new(sides.job);
    let mut events = Groups::of(sides.events, |event| event.assignment);
    let mut log = Groups::of(sides.log, |line| line.assignment);
    let mut stored = Groups::of(sides.stored, |line| Some(line.assignment));
    let loose = events.group(None, &mut checker)?;
    checker.events_without_assignment(&loose);
    log.group(None, &mut checker)?.iter().for_each(|line| checker.job_entry(&line.entry));
    let mut last = None;
    for row in sides.rows {
        let row = row?;
        let id = Some(row.id);
        if last >= id {
            checker.unreadable(format!("{row:?} is out of order"));
        }
        last = id;
        let entries: Vec<Entry> = log.group(id, &mut checker)?.into_iter().map(|line| line.entry).collect();
        let (stored, events) = (stored.group(id, &mut checker)?, events.group(id, &mut checker)?);
        checker.assignment(&Case { row, log: entries, stored, events });
    }
    log.rest(&mut checker)?;
    stored.rest(&mut checker)?;
    events.rest(&mut checker)?;
    for line in sides.exported {
        checker.exported(&line?);
    }
    Ok(checker.finish())
}

/// A stream whose values belong to assignments.
struct Groups<T, I: Iterator<Item = io::Result<T>>> {
    values: Peekable<I>,
    of: fn(&T) -> Option<AssignmentId>,
}

impl<T: std::fmt::Debug, I: Iterator<Item = io::Result<T>>> Groups<T, I> {
    fn of(values: I, of: fn(&T) -> Option<AssignmentId>) -> Self {
        Self { values: values.peekable(), of }
    }

    /// The values of one assignment. Values before it belong to no assignment, which is a violation.
    fn group(&mut self, id: Option<AssignmentId>, checker: &mut Checker) -> io::Result<Vec<T>> {
        let mut group = Vec::new();
        while let Some(next) = self.values.peek() {
            let of = match next {
                Ok(value) => (self.of)(value),
                Err(_) => id,
            };
            if of > id {
                break;
            }
            let Some(value) = self.values.next().transpose()? else { break };
            if of == id {
                group.push(value);
            } else {
                checker
                    .unreadable(format!("{value:?} belongs to no assignment of the job, or is out of order"));
            }
        }
        Ok(group)
    }

    fn rest(&mut self, checker: &mut Checker) -> io::Result<()> {
        for value in self.values.by_ref() {
            let value = value?;
            checker.unreadable(format!("{value:?} belongs to no assignment of the job, or is out of order"));
        }
        Ok(())
    }
}

//! Sorts more values than memory holds: sorted runs in temporary files, merged while they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Seek, Write};
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How many values are kept in memory before they are written to a file.
const IN_MEMORY_MAX: usize = 200_000;

/// Takes values in any order and returns them sorted by a key.
#[derive(Debug)]
pub struct Sorter<T, K> {
    key: fn(&T) -> K,
    in_memory_max: usize,
    buffer: Vec<T>,
    runs: Vec<File>,
}

impl<T: Serialize + DeserializeOwned, K: Ord> Sorter<T, K> {
    /// A sorter by the given key.
    pub fn by(key: fn(&T) -> K) -> Self {
        Self { key, in_memory_max: IN_MEMORY_MAX, buffer: Vec::new(), runs: Vec::new() }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// When a run cannot be written to a temporary file.
    pub fn push(&mut self, value: T) -> io::Result<()> {
        self.buffer.push(value);
        if self.buffer.len() >= self.in_memory_max { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.buffer.sort_by_key(self.key);
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for value in self.buffer.drain(..) {
            serde_json::to_writer(&mut run, &value)?;
            run.write_all(b"\n")?;
        }
        let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        run.rewind()?;
        self.runs.push(run);
        Ok(())
    }

    /// All values in order. Values with equal keys keep the order in which they were added.
    ///
    /// # Errors
    /// When a run cannot be read back.
    pub fn finish(mut self) -> io::Result<Sorted<T, K>> {
        // The last run stays in memory, because most histories have no other.
        self.buffer.sort_by_key(self.key);
        let mut sources: Vec<Source<T>> = Vec::new();
        sources.extend(self.runs.drain(..).map(|run| Source::File(BufReader::new(run).lines(), PhantomData)));
        sources.push(Source::Memory(self.buffer.into_iter()));
        let (heads, heap) = (sources.iter().map(|_| None).collect(), BinaryHeap::new());
        let mut sorted = Sorted { key: self.key, sources, heads, heap, failed: None };
        for source in 0..sorted.sources.len() {
            sorted.refill(source)?;
        }
        Ok(sorted)
    }
}

#[derive(Debug)]
enum Source<T> {
    File(Lines<BufReader<File>>, PhantomData<T>),
    Memory(std::vec::IntoIter<T>),
}

impl<T: DeserializeOwned> Source<T> {
    fn next(&mut self) -> io::Result<Option<T>> {
        match self {
            Self::Memory(values) => Ok(values.next()),
            Self::File(lines, _) => match lines.next() {
                Some(line) => Ok(Some(serde_json::from_str(&line?)?)),
                None => Ok(None),
            },
        }
    }
}

/// The sorted values of a [`Sorter`].
#[derive(Debug)]
pub struct Sorted<T, K> {
    key: fn(&T) -> K,
    sources: Vec<Source<T>>,
    heads: Vec<Option<T>>,
    heap: BinaryHeap<Reverse<(K, usize)>>,
    failed: Option<io::Error>,
}

impl<T: DeserializeOwned, K: Ord> Sorted<T, K> {
    fn refill(&mut self, source: usize) -> io::Result<()> {
        if let Some(value) = self.sources[source].next()? {
            self.heap.push(Reverse(((self.key)(&value), source)));
            self.heads[source] = Some(value);
        }
        Ok(())
    }
}

impl<T: DeserializeOwned, K: Ord> Iterator for Sorted<T, K> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.heap.clear();
            return Some(Err(error));
        }
        let Reverse((_, source)) = self.heap.pop()?;
        let value = self.heads[source].take()?;
        self.failed = self.refill(source).err();
        Some(Ok(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_one_run_comes_back_in_order() {
        let mut sorter = Sorter::by(|pair: &(u64, u64)| pair.0);
        sorter.in_memory_max = 7;
        for number in 0..100_u64 {
            sorter.push((number * 37 % 50, number)).unwrap();
        }
        let sorted: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
        let mut expected: Vec<_> = (0..100_u64).map(|number| (number * 37 % 50, number)).collect();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
    }
}

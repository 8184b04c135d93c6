//! One table: rows in the order of their keys, and what it takes to undo the running transaction.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use crate::error::{Result, StoreError};

/// Rows by their primary key.
pub(crate) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    /// What stood at each key that the transaction has written, oldest first.
    undo: Vec<(K, Option<V>)>,
    /// Writes committed so far.
    pub(crate) written: usize,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), undo: Vec::new(), written: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.rows.values()
    }

    pub(crate) fn range(&self, keys: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(keys)
    }

    /// `INSERT`: a key that is taken is a collision.
    pub(crate) fn insert(&mut self, key: K, row: V) -> Result<u64> {
        if self.insert_new(key, row) == 1 {
            return Ok(1);
        }
        Err(StoreError::Collision("a primary key is taken".into()))
    }

    /// `INSERT … ON CONFLICT DO NOTHING`.
    pub(crate) fn insert_new(&mut self, key: K, row: V) -> u64 {
        if self.contains(&key) {
            return 0;
        }
        self.put(key, row)
    }

    /// `INSERT … ON CONFLICT DO UPDATE` of the whole row.
    pub(crate) fn put(&mut self, key: K, row: V) -> u64 {
        let before = self.rows.insert(key.clone(), row);
        self.undo.push((key, before));
        1
    }

    /// `UPDATE` of one row, where it is there.
    pub(crate) fn update(&mut self, key: &K, change: impl FnOnce(&mut V)) -> u64 {
        let Some(row) = self.rows.get_mut(key) else { return 0 };
        self.undo.push((key.clone(), Some(row.clone())));
        change(row);
        1
    }

    /// `DELETE` of one row, where it is there.
    pub(crate) fn remove(&mut self, key: &K) -> u64 {
        let Some(before) = self.rows.remove(key) else { return 0 };
        self.undo.push((key.clone(), Some(before)));
        1
    }

    /// `DELETE` of the rows in a range of keys.
    pub(crate) fn remove_range(&mut self, keys: impl RangeBounds<K>) -> u64 {
        let keys: Vec<_> = self.rows.range(keys).map(|(key, _)| key.clone()).collect();
        keys.iter().map(|key| self.remove(key)).sum()
    }

    pub(crate) fn commit(&mut self) {
        self.written += self.undo.len();
        self.undo.clear();
    }

    pub(crate) fn rollback(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_ends_badly_leaves_no_trace() {
        let mut table = Table::default();
        table.insert(1, "one").unwrap();
        table.commit();
        table.put(1, "uno");
        table.insert(2, "two").unwrap();
        table.update(&2, |row| *row = "due");
        table.remove(&1);
        table.rollback();
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&1, &"one")]);
        assert!(table.insert(1, "again").is_err());
    }
}

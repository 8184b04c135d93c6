//! What never changes in the truth, remembered by each process; bounded, and read again when it was forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

/// Values by their ids. Full, it forgets all of them: that is rare, and cheaper than knowing which was used last.
pub(crate) struct Remembered<K, V> {
    most: usize,
    values: RwLock<HashMap<K, V>>,
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, values: RwLock::default() }
    }

    pub(crate) fn get(&self, id: &K) -> Option<V> {
        self.values.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn insert(&self, id: K, value: V) {
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= self.most {
            values.clear();
        }
        values.insert(id, value);
    }
}

//! A cache of rows that never change, bounded in bytes; an entry that was evicted is read again.

use std::hash::Hash;

use quick_cache::Weighter;
use quick_cache::sync;

/// What an entry takes beside its value's own bytes.
const ENTRY_BYTES: usize = 256;
/// The bytes that an entry is expected to take.
const EXPECTED_BYTES: usize = 1_024;

/// Values by their ids, as many as fit; those that are not used are evicted first.
pub struct Cache<K, V>(sync::Cache<K, Weighed<V>, Bytes>);

#[derive(Clone)]
struct Weighed<V> {
    value: V,
    bytes: usize,
}

#[derive(Clone)]
struct Bytes;

impl<K, V> Weighter<K, Weighed<V>> for Bytes {
    fn weight(&self, _: &K, weighed: &Weighed<V>) -> u64 {
        (weighed.bytes + ENTRY_BYTES) as u64
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// A cache of at most so many bytes.
    pub fn of_bytes(most: usize) -> Self {
        Self(sync::Cache::with_weighter(most / EXPECTED_BYTES, most as u64, Bytes))
    }

    /// The value, if it is cached.
    pub fn get(&self, id: &K) -> Option<V> {
        self.0.get(id).map(|weighed| weighed.value)
    }

    /// Caches a value that takes so many bytes.
    pub fn insert(&self, id: K, value: V, bytes: usize) {
        self.0.insert(id, Weighed { value, bytes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_bounded_in_bytes() {
        let cache = Cache::of_bytes(1 << 20);
        for id in 0..1_000 {
            cache.insert(id, id, 64 << 10);
        }
        let kept = (0..1_000).filter(|id| cache.get(id).is_some()).count();
        assert!((1..=16).contains(&kept), "{kept}");
    }
}

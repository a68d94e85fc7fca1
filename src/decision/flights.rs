//! Of several who want to know the same thing at the same time, one finds out for all.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OnceCell;

/// What is being found out at this moment, by key.
#[derive(Debug)]
pub(super) struct Flights<K, T> {
    open: Mutex<HashMap<K, Arc<OnceCell<T>>>>,
}

/// Somebody's part in a flight. The last one to leave, even by being cancelled, takes it down.
struct Seat<'f, K: Hash + Eq, T> {
    flights: &'f Flights<K, T>,
    key: K,
    cell: Arc<OnceCell<T>>,
}

/// What came of a flight.
pub(super) enum Landed<T> {
    /// Found out here.
    Here(T),
    /// Found out by somebody else.
    Elsewhere(T),
}

// === impl Flights ===

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self { open: Mutex::default() }
    }
}

impl<K: Copy + Hash + Eq, T: Clone> Flights<K, T> {
    /// What `find` gives, here or to whoever began before. Where that one is cancelled, another one
    /// of those who wait begins.
    pub(super) async fn join(&self, key: K, find: impl Future<Output = T>) -> Landed<T> {
        let cell = Arc::clone(self.lock().entry(key).or_default());
        let seat = Seat { flights: self, key, cell };
        let mut here = false;
        let found = seat.cell.get_or_init(|| {
            here = true;
            find
        });
        let found = found.await.clone();
        if here { Landed::Here(found) } else { Landed::Elsewhere(found) }
    }
}

impl<K, T> Flights<K, T> {
    /// A panic under the lock leaves the map whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<OnceCell<T>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Seat ===

impl<K: Hash + Eq, T> Drop for Seat<'_, K, T> {
    fn drop(&mut self) {
        let mut open = self.flights.lock();
        // The map has one, and this one; others are taken only under the lock.
        if Arc::strong_count(&self.cell) == 2 {
            open.remove(&self.key);
        }
    }
}

//! Faults on demand, for tests of whatever stands on the store.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{AppendError, StoreError};

/// What the next write does instead of succeeding. Faults come in pairs: what the caller is told is
/// the same, what is in the database is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is stored and the caller is told so.
    Unavailable,
    /// Nothing is stored and the caller is not told whether it was.
    UnknownNotStored,
    /// It is stored and the caller is not told whether it was.
    UnknownStored,
    /// Nothing is stored: the disk is full.
    Full,
}

/// The faults that wait to happen. Shared by all clones of a store opened with it.
#[derive(Debug, Default)]
pub struct Faults {
    appends: Mutex<VecDeque<Fault>>,
    puts: Mutex<VecDeque<Fault>>,
    away: AtomicBool,
    deaf: AtomicBool,
}

impl Faults {
    /// The next append that has no fault yet meets this one.
    pub fn on_append(&self, fault: Fault) {
        queue(&self.appends).push_back(fault);
    }

    /// The next put of contents that has no fault yet meets this one.
    pub fn on_put(&self, fault: Fault) {
        queue(&self.puts).push_back(fault);
    }

    /// While true, everything fails as if the database were away.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Listeners that are made while this is true hear nothing.
    pub fn set_deaf(&self, deaf: bool) {
        self.deaf.store(deaf, Ordering::SeqCst);
    }

    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::SeqCst)
    }

    pub(super) fn next_append(&self) -> Option<Fault> {
        self.write_fault(&self.appends)
    }

    pub(super) fn next_put(&self) -> Option<Fault> {
        self.write_fault(&self.puts)
    }

    fn write_fault(&self, faults: &Mutex<VecDeque<Fault>>) -> Option<Fault> {
        if self.away.load(Ordering::SeqCst) {
            return Some(Fault::Unavailable);
        }
        queue(faults).pop_front()
    }

    pub(super) fn check_away(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("made to be away".into()));
        }
        Ok(())
    }
}

fn queue(faults: &Mutex<VecDeque<Fault>>) -> std::sync::MutexGuard<'_, VecDeque<Fault>> {
    faults
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs a write under a fault, if there is one.
pub(super) async fn under<T>(
    fault: Option<Fault>,
    write: impl Future<Output = Result<T, AppendError>>,
) -> Result<T, AppendError> {
    let said = || "made to fail".to_owned();
    match fault {
        None => write.await,
        Some(Fault::Unavailable) => Err(AppendError::Unavailable(said())),
        Some(Fault::UnknownNotStored) => Err(AppendError::Unknown(said())),
        Some(Fault::Full) => Err(AppendError::Full),
        Some(Fault::UnknownStored) => {
            write.await?;
            Err(AppendError::Unknown(said()))
        }
    }
}

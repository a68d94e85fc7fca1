//! The journal that replicas write and read together: a stream in Redis, of bounded length.
//!
//! A stream keeps its order, so a replica that was away goes on where it was, and one that starts
//! reads it from the beginning. Where entries were cut off before we have read them, that is seen.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use redis::{cmd, from_redis_value};

use crate::revocation::Revocation;
use crate::shared_memory::{SharedMemory, Unavailable};

/// The stream.
#[derive(Debug)]
pub(super) struct Journal {
    writing: SharedMemory,
    /// Reads wait for the next entry, so they have a connection of their own.
    reading: SharedMemory,
    key: String,
    capacity: usize,
    /// The last entry that we have written ourselves, and perhaps not read yet.
    written: Mutex<Position>,
}

/// Where in the stream an entry is: milliseconds of Redis's clock, and a count within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    milliseconds: u64,
    count: u64,
}

/// An entry, which holds what was revoked together.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) position: Position,
    pub(super) revocations: Vec<Revocation>,
}

/// An entry as Redis gives it: its position, and the names and values of its fields by turns.
type RawEntry = (String, Vec<String>);

/// The stream as a whole. (`entries-added` is known to Redis 7.0 and later, and to Valkey.)
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// The oldest entry that is left.
    first: Position,
    last: Position,
    /// Whether there was an older one.
    is_cut: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("could not read the revocations")]
    Unavailable(#[from] Unavailable),
    /// Skipping it could let somebody in.
    #[error("an entry of the revocations in Redis cannot be read")]
    Malformed,
}

/// Entries of one read.
pub(super) const PAGE: usize = 1000;

/// How long a read waits for the next entry.
const WAIT_MS: u64 = 500;

/// The field of an entry. An entry has one for each revocation.
const FIELD: &str = "r";

/// What was revoked when an entry was written may be dated later than Redis's clock: by what may be
/// between two clocks, and by the leeway of an issuer.
const CLOCKS: u64 = 600;

// === impl Journal ===

impl Journal {
    pub(super) fn new(memory: &SharedMemory, capacity: usize) -> Self {
        let written = Mutex::new(Position::START);
        let key = memory.key("revocations");
        Self {
            writing: memory.clone(),
            reading: memory.patient(Duration::from_millis(WAIT_MS)),
            key,
            capacity,
            written,
        }
    }

    /// Writes what was revoked together. Redis has it when this returns.
    pub(super) async fn append(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        let mut add = cmd("XADD");
        add.arg(&self.key).arg("MAXLEN").arg("~").arg(self.capacity).arg("*");
        for revocation in revocations {
            add.arg(FIELD).arg(revocation.to_string());
        }
        let position: String = self.writing.ask(&add).await?;
        if let Some(position) = Position::read(&position) {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            *written = position.max(*written);
        }
        Ok(())
    }

    /// An entry that must be in Redis, if it has lost nothing.
    pub(super) fn written(&self) -> Position {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Redis has lost what was written.
    pub(super) fn forget_written(&self) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Position::START;
    }

    /// The next entries after `position`, at most [`PAGE`]; waits a moment for the first one.
    pub(super) async fn read(&self, position: Position) -> Result<Vec<Entry>, ReadError> {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(PAGE).arg("BLOCK").arg(WAIT_MS);
        read.arg("STREAMS").arg(&self.key).arg(position.to_string());
        let streams: Option<Vec<(String, Vec<RawEntry>)>> = self.reading.ask(&read).await?;
        let entries = streams.into_iter().flatten().flat_map(|(_, entries)| entries);
        entries.map(|(position, fields)| Entry::read(&position, &fields)).collect()
    }

    /// What there is; nothing where nobody has written anything yet.
    pub(super) async fn extent(&self) -> Result<Option<Extent>, ReadError> {
        let exists: bool = self.reading.ask(cmd("EXISTS").arg(&self.key)).await?;
        if !exists {
            return Ok(None);
        }
        let mut info = cmd("XINFO");
        info.arg("STREAM").arg(&self.key);
        let members: HashMap<String, redis::Value> = self.reading.ask(&info).await?;
        Extent::read(&members).map(Some).ok_or(ReadError::Malformed)
    }
}

// === impl Entry ===

impl Entry {
    fn read(position: &str, fields: &[String]) -> Result<Self, ReadError> {
        let position = Position::read(position).ok_or(ReadError::Malformed)?;
        let (pairs, rest) = fields.as_chunks::<2>();
        let revocations: Option<Vec<Revocation>> =
            pairs.iter().map(|[name, text]| text.parse().ok().filter(|_| name == FIELD)).collect();
        match revocations {
            Some(revocations) if rest.is_empty() => Ok(Self { position, revocations }),
            Some(_) | None => Err(ReadError::Malformed),
        }
    }
}

// === impl Extent ===

impl Extent {
    fn read(members: &HashMap<String, redis::Value>) -> Option<Self> {
        let text = |name: &str| from_redis_value::<String>(members.get(name)?.clone()).ok();
        let number = |name: &str| from_redis_value::<u64>(members.get(name)?.clone()).ok();
        Some(Self {
            first: Position::read(&text("recorded-first-entry-id")?)?,
            last: Position::read(&text("last-generated-id")?)?,
            is_cut: number("entries-added")? > number("length")?,
        })
    }

    /// Whether it can hold an entry that was there once: a stream that begins later is another one, or
    /// was cut since.
    pub(super) fn has(&self, position: Position) -> bool {
        (self.first..=self.last).contains(&position)
    }

    /// If entries after `position` may have been cut off: an instant by which they were dated.
    pub(super) fn cut_after(&self, position: Position) -> Option<Timestamp> {
        let Self { first, is_cut, .. } = *self;
        if !is_cut || first <= position {
            return None;
        }
        let seconds = first.milliseconds / 1000 + CLOCKS;
        Some(Timestamp::from_second(i64::try_from(seconds).ok()?).unwrap_or(Timestamp::MAX))
    }
}

// === impl Position ===

impl Position {
    /// Before all entries.
    pub(super) const START: Self = Self { milliseconds: 0, count: 0 };

    fn read(text: &str) -> Option<Self> {
        let (milliseconds, count) = text.split_once('-')?;
        Some(Self { milliseconds: milliseconds.parse().ok()?, count: count.parse().ok()? })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { milliseconds, count } = self;
        write!(f, "{milliseconds}-{count}")
    }
}

//! Running again after every change.

use std::{
    path::Path,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use anyhow::{Context, Result};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// A change is complete when nothing more has happened for this long: editors write a file in
/// several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Runs at once, and again whenever something below the directories has changed, until the process is
/// stopped.
pub(super) fn watch(directories: &[&Path], mut run: impl FnMut()) -> Result<()> {
    let (tell, changes) = mpsc::channel();
    let handler = move |event: notify::Result<Event>| match event {
        // Our own reading is such an event.
        Ok(Event { kind: EventKind::Access(_), .. }) => (),
        // Whoever does not listen any more is about to end.
        Ok(_) | Err(_) => drop(tell.send(())),
    };
    let mut watcher = RecommendedWatcher::new(handler, notify::Config::default())
        .context("files cannot be watched")?;
    for directory in directories {
        watcher
            .watch(directory, RecursiveMode::Recursive)
            .with_context(|| format!("{} cannot be watched", directory.display()))?;
    }
    loop {
        run();
        if wait(&changes).is_none() {
            return Ok(());
        }
    }
}

/// Returns after a change; `None` if there will be none.
fn wait(changes: &Receiver<()>) -> Option<()> {
    changes.recv().ok()?;
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return Some(()),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

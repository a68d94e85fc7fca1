//! Word of changes: files are watched, and looked at now and then where nobody tells.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{self, Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::{
    select,
    sync::{
        Notify,
        mpsc::{self, error::TrySendError},
        watch,
    },
    task, time,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Fingerprint, Watched};

/// A change is complete when nothing more has happened for this long,
const QUIET: Duration = Duration::from_millis(100);
/// or after this long, where something always happens.
const PATIENCE: Duration = Duration::from_secs(2);
/// Network file systems do not tell, and neither do links to elsewhere.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Sends a nudge whenever what a reload would read is no longer what was read last.
#[derive(Debug)]
pub struct Watcher {
    /// What to watch. A reload may change it.
    pub watched: watch::Receiver<Watched>,
    /// Taken before the files were loaded.
    pub loaded: Fingerprint,
    /// Where a nudge goes. One that waits there serves for all that come after it.
    pub nudge: mpsc::Sender<()>,
}

impl Watcher {
    /// Runs until `shutdown`.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let happened = Arc::new(Notify::new());
        loop {
            let watched = self.watched.borrow_and_update().clone();
            // Watching begins anew before each look. What happens after the look is then told, and
            // directories that were put in the place of watched ones are found.
            let _watching = watch(&watched, &happened);
            if self.look(watched).await.is_break() {
                return;
            }
            select! {
                () = shutdown.cancelled() => return,
                () = happened.notified() => settled(&happened).await,
                Ok(()) = self.watched.changed() => (),
                () = time::sleep(LOOK_AGAIN) => (),
            }
        }
    }

    async fn look(&mut self, watched: Watched) -> ControlFlow<()> {
        let take = task::spawn_blocking(move || Fingerprint::take(&watched));
        let Ok(now) = take.await else { return ControlFlow::Continue(()) };
        if now == self.loaded {
            return ControlFlow::Continue(());
        }
        info!("Files have changed");
        self.loaded = now;
        match self.nudge.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => ControlFlow::Continue(()),
            Err(TrySendError::Closed(())) => ControlFlow::Break(()),
        }
    }
}

/// Returns when nothing has happened for a moment: editors write a file in several steps, and a
/// checkout writes many files.
async fn settled(happened: &Notify) {
    let quiet = async { while time::timeout(QUIET, happened.notified()).await.is_ok() {} };
    // Where it never gets quiet, we look all the same.
    let _elapsed = time::timeout(PATIENCE, quiet).await;
}

/// Watches until the result is dropped. Where the system cannot, [`LOOK_AGAIN`] remains.
fn watch(watched: &Watched, happened: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let tell = Arc::clone(happened);
    let handler = move |event: notify::Result<Event>| match event {
        // Our own reading is such an event.
        Ok(Event { kind: EventKind::Access(_), .. }) => (),
        Ok(_) | Err(_) => tell.notify_one(),
    };
    let config = Config::default().with_follow_symlinks(false);
    let mut watcher = match RecommendedWatcher::new(handler, config) {
        Ok(watcher) => watcher,
        Err(error) => {
            warn!(%error, "Files cannot be watched; they are looked at now and then");
            return None;
        }
    };
    let mut watch = |path: &Path, mode| {
        if let Err(error) = watcher.watch(path, mode) {
            warn!(%error, path = %path.display(), "A path cannot be watched");
        }
    };
    // A directory that is not there appears in its parent. A link is resolved here, because only
    // what lies below a directory is watched.
    if let Some(Ok(directory)) = watched.directory().map(Path::canonicalize) {
        watch(&directory, RecursiveMode::Recursive);
    }
    for directory in parents(watched) {
        watch(&directory, RecursiveMode::NonRecursive);
    }
    Some(watcher)
}

/// The directories in which files, or links to them, are put in the place of others.
fn parents(watched: &Watched) -> BTreeSet<PathBuf> {
    let files = watched.files.iter().map(PathBuf::as_path).chain(watched.directory());
    // A bare name has no directory in it.
    let absolute = |path: &Path| path::absolute(path).ok();
    files.filter_map(|file| absolute(file)?.parent().map(Path::to_owned)).collect()
}

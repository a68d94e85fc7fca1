mod disk;
mod fingerprint;
mod watcher;

use std::{fs, path::Path};

/// Writes a file and the directories on the way to it.
fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

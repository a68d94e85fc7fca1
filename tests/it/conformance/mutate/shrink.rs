//! Leaves out files and lines, as long as the difference stays.

use super::{Directory, Verdicts, compare};

/// Attempts; each starts a Cerbos.
const ATTEMPTS: usize = 80;

pub(super) fn directory(directory: Directory, verdicts: Verdicts) -> (Directory, Verdicts) {
    let mut shrinker = Shrinker { directory, verdicts, attempts: 0 };
    shrinker.drop_files();
    for path in shrinker.directory.keys().cloned().collect::<Vec<_>>() {
        shrinker.drop_lines(&path);
    }
    (shrinker.directory, shrinker.verdicts)
}

struct Shrinker {
    directory: Directory,
    verdicts: Verdicts,
    attempts: usize,
}

// === impl Shrinker ===

impl Shrinker {
    fn attempt(&mut self, directory: Directory) -> bool {
        self.attempts += 1;
        let verdicts = (self.attempts < ATTEMPTS).then(|| compare(&directory)).flatten();
        match verdicts {
            Some(verdicts) if verdicts.kind() == self.verdicts.kind() => {
                (self.directory, self.verdicts) = (directory, verdicts);
                true
            }
            _ => false,
        }
    }

    fn drop_files(&mut self) {
        let paths: Vec<String> = self.directory.keys().cloned().collect();
        let mut chunk = paths.len().div_ceil(2);
        while chunk > 0 {
            for gone in paths.chunks(chunk) {
                let mut smaller = self.directory.clone();
                smaller.retain(|path, _| !gone.contains(path));
                if !smaller.is_empty() && smaller.len() < self.directory.len() {
                    self.attempt(smaller);
                }
            }
            chunk /= 2;
        }
    }

    fn drop_lines(&mut self, path: &str) {
        let mut chunk = self.directory[path].lines().count().div_ceil(3);
        while chunk > 0 {
            let mut at = 0;
            loop {
                let mut lines: Vec<&str> = self.directory[path].split('\n').collect();
                if at >= lines.len() || self.attempts >= ATTEMPTS {
                    break;
                }
                lines.drain(at..(at + chunk).min(lines.len()));
                let text = lines.join("\n");
                let mut smaller = self.directory.clone();
                smaller.insert(path.to_owned(), text);
                if !self.attempt(smaller) {
                    at += chunk;
                }
            }
            chunk /= 2;
        }
    }
}

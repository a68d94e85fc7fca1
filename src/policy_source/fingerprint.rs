//! What files say, as one number: a change that changes nothing is no change.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};

use super::disk;

/// No configuration is larger; what lies beyond does not count.
const MOST_BYTES: u64 = 16 << 20;

/// What a reload reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// `None` where another PDP has them.
    pub policies: Option<WatchedPolicies>,
    /// The configuration and the file of its routes.
    pub files: Vec<PathBuf>,
}

/// Where policies are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPolicies {
    pub directory: PathBuf,
    /// `engine.limits.policy_file_bytes`
    pub file_bytes: usize,
}

/// SHA-256 of everything that a reload reads. A file that cannot be read counts as its error, so
/// that its repair is a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

struct Digest(Context);

// === impl Watched ===

impl Watched {
    /// The policy directory.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.policies.as_ref().map(|policies| &*policies.directory)
    }
}

// === impl Fingerprint ===

impl Fingerprint {
    /// Reads all of it. To be taken before the files are loaded: whatever changes in between is
    /// then seen as a change, and loaded once more.
    #[must_use]
    pub fn take(watched: &Watched) -> Self {
        let mut digest = Digest(Context::new(&SHA256));
        for path in &watched.files {
            digest.add(path.as_os_str().as_encoded_bytes());
            match read(path.clone()) {
                Ok(bytes) => digest.add(&bytes),
                Err(error) => digest.add(error.to_string().as_bytes()),
            }
        }
        if let Some(policies) = &watched.policies {
            digest.add_policies(policies);
        }
        digest.finish()
    }
}

// === impl Digest ===

impl Digest {
    /// With its length, so that no two lists of texts look the same.
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(&bytes.len().to_be_bytes());
        self.0.update(bytes);
    }

    fn add_policies(&mut self, policies: &WatchedPolicies) {
        let WatchedPolicies { directory, file_bytes } = policies;
        self.add(directory.as_os_str().as_encoded_bytes());
        match disk::read(directory, *file_bytes) {
            Ok(files) => {
                for file in files {
                    self.add(file.path.as_bytes());
                    self.add(&file.bytes);
                }
            }
            Err(errors) => self.add(errors.to_string().as_bytes()),
        }
    }

    fn finish(self) -> Fingerprint {
        let mut fingerprint = [0; 32];
        for (to, from) in fingerprint.iter_mut().zip(self.0.finish().as_ref()) {
            *to = *from;
        }
        Fingerprint(fingerprint)
    }
}

fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

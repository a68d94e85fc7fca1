//! A policy directory → its files, in the order and by the rules of Cerbos's disk store.
//!
//! Links to files are followed, links to directories are not entered. A mounted Kubernetes
//! `ConfigMap` is read once that way: each name in it is a link into the hidden `..data`.

use std::{
    error::Error,
    fmt,
    fs::{self, DirEntry, File, FileType},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::engine::policy::{
    PolicyFile,
    files::{FileRole, role},
};

const MOST_FILES: usize = 100_000;
const MOST_DIRECTORIES: usize = 20_000;
const MOST_BYTES: u64 = 512 << 20;

/// One thing in a policy directory that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{}: could not be read: {error}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("{}: has the name of a policy, but is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("{}: the name is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
    #[error("{}: is larger than {most} bytes", path.display())]
    FileTooLarge { path: PathBuf, most: usize },
    #[error("{}: has more than {MOST_FILES} policies in more than {MOST_DIRECTORIES} directories, or more than {MOST_BYTES} bytes of them", .0.display())]
    TooMuch(PathBuf),
}

/// What a directory has, by its name relative to the root, with `/` between names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'n> {
    Directory(&'n str),
    File(&'n str),
}

/// Everything in a policy directory that could not be read.
#[derive(Debug)]
pub struct ReadErrors(pub Vec<ReadError>);

/// Reads the policies and schemas of a directory, none of which may be larger than
/// `most_bytes_of_a_file`. Names are relative to it, with `/` between them.
///
/// # Errors
/// A directory or file that cannot be read, or more than we are willing to hold.
pub fn read(directory: &Path, most_bytes_of_a_file: usize) -> Result<Vec<PolicyFile>, ReadErrors> {
    read_those(directory, most_bytes_of_a_file, is_of_policies)
}

/// Reads the files of a directory that `wants` takes, below the directories that it takes.
///
/// # Errors
/// A directory or file that cannot be read, or more than we are willing to hold.
pub fn read_those(
    directory: &Path,
    most_bytes_of_a_file: usize,
    wants: fn(Entry<'_>) -> bool,
) -> Result<Vec<PolicyFile>, ReadErrors> {
    let mut walk = Walk::new(directory, most_bytes_of_a_file, wants);
    while let Some(found) = walk.left.pop() {
        if let Err(error) = walk.visit(found) {
            let enough = matches!(error, ReadError::TooMuch(_));
            walk.errors.push(error);
            if enough {
                break;
            }
        }
    }
    if walk.errors.is_empty() { Ok(walk.files) } else { Err(ReadErrors(walk.errors)) }
}

struct Walk<'a> {
    root: &'a Path,
    most_bytes_of_a_file: usize,
    wants: fn(Entry<'_>) -> bool,
    /// What is still to be visited, the next one last.
    left: Vec<Found>,
    directories: usize,
    bytes: u64,
    files: Vec<PolicyFile>,
    errors: Vec<ReadError>,
}

struct Found {
    path: PathBuf,
    /// Relative to the root; empty for the root.
    name: String,
    kind: Kind,
}

enum Kind {
    Directory,
    File,
    /// Whatever it points to.
    Link,
}

// === impl Walk ===

impl<'a> Walk<'a> {
    fn new(root: &'a Path, most_bytes_of_a_file: usize, wants: fn(Entry<'_>) -> bool) -> Self {
        // The root may be a link: that is how some tools put a new version in place.
        let start = Found { path: root.to_owned(), name: String::new(), kind: Kind::Directory };
        Self {
            root,
            most_bytes_of_a_file,
            wants,
            left: vec![start],
            directories: 0,
            bytes: 0,
            files: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn visit(&mut self, found: Found) -> Result<(), ReadError> {
        match found.kind {
            Kind::Directory => self.enter(&found),
            Kind::File | Kind::Link => self.take(found),
        }
    }

    fn enter(&mut self, directory: &Found) -> Result<(), ReadError> {
        self.directories += 1;
        if self.directories > MOST_DIRECTORIES {
            return Err(self.too_much());
        }
        let io = |error| ReadError::Io { path: directory.path.clone(), error };
        let entries = fs::read_dir(&directory.path).map_err(io)?;
        let mut entries = entries.collect::<io::Result<Vec<DirEntry>>>().map_err(io)?;
        // By bytes, and the last one first: `left` is a stack.
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.file_name()));
        for entry in entries {
            let kind = Kind::of(entry.file_type().map_err(io)?);
            let name = entry.file_name();
            let name = match directory.name.as_str() {
                "" => name.to_string_lossy().into_owned(),
                within => format!("{within}/{}", name.to_string_lossy()),
            };
            if (self.wants)(kind.entry(&name)) {
                self.left.push(Found { path: entry.path(), name, kind });
            }
        }
        Ok(())
    }

    fn take(&mut self, found: Found) -> Result<(), ReadError> {
        let Found { path, name, .. } = found;
        if path.to_str().is_none() {
            return Err(ReadError::NotUtf8(path));
        }
        if self.files.len() >= MOST_FILES {
            return Err(self.too_much());
        }
        let bytes = read_file(path, self.most_bytes_of_a_file)?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes > MOST_BYTES {
            return Err(self.too_much());
        }
        self.files.push(PolicyFile { path: name, bytes });
        Ok(())
    }

    fn too_much(&self) -> ReadError {
        ReadError::TooMuch(self.root.to_owned())
    }
}

/// Reads a file that is one; links are followed.
fn read_file(path: PathBuf, most: usize) -> Result<Vec<u8>, ReadError> {
    // Asked first: opening a named pipe would wait for somebody to write into it.
    let read = fs::metadata(&path).and_then(|metadata| {
        if !metadata.is_file() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        File::open(&path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    });
    match read {
        Ok(Some(bytes)) if bytes.len() > most => Err(ReadError::FileTooLarge { path, most }),
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(ReadError::NotAFile(path)),
        Err(error) => Err(ReadError::Io { path, error }),
    }
}

// === impl Kind ===

impl Kind {
    fn of(file_type: FileType) -> Self {
        if file_type.is_dir() {
            Self::Directory
        } else if file_type.is_symlink() {
            Self::Link
        } else {
            Self::File
        }
    }

    fn entry<'n>(&self, name: &'n str) -> Entry<'n> {
        match self {
            Self::Directory => Entry::Directory(name),
            Self::File | Self::Link => Entry::File(name),
        }
    }
}

fn is_of_policies(entry: Entry<'_>) -> bool {
    let role = match entry {
        // Hidden directories and `testdata` are not entered: a repository's `.git` is large.
        Entry::Directory(name) => role(&format!("{name}/policy.yaml")),
        Entry::File(name) => role(name),
    };
    match role {
        FileRole::Policy | FileRole::Schema | FileRole::MisplacedSchemas => true,
        FileRole::TestSuite | FileRole::Ignored => false,
    }
}

// === impl ReadErrors ===

impl fmt::Display for ReadErrors {
    /// One line for each error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl Error for ReadErrors {}

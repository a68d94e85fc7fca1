//! Paths of both systems in one form: slashes, no volume, nothing to be cleaned.

/// A path as the functions work on it.
pub(super) struct Encoded {
    pub(super) text: String,
    pub(super) style: Style,
}

/// How a path was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Unix,
    /// With backslashes.
    Windows,
    /// `C:\a`, encoded as `/C:/a`.
    Drive,
    /// `\\host\share`, encoded as `/host/share`.
    Network,
}

// === impl Encoded ===

impl Encoded {
    /// `None`: a drive without a backslash after it, which has no meaning of its own.
    pub(super) fn new(text: &str) -> Option<Self> {
        let slashes = text.replace('\\', "/");
        let style = match (has_drive(text), text.contains('\\')) {
            (true, true) => Style::Drive,
            (true, false) if text.len() == 2 => Style::Drive,
            (true, false) => return None,
            (false, true) if text.starts_with(r"\\") => Style::Network,
            (false, true) => Style::Windows,
            (false, false) => Style::Unix,
        };
        let text = match style {
            Style::Drive => clean(&format!("/{slashes}")),
            Style::Unix | Style::Windows | Style::Network => clean(&slashes),
        };
        Some(Self { text, style })
    }

    /// The last element; of a root itself, and of nothing `.`.
    pub(super) fn base(&self) -> &str {
        match self.text.rsplit('/').next() {
            Some("") | None => &self.text,
            Some(last) => last,
        }
    }

    /// All but the last element. `None`: a Windows path of one element.
    pub(super) fn directory(&self) -> Option<String> {
        let cut = self.text.rfind('/');
        match self.style {
            Style::Unix => Some(match cut {
                Some(0) => "/".to_owned(),
                Some(cut) => self.text.get(..cut).unwrap_or_default().to_owned(),
                None => ".".to_owned(),
            }),
            Style::Windows | Style::Drive | Style::Network => {
                self.text.get(..cut?).map(str::to_owned)
            }
        }
    }

    /// A drive, or a share: there is nothing above it.
    pub(super) fn is_root(&self) -> bool {
        let slashes = self.text.matches('/').count();
        match self.style {
            Style::Drive => slashes == 1,
            Style::Network => slashes == 2,
            Style::Unix | Style::Windows => false,
        }
    }

    pub(super) fn root(&self) -> String {
        let root = self.style.decode(&self.text);
        if self.style == Style::Drive { format!("{root}\\") } else { root }
    }
}

// === impl Style ===

impl Style {
    pub(super) fn decode(self, text: &str) -> String {
        let backslashes = || text.replace('/', "\\");
        match self {
            Self::Unix => text.to_owned(),
            Self::Windows => backslashes(),
            Self::Drive => text.strip_prefix('/').unwrap_or(text).replace('/', "\\"),
            Self::Network => format!("\\{}", backslashes()),
        }
    }
}

fn has_drive(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic()) && bytes.next() == Some(b':')
}

/// `C:` or `\\host\share`, if the path begins with one.
pub(super) fn volume(text: &str) -> &str {
    if has_drive(text) {
        return text.get(..2).unwrap_or_default();
    }
    let Some(rest) = text.strip_prefix(r"\\") else { return "" };
    let Some((host, rest)) = rest.split_once('\\') else { return "" };
    let share = rest.split('\\').next().unwrap_or_default();
    if host.is_empty() || share.is_empty() {
        return "";
    }
    text.get(..2 + host.len() + 1 + share.len()).unwrap_or_default()
}

/// The shortest text for the same path, as Go's `path.Clean` has it.
pub(super) fn clean(text: &str) -> String {
    let is_absolute = text.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for element in text.split('/') {
        match element {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&"..") => kept.push(".."),
                Some(_) => drop(kept.pop()),
                None if is_absolute => {}
                None => kept.push(".."),
            },
            element => kept.push(element),
        }
    }
    match (is_absolute, kept.join("/")) {
        (true, path) => format!("/{path}"),
        (false, path) if path.is_empty() => ".".to_owned(),
        (false, path) => path,
    }
}

/// The way from one clean path to another, as Go's `filepath.Rel` has it.
pub(super) fn relative(base: &str, target: &str) -> Option<String> {
    if base == target {
        return Some(".".to_owned());
    }
    if base.starts_with('/') != target.starts_with('/') {
        return None;
    }
    let elements = |path: &str| -> Vec<String> {
        let path = if path == "." { "" } else { path };
        path.split('/').filter(|element| !element.is_empty()).map(str::to_owned).collect()
    };
    let (base, target) = (elements(base), elements(target));
    let shared = base.iter().zip(&target).take_while(|(left, right)| left == right).count();
    let up = base.get(shared..)?;
    if up.iter().any(|element| element == "..") {
        return None;
    }
    let up = up.iter().map(|_| "..".to_owned());
    let way: Vec<String> = up.chain(target.get(shared..)?.iter().cloned()).collect();
    Some(way.join("/"))
}

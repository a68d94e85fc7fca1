//! An error with all its causes on one line: every log line and exit message uses it.

use std::{error::Error, fmt};

/// Shows an error, then each of its causes. An error's own text never repeats its cause.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a dyn Error);

// === impl Chain ===

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

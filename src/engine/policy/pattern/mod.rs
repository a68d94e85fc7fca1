//! Patterns of names, such as `view:*`, and tables that are asked which of them fit a name.

mod glob;
mod glob_parse;
mod table;

pub(crate) use glob::Glob;
pub(in crate::engine) use table::{NamePattern, PatternTable};

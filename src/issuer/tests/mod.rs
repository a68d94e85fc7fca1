//! Issuers that behave and issuers that do not, over real connections. The clock is moved on, never
//! waited for.

mod documents;
mod refreshing;
pub(crate) mod site;

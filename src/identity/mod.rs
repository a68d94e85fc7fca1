//! WHO IS ASKING: from a bearer token to a principal.

mod spec;

pub use spec::{Algorithm, ClaimMapping, ClaimPath, IssuerSpec, TokenDialect};

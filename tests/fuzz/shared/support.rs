//! The part of `tests/it/support` that the targets need.

#[path = "../../it/support/assembly.rs"]
mod assembly;
#[path = "../../it/support/issuer.rs"]
mod issuer;
#[path = "../../it/support/request.rs"]
mod request;

pub(crate) use assembly::Assembly;
pub(crate) use issuer::publish;
pub(crate) use request::{Told, check_request};

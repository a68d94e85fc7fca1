//! What a request must be before anybody looks at what it asks, told as a Cerbos PDP tells it.
//!
//! The rules are those of Cerbos's API, the words and the form of the details those of `protovalidate`.

mod access;
mod found;
mod question;
mod violation;

pub use violation::{Violation, Violations};

use prost::Name;

use found::Found;

/// A request with rules.
pub trait Request: Name {
    #[doc(hidden)]
    fn examine(&self, found: &mut Found);
}

/// # Errors
/// Every rule that the request breaks.
pub fn validate<R: Request>(request: &R) -> Result<(), Violations> {
    let mut found = Found::default();
    request.examine(&mut found);
    found.into_result(R::full_name())
}

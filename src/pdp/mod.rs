//! MAY THEY, ASKED IN CERBOS'S WORDS: the calls of a Cerbos PDP, answered by the policies in force.
//!
//! Whoever asks here says itself who the principal is and is believed. A call is validated, kept
//! within the limits and given its claims in Cerbos's order, and asks [`PolicySet`] for each of its
//! resources; how it came in and how the answer goes out is for the doors to know.
//!
//! [`PolicySet`]: crate::engine::PolicySet

mod access;
mod aux_data;
mod call;
mod check;
mod desk;
mod fault;
mod key_sets;
mod older;
mod plan;
mod settings;

pub use call::Call;
pub use desk::{Pdp, VERSION};
pub use fault::{Code, Fault};
pub use key_sets::{KeySets, KeySource};
pub use settings::{MOST_BYTES, PdpSettings, RequestLimits};

//! WHAT THEY ARE ASKING FOR: host, method and path → resource and action.

mod input;
mod spec;

pub use input::{CertificateField, Input, ValueType};
pub use spec::{AttributeSource, ResourceSpec, RouteSpec, TextTemplate};

//! The words of the house: names, values, the question and its answer, as Cerbos's API has them.

mod input;
mod limits;
mod names;
mod output;
mod value;

pub use input::{AuxData, CheckInput, Options, Principal, Resource, SchemaEnforcement};
pub use limits::Limits;
pub use names::{Action, InvalidName, PolicyVersion, ResourceKind, Role, Scope};
pub use output::{
    ActionOutput, CheckOutput, ClockUse, Effect, EvaluationError, OutputEntry, OutputValue,
    ValidationError, ValidationSource,
};
pub use value::{Map, Value};

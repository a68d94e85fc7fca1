//! Messages of the Cerbos API ↔ the engine's model, in both directions.
//!
//! Out of our words everything can be said. Into them, names are checked; what a message may not be
//! without is asked for with [`Unusable`].

mod access;
mod answer;
mod plan_answer;
mod plan_question;
mod question;
mod value;

pub use access::{
    aux_data_from_context, message_as_value, principal_from_subject, request_id_from_context,
    resource_from_access, wants_meta,
};
pub use answer::{answer_from_wire, answer_to_wire};
pub use plan_answer::{filter_to_wire, plan_answer_to_wire};
pub use plan_question::{planned_from_wire, planned_to_wire};
pub use question::{actions_from_wire, principal_from_wire, question_to_wire, resource_from_wire};
pub use value::{map_from_wire, map_to_wire, value_from_wire, value_to_wire};

use crate::engine::model::InvalidName;

/// A message that means nothing to us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("{field} cannot be used")]
    Name {
        field: &'static str,
        #[source]
        error: InvalidName,
    },
    #[error("the answer says nothing about the action `{action}`")]
    Unanswered { action: String },
    #[error("the auxiliary data of a context is no such thing")]
    AuxData,
    #[error("the effect of the action `{action}` is neither allow nor deny")]
    Effect { action: String },
}

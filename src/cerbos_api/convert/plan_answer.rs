//! What a plan answers: [`PlanOutput`] → a `PlanResourcesResponse`.

use super::{answer::validation_error_to_wire, value_to_wire};
use crate::cerbos_api::proto::cerbos::{
    engine::v1::{
        PlanResourcesFilter,
        plan_resources_filter::{Expression, Kind, expression},
    },
    response::v1::{PlanResourcesResponse, plan_resources_response::Meta},
};
use crate::engine::{
    cel::Operand,
    model::ValidationError,
    plan::{Filter, MatchedScope, PlanOutput, PlannedResource},
};

/// An answer, with everything that is known. The identifiers of the request and of the call, and the
/// actions in the form in which they were named, are for whoever answers; and so is leaving `meta`
/// out where it was not asked for.
#[must_use]
pub fn plan_answer_to_wire(
    resource: &PlannedResource,
    output: &PlanOutput,
) -> PlanResourcesResponse {
    let PlanOutput { filter, matched_scopes, validation_errors, has_match: _, exhausted: _ } =
        output;
    let matched_scopes = matched_scopes
        .iter()
        .map(|MatchedScope { action, scope }| (action.to_string(), scope.to_string()));
    let errors: &[ValidationError] = validation_errors;
    PlanResourcesResponse {
        resource_kind: resource.kind.to_string(),
        policy_version: resource.policy_version.to_string(),
        filter: Some(filter_to_wire(filter)),
        meta: Some(Meta {
            filter_debug: output.filter_debug(),
            matched_scope: String::new(),
            matched_scopes: matched_scopes.collect(),
        }),
        validation_errors: errors.iter().map(validation_error_to_wire).collect(),
        ..PlanResourcesResponse::default()
    }
}

#[must_use]
pub fn filter_to_wire(filter: &Filter) -> PlanResourcesFilter {
    let (kind, condition) = match filter {
        Filter::AlwaysAllowed => (Kind::AlwaysAllowed, None),
        Filter::AlwaysDenied => (Kind::AlwaysDenied, None),
        Filter::Conditional(operand) => (Kind::Conditional, Some(operand_to_wire(operand))),
    };
    PlanResourcesFilter { kind: kind.into(), condition }
}

/// Filters are about as deep as expressions and conditions together, which are bounded.
fn operand_to_wire(operand: &Operand) -> expression::Operand {
    let node = match operand.within() {
        Operand::Value(value) => expression::operand::Node::Value(value_to_wire(&value.to_value())),
        Operand::Variable(name) => expression::operand::Node::Variable(name.to_string()),
        Operand::Expression { operator, operands } => {
            let operands = operands.iter().map(operand_to_wire).collect();
            let expression = Expression { operator: operator.to_string(), operands };
            expression::operand::Node::Expression(expression)
        }
        Operand::Whole { operand, .. } => return operand_to_wire(operand),
    };
    expression::Operand { node: Some(node) }
}

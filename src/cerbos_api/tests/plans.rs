//! Plans on the wire: what is asked comes back as it was, what is answered has Cerbos's form.

use prost_types::value::Kind as Json;

use crate::cerbos_api::convert::{
    Unusable, filter_to_wire, plan_answer_to_wire, planned_from_wire, planned_to_wire,
};
use crate::cerbos_api::proto::cerbos::engine::v1::plan_resources_filter::{
    Kind, expression::operand::Node,
};
use crate::engine::{
    cel::{Constant, Operand, Whole},
    model::{ValidationError, ValidationSource, Value},
    plan::{Filter, MatchedScope, PlanOutput, PlannedResource},
};

fn resource() -> PlannedResource {
    PlannedResource {
        kind: "invoice".parse().unwrap(),
        policy_version: "v2".parse().unwrap(),
        scope: "acme.hr".parse().unwrap(),
        attr: [("amount", Value::Number(12.5))].into_iter().collect(),
    }
}

/// `R.attr.amount < 100`, as a condition.
fn condition() -> Operand {
    let operands = [
        Operand::Variable("request.resource.attr.amount".into()),
        Operand::Value(Constant::Int(100)),
    ];
    Operand::Expression { operator: "lt".into(), operands: Box::new(operands) }
        .into_whole(Whole::Condition)
}

#[test]
fn what_is_asked_comes_back_as_it_was() {
    assert_eq!(planned_from_wire(planned_to_wire(&resource())).unwrap(), resource());
    let mut wire = planned_to_wire(&resource());
    wire.scope = "..".to_owned();
    assert!(matches!(planned_from_wire(wire), Err(Unusable::Name { .. })));
}

#[test]
fn an_answer_has_the_form_of_cerbos() {
    let output = PlanOutput {
        filter: Filter::Conditional(condition()),
        has_match: true,
        matched_scopes: vec![MatchedScope {
            action: "view".parse().unwrap(),
            scope: "acme".into(),
        }],
        validation_errors: vec![ValidationError {
            path: "/x".to_owned(),
            message: "expected string, but got number".to_owned(),
            source: ValidationSource::Resource,
        }],
        exhausted: false,
    };
    let wire = plan_answer_to_wire(&resource(), &output);
    assert_eq!((&*wire.resource_kind, &*wire.policy_version), ("invoice", "v2"));
    assert_eq!(wire.validation_errors.len(), 1);
    let meta = wire.meta.unwrap();
    assert_eq!(meta.filter_debug, "(lt request.resource.attr.amount 100)");
    assert_eq!(meta.matched_scopes["view"], "acme");
    let filter = wire.filter.unwrap();
    assert_eq!(filter.kind(), Kind::Conditional);
    // Of a condition there is only what is within.
    let Some(Node::Expression(expression)) = filter.condition.unwrap().node else {
        panic!("an expression")
    };
    assert_eq!(expression.operator, "lt");
    let operands: Vec<Node> = expression.operands.into_iter().map(|o| o.node.unwrap()).collect();
    let [Node::Variable(name), Node::Value(value)] = &operands[..] else { panic!("{operands:?}") };
    assert_eq!(name, "request.resource.attr.amount");
    assert_eq!(value.kind, Some(Json::NumberValue(100.0)));
}

#[test]
fn a_filter_that_is_decided_has_no_condition() {
    for (filter, kind) in
        [(Filter::AlwaysAllowed, Kind::AlwaysAllowed), (Filter::AlwaysDenied, Kind::AlwaysDenied)]
    {
        let wire = filter_to_wire(&filter);
        assert_eq!((wire.kind(), wire.condition), (kind, None));
    }
}

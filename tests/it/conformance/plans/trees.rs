//! Are filters those of Cerbos, wherever those say what its checks say?
//!
//! Two filters that differ are held against checks: if Cerbos's says something else of some resource,
//! the difference is one of those that `docs/compatibility.md` tells of. What is left must not be.

use fastrand::Rng;
use jiff::Timestamp;
use portcullis::{
    cerbos_api::proto::cerbos::engine::v1::{
        PlanResourcesFilter,
        plan_resources_filter::{Expression, Kind, expression},
    },
    engine::{
        cel::{Constant, Operand},
        model::{Map, Resource, SchemaEnforcement, Value},
        plan::{Filter, PlanInput, PlannedResource},
    },
};
use prost_types::value;

use super::{World, planned, some, with};
use crate::conformance::{
    most, number, ours, pdp::Pdp, policy, questions, random::Dice, scene::Question, scene::Scene,
    seed,
};

/// Questions about one directory.
const QUESTIONS: usize = 150;
/// Resources that two filters are held against.
const RESOURCES: usize = 60;

/// Patterns of random expressions that are none.
const INVALID: [&str; 3] = ["\"a{1001}\"", "\"[a-\"", "\"/a/[\""];

#[derive(Debug, Default)]
pub(in crate::conformance) struct Tally {
    plans: usize,
    conditional: usize,
    pub equal: usize,
    /// The PDP failed.
    failed: usize,
    /// Cerbos takes every attribute for present.
    has: usize,
    /// Cerbos has what denies to one role deny to all.
    roles: usize,
    /// A pattern that is none always fails, which we know before.
    invalid: usize,
    /// Cerbos confuses constants in the conditions of derived roles.
    runtime: usize,
    /// Cerbos loses the last argument of a macro, and folds what is optional.
    lost: usize,
    /// In strict evaluation, failures that a check does not come to deny in Cerbos, and others do not.
    strict: usize,
    /// Cerbos's filter is not what its check says.
    theirs: usize,
}

#[derive(Debug)]
struct Difference {
    scene: Scene,
    question: Question,
    known: Map,
    ours: String,
    theirs: String,
}

#[test]
fn filters_are_those_of_cerbos() {
    let seed = seed();
    let count = number("CONFORMANCE_PLANS", 1_000).try_into().unwrap();
    let (tally, found) = run(&mut Rng::with_seed(seed), count);
    println!("SEED={seed}: {tally:?}");
    for Difference { scene, question, known, ours, theirs } in &found {
        scene.files.iter().for_each(|(path, policy)| println!("{path}: {policy}"));
        println!("{:?}", scene.settings);
        println!("{}\nknown {}", question.to_json(), known.to_json());
        println!("ours   {ours}\ntheirs {theirs}\n");
    }
    assert!(found.is_empty(), "SEED={seed}: {} plans differ", found.len());
}

fn run(dice: &mut Rng, count: usize) -> (Tally, Vec<Difference>) {
    let (mut tally, mut found) = (Tally::default(), Vec::new());
    while tally.plans < count && found.len() < most() {
        let mut scene = policy::directory(dice, 1, QUESTIONS);
        // What they deny says nothing of rules.
        scene.settings.schema_enforcement = SchemaEnforcement::None;
        if let (Ok(policies), Ok(pdp)) = (ours::compile(&scene), Pdp::start(&scene)) {
            let asked: Vec<(Question, PlannedResource)> =
                scene.questions.iter().map(|question| ask(dice, question)).collect();
            let answers = pdp.plan(&asked);
            for ((question, known), theirs) in asked.into_iter().zip(answers) {
                let aux_data = question.aux_data();
                #[expect(clippy::disallowed_methods, reason = "the PDP reads its clock")]
                let now = Timestamp::now();
                let principal = &question.principal;
                let world = World { policies: &policies, principal, aux_data: &aux_data, now };
                let Some((ours, theirs)) =
                    compare(dice, (&scene, &world), (&question, &known), theirs.ok(), &mut tally)
                else {
                    continue;
                };
                let (scene, known) = (scene.clone(), known.attr);
                found.push(Difference { scene, question, known, ours, theirs });
            }
        }
    }
    (tally, found)
}

pub(in crate::conformance) fn ask(
    dice: &mut Rng,
    question: &Question,
) -> (Question, PlannedResource) {
    let mut question = question.clone();
    let count = *dice.pick(&[1, 1, 1, 2, 3]);
    question.actions.truncate(count);
    let percent = *dice.pick(&[0, 0, 20, 60]);
    let known = some(dice, &question.resource.attr, percent);
    let known = planned(&question.resource, known);
    (question, known)
}

/// Both filters, if they differ for no reason.
pub(in crate::conformance) fn compare(
    dice: &mut Rng,
    (scene, world): (&Scene, &World<'_>),
    (question, known): (&Question, &PlannedResource),
    theirs: Option<PlanResourcesFilter>,
    tally: &mut Tally,
) -> Option<(String, String)> {
    let output = world.policies.plan(&PlanInput {
        principal: world.principal,
        resource: known,
        actions: &question.actions,
        aux_data: world.aux_data,
        now: world.now,
    });
    tally.plans += 1;
    tally.conditional += usize::from(matches!(output.filter, Filter::Conditional(_)));
    let Some(theirs) = theirs else {
        tally.failed += 1;
        return None;
    };
    let theirs = filter(theirs);
    if normal(&output.filter) == normal(&theirs) {
        tally.equal += 1;
        return None;
    }
    for _ in 0..RESOURCES {
        let owner = Value::from(&*world.principal.id);
        let unusual =
            [("missing", dice.bool().into()), ("nul", dice.bool().into()), ("owner", owner)];
        let mut attributes = questions::attributes(dice);
        if dice.percent(50) {
            attributes = with(&attributes, &unusual.into_iter().collect());
        }
        let resource = Resource {
            id: (*dice.pick(&["1", "2", "alice"])).into(),
            attr: with(&attributes, &known.attr),
            ..question.resource.clone()
        };
        let allowed = world.allows(&resource, &question.actions);
        if says(world, &theirs, &resource).is_some_and(|says| says != allowed) {
            tally.theirs += 1;
            return None;
        }
    }
    let ours = output.filter.to_string();
    let texts = [&*ours, &*theirs.to_string()];
    let both = texts.join(" ");
    let excuse = if ours.contains("(has ") {
        &mut tally.has
    } else if question.principal.roles.len() > 1
        && (both.contains("(not ") || theirs == Filter::AlwaysDenied)
    {
        &mut tally.roles
    } else if INVALID.iter().any(|pattern| both.contains(pattern)) {
        &mut tally.invalid
    } else if both.contains("(if ") {
        &mut tally.runtime
    } else if both.contains("(transform") || both.contains("(optional ") {
        &mut tally.lost
    } else if scene.settings.strict_evaluation {
        &mut tally.strict
    } else {
        return Some((ours, theirs.to_string()));
    };
    *excuse += 1;
    None
}

/// What a filter of Cerbos says of a resource. `None`: it fails, and what that means is not clear.
fn says(world: &World<'_>, filter: &Filter, resource: &Resource) -> Option<bool> {
    let Filter::Conditional(operand) = filter else {
        return Some(*filter == Filter::AlwaysAllowed);
    };
    let operands = Box::new([operand.clone()]);
    let opposite = Operand::Expression { operator: "not".into(), operands };
    let says = world.admits(filter, resource);
    (says || world.admits(&Filter::Conditional(opposite), resource)).then_some(says)
}

pub(in crate::conformance) fn filter(filter: PlanResourcesFilter) -> Filter {
    match (Kind::try_from(filter.kind), filter.condition) {
        (Ok(Kind::AlwaysAllowed), None) => Filter::AlwaysAllowed,
        (Ok(Kind::Conditional), Some(condition)) => Filter::Conditional(operand(condition)),
        _ => Filter::AlwaysDenied,
    }
}

fn operand(operand: expression::Operand) -> Operand {
    match operand.node.unwrap() {
        expression::operand::Node::Value(value) => Operand::Value(constant(value)),
        expression::operand::Node::Variable(name) => Operand::Variable(name.into()),
        expression::operand::Node::Expression(Expression { operator, operands }) => {
            let operands = operands.into_iter().map(self::operand).collect();
            Operand::Expression { operator: operator.into(), operands }
        }
    }
}

fn constant(value: prost_types::Value) -> Constant {
    match value.kind.unwrap() {
        value::Kind::NullValue(_) => Constant::Null,
        value::Kind::NumberValue(number) => Constant::Double(number),
        value::Kind::StringValue(text) => Constant::String(text.into()),
        value::Kind::BoolValue(value) => Constant::Bool(value),
        value::Kind::ListValue(list) => {
            Constant::List(list.values.into_iter().map(constant).collect())
        }
        value::Kind::StructValue(_) => panic!("maps are expressions"),
    }
}

/// The filter as text, without what depends on chance in Cerbos, or on whether several actions are
/// asked for: the order of the fields of a map, and of operands, and how often one of these is there.
pub(in crate::conformance) fn normal(filter: &Filter) -> String {
    match filter {
        Filter::Conditional(operand) => text(operand),
        other => other.to_string(),
    }
}

fn text(operand: &Operand) -> String {
    let Operand::Expression { operator, operands } = operand.within() else {
        return operand.to_string();
    };
    let mut texts: Vec<String> = match &**operator {
        "and" | "or" => {
            let mut parts = Vec::new();
            flatten(operator, operand, &mut parts);
            parts
        }
        _ => operands.iter().map(text).collect(),
    };
    if matches!(&**operator, "and" | "or" | "struct") {
        texts.sort();
        texts.dedup();
    }
    match &*texts {
        [only] if matches!(&**operator, "and" | "or") => only.clone(),
        // Whether Cerbos cancels this depends on what it has left out by then.
        [only] if **operator == *"not" => match only.strip_prefix("(not ") {
            Some(inner) => inner.strip_suffix(')').unwrap_or(inner).to_owned(),
            None => format!("(not {only})"),
        },
        texts => format!("({operator} {})", texts.join(" ")),
    }
}

/// What is alternative to each other, or holds together.
fn flatten(operator: &str, operand: &Operand, parts: &mut Vec<String>) {
    match operand.within() {
        Operand::Expression { operator: same, operands } if **same == *operator => {
            operands.iter().for_each(|operand| flatten(operator, operand, parts));
        }
        other => parts.push(text(other)),
    }
}

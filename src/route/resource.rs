//! How a route makes a resource, compiled: every name that can be checked at load was checked.

use std::collections::BTreeSet;

use super::{
    AttributeSource, Input, ResourceSpec, RouteProblem, ValueType,
    template::{Position, Template},
    text::{Name, Text},
};
use crate::engine::model::{PolicyVersion, ResourceKind, Scope, Value};

#[derive(Clone, Debug)]
pub(super) struct ResourcePlan {
    pub(super) kind: Name<ResourceKind>,
    pub(super) id: Text,
    pub(super) scope: Name<Scope>,
    /// Parameters of a composed scope. A dot in one would move the scope to another level.
    pub(super) scope_words: Box<[Position]>,
    pub(super) policy_version: Name<PolicyVersion>,
    pub(super) attr: Box<[Attribute]>,
    pub(super) now_attributes: Box<[Box<str>]>,
    reads: BTreeSet<Input>,
}

#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: Box<str>,
    /// As written, for those who ask what a route reads.
    written: AttributeSource,
    pub(super) source: Source,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Constant(Value),
    Text(Text),
    Input { input: Input, value_type: ValueType, required: bool },
}

// === impl ResourcePlan ===

impl ResourcePlan {
    pub(super) fn compile(
        spec: ResourceSpec,
        template: &Template,
    ) -> Result<Self, Vec<RouteProblem>> {
        let ResourceSpec { kind, id, scope, policy_version, attr } = spec;
        let mut problems = Vec::new();
        let mut text = |written| keep(Text::compile(written, template), &mut problems);
        let (kind, id) = (text(&kind), text(&id));
        let (scope, policy_version) = (text(&scope), text(&policy_version));
        let scope_words = match &scope {
            Some(scope) if scope.is_composed() => scope.positions().collect(),
            Some(_) | None => Box::default(),
        };
        let mut reads: BTreeSet<Input> = [&kind, &id, &scope, &policy_version]
            .into_iter()
            .flatten()
            .flat_map(Text::positions)
            .filter_map(|position| template.parameter(position))
            .collect();
        if id.as_ref().and_then(Text::fixed).is_some_and(str::is_empty) {
            problems.push(RouteProblem::NoId);
        }
        let kind = kind.and_then(|text| keep(Name::compile(text, "kind"), &mut problems));
        let scope = scope.and_then(|text| keep(Name::compile(text, "scope"), &mut problems));
        let policy_version = policy_version
            .and_then(|text| keep(Name::compile(text, "policy version"), &mut problems));
        let mut attributes = Vec::with_capacity(attr.len());
        for (name, written) in attr {
            attributes.extend(keep(Attribute::compile(name, written, template), &mut problems));
        }
        for attribute in &attributes {
            reads.extend(attribute.reads(template));
        }
        match (kind, id, scope, policy_version) {
            (Some(kind), Some(id), Some(scope), Some(policy_version)) if problems.is_empty() => {
                let times = attributes.iter().filter(|attribute| attribute.is_time());
                let now_attributes = times.map(|attribute| attribute.name.clone()).collect();
                let attr = attributes.into();
                Ok(Self {
                    kind,
                    id,
                    scope,
                    scope_words,
                    policy_version,
                    attr,
                    now_attributes,
                    reads,
                })
            }
            _ => Err(problems),
        }
    }

    pub(super) fn fixed_kind(&self) -> Option<&ResourceKind> {
        match &self.kind {
            Name::Fixed(kind) => Some(kind),
            Name::Made(_) => None,
        }
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeSource)> {
        self.attr.iter().map(|attribute| (&*attribute.name, &attribute.written))
    }

    pub(super) fn reads(&self) -> impl Iterator<Item = &Input> {
        self.reads.iter()
    }
}

fn keep<T>(result: Result<T, RouteProblem>, problems: &mut Vec<RouteProblem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

// === impl Attribute ===

impl Attribute {
    fn compile(
        name: Box<str>,
        written: AttributeSource,
        template: &Template,
    ) -> Result<Self, RouteProblem> {
        let source = match &written {
            AttributeSource::Constant(value) => Source::Constant(value.clone()),
            AttributeSource::Template(text) => Source::Text(Text::compile(text, template)?),
            AttributeSource::Input { input, value_type, required } => {
                let (value_type, required) = (*value_type, *required);
                check_input(&name, input, value_type)?;
                if let Input::PathParameter(parameter) = input
                    && template.position(parameter).is_none()
                {
                    let parameter = parameter.clone();
                    return Err(RouteProblem::NoSuchParameter { attribute: name, name: parameter });
                }
                Source::Input { input: input.clone(), value_type, required }
            }
        };
        Ok(Self { name, written, source })
    }

    fn is_time(&self) -> bool {
        matches!(&self.source, Source::Input { input: Input::Time, .. })
    }

    fn reads(&self, template: &Template) -> Vec<Input> {
        match &self.source {
            Source::Constant(_) => Vec::new(),
            Source::Text(text) => {
                text.positions().filter_map(|position| template.parameter(position)).collect()
            }
            Source::Input { input, .. } => vec![input.clone()],
        }
    }
}

/// What an input can be, and what may not be read at all.
fn check_input(name: &str, input: &Input, value_type: ValueType) -> Result<(), RouteProblem> {
    let forbidden =
        |why| Err(RouteProblem::Forbidden { attribute: name.into(), input: input.clone(), why });
    let is = match (input, value_type) {
        (Input::Header(header), _) if header.starts_with(':') => {
            return forbidden("which is no header; read the path by its parameters");
        }
        (Input::Header(header), _) => match &**header {
            "authorization" => {
                return forbidden("which is a secret; read `claim` instead");
            }
            "x-forwarded-for" => {
                return forbidden("in which a client writes what it likes; read `peer: address`");
            }
            "x-envoy-original-path" => {
                return forbidden("which a client can set; read the path by its parameters");
            }
            _ if value_type == ValueType::Any => "text; use another type",
            _ => return Ok(()),
        },
        (Input::Claim(_) | Input::BodyField(_) | Input::RouteMetadata(_), _)
        | (Input::ContextExtension(_), ValueType::Strings)
        | (_, ValueType::String) => return Ok(()),
        (Input::PathParameter(_) | Input::Query(_) | Input::ContextExtension(_), value_type) => {
            match value_type {
                ValueType::Number | ValueType::Bool | ValueType::String => return Ok(()),
                ValueType::Strings | ValueType::Any => "one text; use `string`, `number` or `bool`",
            }
        }
        (Input::PeerAddress | Input::PeerCertificate(_) | Input::Time, _) => "text; use `string`",
    };
    Err(RouteProblem::Type { attribute: name.into(), input: input.clone(), value_type, is })
}

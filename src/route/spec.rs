//! A route as meant: what `config` makes of one entry of `routes:`, and `RouteTable` is built from.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::{Input, ValueType};
use crate::engine::model::{Action, Value};
use crate::identity::{Demands, TokenSource};

/// One entry of the route table.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteSpec {
    /// `file:line:column`, for messages.
    pub place: String,
    /// Empty: any host.
    pub hosts: Vec<String>,
    /// Such as `/v1/orgs/{org}/invoices/{invoice}` or `/files/{*rest}`.
    pub path: String,
    /// Methods that need no token.
    pub public: BTreeSet<Method>,
    /// What the other methods are about; without it they are refused.
    pub resource: Option<ResourceSpec>,
    /// Actions by method. A method that is not here takes its default verb.
    pub actions: BTreeMap<Method, Action>,
    /// What the token must be for any method that needs one.
    pub demands: Demands,
    /// What it must be beyond that, by method.
    pub demands_by_method: BTreeMap<Method, Demands>,
    /// Where the token is.
    pub token: TokenSource,
}

/// How a route makes the resource of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceSpec {
    /// Kind, id and the two below may name path parameters: `"{invoice}"`.
    pub kind: TextTemplate,
    pub id: TextTemplate,
    /// Empty: the engine's default scope.
    pub scope: TextTemplate,
    /// Empty: the engine's default version.
    pub policy_version: TextTemplate,
    pub attr: BTreeMap<Box<str>, AttributeSource>,
}

/// Text with path parameters in braces, such as `{org}/{invoice}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTemplate(pub String);

/// Where an attribute of the resource comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeSource {
    /// The same for every request.
    Constant(Value),
    /// A string with path parameters in it.
    Template(TextTemplate),
    Input {
        input: Input,
        value_type: ValueType,
        /// A required attribute that is absent refuses the request; an optional one is left out.
        required: bool,
    },
}

//! Every function of the environment: its declaration, and the Rust that answers it.
//!
//! A family is a file and a table of `("name: receiver.(type, ..) -> type", function)`. The checker
//! reads the declarations; the evaluator also does, to choose the overload that fits the values.

mod addresses;
mod conversions;
mod encoders;
mod format;
mod hierarchy;
mod lists;
mod math;
mod network;
mod numbers;
mod operators;
mod optionals;
mod paths;
mod quoted;
mod regexes;
mod sets;
pub(super) mod spiffe;
mod strings;
mod times;

use std::{collections::HashMap, net::IpAddr, sync::LazyLock};

pub(in crate::engine) use self::quoted::Quoted;
pub(super) use self::{
    format::check as check_format, format::describe, lists::sort_values, network::parse_cidr,
    network::parse_ip,
};
use super::{
    convert,
    eval::{Evaluated, Fault, Run},
    regex::Pattern,
    signature::{Signature, Style},
    time::Moment,
    types::Type,
    value::{Cidr, List, Object, V},
};

/// A call at work.
pub(super) struct Call<'c, 'a> {
    pub run: &'c Run<'a>,
    /// The overload to ask, if it is the only one.
    pub only: Option<&'static Overload>,
    pub args: &'c [V<'a>],
    pub pattern: Option<&'a Pattern>,
}

type Body = for<'c, 'a> fn(&Call<'c, 'a>) -> Evaluated<'a>;

/// Declarations with their functions, and what they say of arguments that fit none of them.
struct Family {
    mismatch: Mismatch,
    functions: &'static [(&'static str, Body)],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// `no such overload`
    Plain,
    /// `no such overload: name(type, type)`
    Named,
    /// `no such overload`, and `no such overload: name` where the receiver has no methods at all.
    Receiver,
    /// One function answers all overloads, and looks at the types itself.
    Own,
}

#[derive(Debug)]
pub(super) struct Overload {
    pub signature: Signature,
    body: Body,
}

/// The overloads of one name, style and number of arguments.
#[derive(Debug)]
pub(super) struct Group {
    pub name: &'static str,
    pub style: Style,
    mismatch: Mismatch,
    pub overloads: Vec<Overload>,
}

type Key = (&'static str, Style, usize);

static REGISTRY: LazyLock<HashMap<&'static str, Vec<Group>>> = LazyLock::new(|| {
    let mut groups: HashMap<Key, Group> = HashMap::new();
    let families = [
        conversions::FAMILY,
        encoders::FAMILY,
        format::FAMILY,
        hierarchy::CONSTRUCTORS,
        hierarchy::FAMILY,
        lists::FAMILY,
        lists::OWN,
        math::FAMILY,
        network::FAMILY,
        operators::FAMILY,
        optionals::FAMILY,
        paths::FAMILY,
        regexes::FAMILY,
        sets::FAMILY,
        spiffe::CONSTRUCTORS,
        spiffe::FAMILY,
        spiffe::OWN,
        strings::FAMILY,
        strings::OWN,
        strings::PLAIN,
        times::CLOCK,
        times::FAMILY,
    ];
    for family in families {
        for (text, body) in family.functions {
            let Some(signature) = Signature::parse(text) else { continue };
            let key = (signature.name, signature.style, signature.parameters.len());
            let group = groups.entry(key).or_insert_with(|| Group {
                name: signature.name,
                style: signature.style,
                mismatch: family.mismatch,
                overloads: Vec::new(),
            });
            group.overloads.push(Overload { signature, body: *body });
        }
    }
    let mut registry: HashMap<&'static str, Vec<Group>> = HashMap::new();
    for group in groups.into_values() {
        registry.entry(group.name).or_default().push(group);
    }
    registry
});

/// All groups of a name; none where no function has it.
pub(super) fn find(name: &str) -> Option<&'static [Group]> {
    REGISTRY.get(name).map(Vec::as_slice)
}

/// The group that a call in this style with this many arguments (and receiver) belongs to.
pub(super) fn find_group(name: &str, style: Style, arguments: usize) -> Option<&'static Group> {
    find(name)?.iter().find(|group| {
        let arity = group.overloads.first().map(|overload| overload.signature.parameters.len());
        group.style == style && arity == Some(arguments)
    })
}

// === impl Group ===

impl Group {
    /// Whether the answer depends on nothing but the arguments.
    pub(super) fn is_pure(&self) -> bool {
        !self.reads_clock()
    }

    pub(super) fn reads_clock(&self) -> bool {
        matches!(self.name, "now" | "timeSince")
    }

    /// Cerbos's own functions in their global form take an argument that fails for one of the
    /// wrong type.
    pub(super) fn hides_failures(&self) -> bool {
        self.style == Style::Global
            && matches!(
                self.name,
                "except"
                    | "intersect"
                    | "hasIntersection"
                    | "has_intersection"
                    | "isSubset"
                    | "is_subset"
            )
    }

    pub(super) fn call<'a>(&self, call: &Call<'_, 'a>) -> Evaluated<'a> {
        let fitting = match call.only {
            _ if self.mismatch == Mismatch::Own => self.overloads.first(),
            Some(only) => Some(only).filter(|overload| overload.accepts(call.args)),
            None => self.overloads.iter().find(|overload| overload.accepts(call.args)),
        };
        let answer = match fitting {
            Some(overload) => (overload.body)(call),
            None => Err(Fault::NoOverload),
        };
        match answer {
            Err(Fault::NoOverload) if self.mismatch == Mismatch::Named => {
                let types: Vec<&str> = call.args.iter().map(|arg| arg.type_name()).collect();
                let types = types.join(", ");
                Err(call.run.fail(format_args!("no such overload: {}({types})", self.name)))
            }
            Err(Fault::NoOverload)
                if self.mismatch == Mismatch::Receiver
                    && !call.args.first().is_some_and(|receiver| has_methods(*receiver)) =>
            {
                Err(call.run.fail(format_args!("no such overload: {}", self.name)))
            }
            answer => answer,
        }
    }
}

// === impl Overload ===

impl Overload {
    fn accepts(&self, args: &[V<'_>]) -> bool {
        let mut parameters = self.signature.parameters.iter().zip(args);
        parameters.all(|(parameter, arg)| accepts(parameter, *arg))
    }
}

/// In cel-go only some types can be asked for methods that they do not have.
fn has_methods(value: V<'_>) -> bool {
    matches!(value, V::String(_) | V::Object(_) | V::Timestamp(_) | V::Duration(_))
}

/// Whether a value may be an argument of this type. Of a list or map only the first element is
/// looked at, as in cel-go.
fn accepts(parameter: &Type, value: V<'_>) -> bool {
    match parameter {
        Type::Dyn | Type::Error | Type::Variable(_) => true,
        Type::Null => matches!(value, V::Null),
        Type::Bool => matches!(value, V::Bool(_)),
        Type::Int => matches!(value, V::Int(_)),
        Type::Uint => matches!(value, V::Uint(_)),
        Type::Double => matches!(value, V::Double(_)),
        Type::String => matches!(value, V::String(_)),
        Type::Bytes => matches!(value, V::Bytes(_)),
        Type::Timestamp => matches!(value, V::Timestamp(_)),
        Type::Duration => matches!(value, V::Duration(_)),
        Type::List(element) => {
            value.list().is_some_and(|list| list.get(0).is_none_or(|first| accepts(element, first)))
        }
        Type::Map(_) => value.entries().is_some(),
        Type::Optional(_) => matches!(value, V::Optional(_)),
        Type::Meta(_) => matches!(value, V::Type(_)),
        Type::Opaque(name) | Type::Message(name) => value.type_name() == *name,
    }
}

// === impl Call ===

/// The argument at an index, in the type that the chosen overload has there.
macro_rules! argument {
    ($name:ident, $result:ty, $pattern:pat => $value:expr) => {
        fn $name(&self, index: usize) -> Result<$result, Fault<'a>> {
            match self.arg(index)? {
                $pattern => Ok($value),
                _ => Err(Fault::NoOverload),
            }
        }
    };
}

impl<'a> Call<'_, 'a> {
    fn arg(&self, index: usize) -> Evaluated<'a> {
        self.args.get(index).copied().ok_or(Fault::NoOverload)
    }

    argument!(string, &'a str, V::String(text) => text);
    argument!(int, i64, V::Int(value) => value);
    argument!(double, f64, V::Double(value) => value);
    argument!(duration, i64, V::Duration(nanoseconds) => nanoseconds);
    argument!(timestamp, Moment, V::Timestamp(moment) => moment);
    argument!(optional, Option<&'a V<'a>>, V::Optional(value) => value);
    argument!(ip, &'a IpAddr, V::Ip(address) => address);
    argument!(cidr, &'a Cidr, V::Cidr(cidr) => cidr);
    argument!(object, &'a Object<'a>, V::Object(object) => object);

    fn list(&self, index: usize) -> Result<List<'a>, Fault<'a>> {
        self.arg(index)?.list().ok_or(Fault::NoOverload)
    }

    /// A list of texts, or of what Cerbos takes for texts where it turns a whole list into Go's
    /// strings.
    fn texts(&self, index: usize) -> Result<Vec<&'a str>, Fault<'a>> {
        let mut texts = Vec::new();
        for item in self.list(index)?.iter() {
            self.run.charge(1)?;
            let text = convert::to_text(self.run, item).map_err(|why| {
                let why = why.text();
                self.run.fail(format_args!("failed to convert list to string slice: {why}"))
            })?;
            texts.push(text);
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_can_be_read() {
        for family in [operators::FAMILY, strings::FAMILY, lists::FAMILY, math::FAMILY] {
            for (text, _) in family.functions {
                assert!(Signature::parse(text).is_some(), "{text}");
            }
        }
    }
}

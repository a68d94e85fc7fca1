//! Which evaluations are one check: those of one subject with one auxiliary data, and within them those
//! of one resource.

use std::collections::{BTreeMap, HashMap};

use prost::Message;
use prost_types::Value;

use crate::cerbos_api::proto::{
    authzen::authorization::v1::{AccessEvaluationBatchRequest, Action, Resource, Subject},
    cerbos::request::v1::AuxData,
};
use crate::pdp::Fault;

type Context = BTreeMap<String, Value>;

/// All evaluations of a call.
pub(super) struct Groups<'r> {
    pub(super) groups: Vec<Group<'r>>,
    /// These each once, whoever has them.
    pub(super) resources: Vec<&'r Resource>,
    pub(super) actions: Vec<&'r Action>,
    pub(super) aux_data: Vec<AuxData>,
    /// Where each evaluation's answer is.
    pub(super) places: Vec<Place>,
}

pub(super) struct Group<'r> {
    pub(super) subject: &'r Subject,
    /// Its index, like those of a member.
    pub(super) aux_data: usize,
    /// Of its first evaluation.
    pub(super) context: &'r Context,
    pub(super) members: Vec<Member>,
}

/// A resource and what is to be done to it.
pub(super) struct Member {
    pub(super) resource: usize,
    pub(super) actions: Vec<usize>,
}

pub(super) struct Place {
    pub(super) group: usize,
    pub(super) member: usize,
    pub(super) action: usize,
}

/// Equal values have one number. Those that an evaluation takes from the request are written down once,
/// however many take them.
struct Numbers<'r, T> {
    default: Option<usize>,
    by_bytes: HashMap<Vec<u8>, usize>,
    values: Vec<&'r T>,
}

// === impl Groups ===

impl<'r> Groups<'r> {
    /// # Errors
    /// Those of `read`.
    pub(super) fn of(
        request: &'r AccessEvaluationBatchRequest,
        read: impl Fn(&Context) -> Result<AuxData, Fault>,
    ) -> Result<Self, Fault> {
        let mut subjects = Numbers::new(request.subject.as_ref());
        let mut resources = Numbers::new(request.resource.as_ref());
        let mut actions = Numbers::new(request.action.as_ref());
        // Read also where every evaluation has a context of its own.
        let mut aux_data = vec![read(&request.context)?];
        let mut numbers_of_aux_data: HashMap<_, _> =
            aux_data.iter().map(|default| (default.encode_to_vec(), 0)).collect();
        let mut groups: Vec<Group<'r>> = Vec::new();
        let (mut numbers_of_groups, mut numbers_of_members) = (HashMap::new(), HashMap::new());
        let mut places = Vec::with_capacity(request.evaluations.len());
        for evaluation in &request.evaluations {
            let (subject, who) = subjects.number(evaluation.subject.as_ref())?;
            let (resource, _) = resources.number(evaluation.resource.as_ref())?;
            let (action, _) = actions.number(evaluation.action.as_ref())?;
            let mut context = &request.context;
            let mut its_aux_data = 0;
            if !evaluation.context.is_empty() {
                context = &evaluation.context;
                let own = read(context)?;
                its_aux_data =
                    *numbers_of_aux_data.entry(own.encode_to_vec()).or_insert_with(|| {
                        aux_data.push(own);
                        aux_data.len() - 1
                    });
            }
            let group = *numbers_of_groups.entry((subject, its_aux_data)).or_insert_with(|| {
                let members = Vec::new();
                groups.push(Group { subject: who, aux_data: its_aux_data, context, members });
                groups.len() - 1
            });
            let Some(its) = groups.get_mut(group).map(|group| &mut group.members) else { continue };
            let member = *numbers_of_members.entry((group, resource)).or_insert_with(|| {
                its.push(Member { resource, actions: Vec::new() });
                its.len() - 1
            });
            let Some(its) = its.get_mut(member) else { continue };
            places.push(Place { group, member, action: its.actions.len() });
            its.actions.push(action);
        }
        let (resources, actions) = (resources.values, actions.values);
        Ok(Self { groups, resources, actions, aux_data, places })
    }
}

// === impl Numbers ===

impl<'r, T: Message> Numbers<'r, T> {
    fn new(default: Option<&'r T>) -> Self {
        let mut numbers = Self { default: None, by_bytes: HashMap::new(), values: Vec::new() };
        numbers.default = default.map(|value| numbers.add(value));
        numbers
    }

    /// Of a value, or of the one that stands for those that are left out.
    fn number(&mut self, value: Option<&'r T>) -> Result<(usize, &'r T), Fault> {
        let number = value.map(|value| self.add(value)).or(self.default);
        // A request that was validated leaves none out for which nothing stands.
        let number = number.ok_or_else(Fault::internal)?;
        Ok((number, *self.values.get(number).ok_or_else(Fault::internal)?))
    }

    fn add(&mut self, value: &'r T) -> usize {
        *self.by_bytes.entry(value.encode_to_vec()).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

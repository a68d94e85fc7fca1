//! Our engine, given the same scene.

use jiff::Timestamp;
use portcullis::engine::{
    self, PolicyErrors, PolicySet, Strictness,
    model::{CheckInput, CheckOutput},
};

use super::scene::{Question, Scene};

pub(super) fn compile(scene: &Scene) -> Result<PolicySet, PolicyErrors> {
    engine::compile(&scene.policy_files(), &scene.settings.options(), &scene.settings.globals())
}

pub(super) fn ask(policies: &PolicySet, question: &Question) -> CheckOutput {
    with_input(question, |input| policies.check(input))
}

/// The answer under another strictness than that of the settings.
pub(super) fn ask_with(
    policies: &PolicySet,
    question: &Question,
    strictness: Strictness,
) -> CheckOutput {
    with_input(question, |input| policies.check_with(input, strictness))
}

fn with_input(
    question: &Question,
    check: impl FnOnce(&CheckInput<'_>) -> CheckOutput,
) -> CheckOutput {
    let Question { principal, resource, actions, claims: _ } = question;
    let aux_data = question.aux_data();
    #[expect(clippy::disallowed_methods, reason = "the PDP reads its clock, and this is the same")]
    let now = Timestamp::now();
    check(&CheckInput {
        principal,
        resource,
        actions,
        aux_data: &aux_data,
        now,
        now_attributes: &[],
    })
}

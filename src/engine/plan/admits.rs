//! Whether a filter lets a resource through, which is then known.

use bumpalo::Bump;

use super::output::Filter;
use crate::engine::cel::{Budget, Failing, Frame, Horizon, holds};
use crate::engine::model::CheckInput;
use crate::engine::policy::PolicySet;

// === impl PolicySet ===

impl PolicySet {
    /// Whether a filter lets a resource through, for the principal that it was made for. The actions
    /// of `input` do not matter: the filter knows them.
    ///
    /// In strict evaluation nothing passes for which any condition fails, whether or not a check
    /// would have come to it.
    #[must_use]
    pub fn admits(&self, filter: &Filter, input: &CheckInput<'_>) -> bool {
        match filter {
            Filter::AlwaysAllowed => true,
            Filter::AlwaysDenied => false,
            Filter::Conditional(operand) => {
                let arena = Bump::new();
                let budget = Budget::new(&self.options.limits);
                let frame = Frame {
                    input,
                    variables: &[],
                    globals: &self.globals,
                    effective_derived_roles: &[],
                    arena: &arena,
                    budget: &budget,
                    horizon: &Horizon::default(),
                };
                let strict = self.options.strict_evaluation;
                let failing = if strict { Failing::Denies } else { Failing::Unmet };
                holds(operand, &frame, failing)
            }
        }
    }
}

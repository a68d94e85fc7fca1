//! A judge and the memory of what it said, as one: who judges also knows what an answer depends on,
//! and so by what key it may be found again.

use std::sync::Arc;

use jiff::Timestamp;

use super::{CacheKey, ChainKey, DecisionCache, Judge, JudgeFault, Rules, Verdict};
use crate::engine::model::{Action, CheckInput};
use crate::telemetry::CacheResult;

/// Judges questions about one action, each once for as long as its answer holds. A clone is another
/// handle.
#[derive(Clone, Debug)]
pub struct RememberingJudge {
    pub judge: Judge,
    pub cache: DecisionCache,
}

// === impl RememberingJudge ===

impl RememberingJudge {
    /// The verdict on the action of `input`, remembered or new, and what the cache did about it.
    ///
    /// `route`: the template of the matched route. `expires_at`: the end of the token, and so of
    /// every memory of it.
    ///
    /// # Errors
    /// [`JudgeFault`]; never for a denial.
    pub async fn check(
        &self,
        rules: &Rules,
        route: &str,
        input: &CheckInput<'_>,
        expires_at: Timestamp,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        let [action] = input.actions else { return Err(JudgeFault::NoAnswer) };
        let key = match self.judge {
            Judge::Embedded => self.key_of_reads(rules, route, input, action),
        };
        let judged = self.judge.check(rules, input);
        self.cache.get_or_judge(key, input.now, expires_at, judged).await
    }

    /// The embedded engine can tell what an answer depends on: what the policies read.
    fn key_of_reads(
        &self,
        rules: &Rules,
        route: &str,
        input: &CheckInput<'_>,
        action: &Action,
    ) -> CacheKey {
        let CheckInput { principal, resource, .. } = input;
        let chain = rules.policies.policy_chain(principal, resource, action);
        let chain = ChainKey::new(rules.generation, route, &chain);
        let reads = self.cache.reads(&chain, || rules.policies.reads(input));
        chain.with_values(&reads, input)
    }
}

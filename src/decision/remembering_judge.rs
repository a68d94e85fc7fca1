//! A judge and the memory of what it said, as one: who judges also knows what an answer depends on,
//! and so by what key it may be found again.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    CacheKey, ChainKey, DecisionCache, Generation, Judge, JudgeFault, Judged, Rules, Verdict,
};
use crate::engine::PolicySet;
use crate::engine::model::{Action, CheckInput, ClockUse};
use crate::identity::BearerToken;
use crate::remote_pdp::RemotePdp;
use crate::telemetry::CacheResult;

/// Judges questions about one action, each once for as long as its answer holds. A clone is another
/// handle.
#[derive(Clone, Debug)]
pub struct RememberingJudge {
    pub judge: Judge,
    /// `None`: each question is judged.
    pub cache: Option<DecisionCache>,
}

/// What a route asks for a caller.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// About one action.
    pub input: CheckInput<'q>,
    /// The template of the matched route.
    pub route: &'q str,
    /// What the caller sent, if it was a token.
    pub token: Option<&'q BearerToken>,
    /// The end of the token, and so of every memory of it.
    pub expires_at: Timestamp,
}

// === impl RememberingJudge ===

impl RememberingJudge {
    /// Returns once there is someone who judges.
    pub async fn serves(&self) {
        match &self.judge {
            Judge::Embedded => (),
            Judge::Remote(pdp) => pdp.serves().await,
        }
    }

    /// The verdict, remembered or new, and what the cache did about it.
    ///
    /// # Errors
    /// [`JudgeFault`]; never for a denial.
    pub async fn check(
        &self,
        rules: &Rules,
        question: &Question<'_>,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        match &self.judge {
            Judge::Embedded => {
                let policies = rules.policies.as_ref().ok_or(JudgeFault::NoPolicies)?;
                self.evaluate(policies, rules.generation, question).await
            }
            // Whoever does not ask another server need not carry the space for it.
            Judge::Remote(pdp) => Box::pin(self.ask(pdp, rules.generation, question)).await,
        }
    }

    /// Our own engine can tell what an answer depends on: what the policies read.
    async fn evaluate(
        &self,
        policies: &PolicySet,
        generation: Generation,
        question: &Question<'_>,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        let Question { input, route, token: _, expires_at } = question;
        let judge = async { Judged::new(policies.check(input)).ok_or(JudgeFault::NoAnswer) };
        let Some(cache) = &self.cache else { return unremembered(judge.await) };
        let [action]: &[Action; 1] =
            input.actions.try_into().map_err(|_not_one| JudgeFault::NoAnswer)?;
        let chain = policies.policy_chain(input.principal, input.resource, action);
        let chain = ChainKey::new(generation, route, &chain);
        let reads = cache.reads(&chain, || policies.reads(input));
        let key = chain.with_values(&reads, input);
        cache.get_or_judge(key, input.now, *expires_at, judge).await
    }

    /// What another PDP reads is not known, so an answer is found again only by all that was sent.
    async fn ask(
        &self,
        pdp: &RemotePdp,
        generation: Generation,
        question: &Question<'_>,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        let Question { input, route: _, token, expires_at } = question;
        let token = pdp.token(*token)?;
        let judge = async {
            let judged = Judged::new(pdp.check(input, token).await?);
            // Nor is it known whether it read its clock. Whoever has its answers remembered has said
            // for how long that does not matter.
            judged
                .map(|judged| Judged { clock: ClockUse::Unread, ..judged })
                .ok_or(JudgeFault::NoAnswer)
        };
        let Some(cache) = &self.cache else { return unremembered(judge.await) };
        let key = CacheKey::of_request(generation, input, token.as_bytes());
        cache.get_or_judge(key, input.now, *expires_at, judge).await
    }
}

fn unremembered(
    judged: Result<Judged, JudgeFault>,
) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
    Ok((Arc::new(judged?.verdict), CacheResult::Off))
}

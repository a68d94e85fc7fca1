//! What became of requests while the memory that replicas share did not answer.

use prometheus::{IntCounterVec, Opts, Registry};

/// A clone shares the counters.
#[derive(Clone, Debug)]
pub struct OutageMetrics {
    revocations: IntCounterVec,
    proofs: IntCounterVec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageAnswer {
    Refused,
    Continued,
}

// === impl OutageMetrics ===

impl OutageMetrics {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let counters = |name, help| IntCounterVec::new(Opts::new(name, help), &["answer"]);
        Ok(Self {
            revocations: counters(
                "portcullis_revocation_outage_total",
                "Checks of tokens while it was not known what other replicas have revoked.",
            )?,
            proofs: counters(
                "portcullis_proof_outage_total",
                "DPoP proofs of which it was not known whether another replica has seen them.",
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self { revocations, proofs } = self;
        registry.register(Box::new(revocations.clone()))?;
        registry.register(Box::new(proofs.clone()))
    }

    /// It was not known what others have revoked.
    pub fn revocations(&self, answer: OutageAnswer) {
        self.revocations.with_label_values(&[answer.as_str()]).inc();
    }

    /// It was not known whether another has seen a proof.
    pub fn proofs(&self, answer: OutageAnswer) {
        self.proofs.with_label_values(&[answer.as_str()]).inc();
    }
}

// === impl OutageAnswer ===

impl OutageAnswer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Continued => "continued",
        }
    }
}

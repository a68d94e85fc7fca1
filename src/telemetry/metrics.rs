//! Every metric and every label.
//!
//! Label values come from closed sets or from the configuration, never from a request: a client
//! cannot make the page grow.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use super::{CerbosMetrics, OutageMetrics, PdpMetrics, RevocationMetrics};

/// In seconds: from a cache hit to Envoy's default deadline of 200 ms, and one beyond.
const DECISION_BUCKETS: [f64; 12] =
    [0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1.0];

/// The metrics of one server. A clone shares the counters.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    decisions: IntCounterVec,
    decision_seconds: Histogram,
    decision_cache: IntCounterVec,
    decisions_uncacheable: IntCounterVec,
    decisions_evicted: IntCounter,
    decision_cache_bytes: IntGauge,
    reloads: IntCounterVec,
    generation: IntGauge,
    loaded_at: IntGauge,
    keys_age: IntGaugeVec,
    panics: IntCounter,
    outages: OutageMetrics,
    revocations: RevocationMetrics,
    cerbos: CerbosMetrics,
    remote_pdp: PdpMetrics,
}

/// What the decision cache did for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheResult {
    Hit,
    Miss,
    /// Nothing is remembered.
    Off,
    /// Evaluated and not stored.
    Uncacheable(Uncacheable),
}

/// Why an answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncacheable {
    /// It depends on the clock.
    Clock,
    /// The steps that an evaluation may take ran out.
    Exhausted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadResult {
    Loaded,
    Refused,
}

// === impl Metrics ===

impl Metrics {
    /// Registers every metric.
    ///
    /// # Errors
    /// Two metrics of one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let metrics = Self {
            decisions: counters(
                "portcullis_decisions_total",
                "Answers, by kind and reason.",
                &["answer", "reason"],
            )?,
            decision_seconds: decision_seconds()?,
            decision_cache: counters(
                "portcullis_decision_cache_total",
                "Checks, by what the decision cache did for them.",
                &["result"],
            )?,
            decisions_uncacheable: counters(
                "portcullis_decisions_uncacheable_total",
                "Answers that the decision cache could not keep, by route and reason.",
                &["route", "reason"],
            )?,
            decisions_evicted: IntCounter::new(
                "portcullis_decisions_evicted_total",
                "Answers that left the decision cache before their time, to make room.",
            )?,
            decision_cache_bytes: IntGauge::new(
                "portcullis_decision_cache_bytes",
                "About what the decision cache takes of its memory: answers, and what they read.",
            )?,
            reloads: counters(
                "portcullis_reloads_total",
                "Reloads of policies and routes, by outcome.",
                &["result"],
            )?,
            generation: IntGauge::new(
                "portcullis_rules_generation",
                "The generation of policies and routes in force; grows by one with each reload.",
            )?,
            loaded_at: IntGauge::new(
                "portcullis_rules_loaded_timestamp_seconds",
                "When the policies and routes in force were loaded, in Unix time.",
            )?,
            keys_age: IntGaugeVec::new(
                Opts::new(
                    "portcullis_keys_age_seconds",
                    "Time since an issuer's keys were fetched.",
                ),
                &["issuer"],
            )?,
            panics: IntCounter::new(
                "portcullis_panics_total",
                "Panics while a request was decided, each answered with 503.",
            )?,
            outages: OutageMetrics::new()?,
            revocations: RevocationMetrics::new()?,
            cerbos: CerbosMetrics::new()?,
            remote_pdp: PdpMetrics::new()?,
            registry: Registry::new(),
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> Result<(), prometheus::Error> {
        let Self {
            registry,
            decisions,
            decision_seconds,
            decision_cache,
            decisions_uncacheable,
            decisions_evicted,
            decision_cache_bytes,
            reloads,
            generation,
            loaded_at,
            keys_age,
            panics,
            outages,
            revocations,
            cerbos,
            remote_pdp,
        } = self;
        registry.register(Box::new(decisions.clone()))?;
        registry.register(Box::new(decision_seconds.clone()))?;
        registry.register(Box::new(decision_cache.clone()))?;
        registry.register(Box::new(decisions_uncacheable.clone()))?;
        registry.register(Box::new(decisions_evicted.clone()))?;
        registry.register(Box::new(decision_cache_bytes.clone()))?;
        registry.register(Box::new(reloads.clone()))?;
        registry.register(Box::new(generation.clone()))?;
        registry.register(Box::new(loaded_at.clone()))?;
        registry.register(Box::new(keys_age.clone()))?;
        registry.register(Box::new(panics.clone()))?;
        outages.register(registry)?;
        revocations.register(registry)?;
        cerbos.register(registry)?;
        remote_pdp.register(registry)
    }

    pub fn decision(&self, answer: &'static str, reason: &'static str, took: Duration) {
        self.decisions.with_label_values(&[answer, reason]).inc();
        self.decision_seconds.observe(took.as_secs_f64());
    }

    /// `route`: the template of the matched route.
    pub fn decision_cache(&self, result: CacheResult, route: &str) {
        self.decision_cache.with_label_values(&[result.as_str()]).inc();
        if let CacheResult::Uncacheable(why) = result {
            self.decisions_uncacheable.with_label_values(&[route, why.as_str()]).inc();
        }
    }

    /// An answer went to make room for others.
    pub fn decision_evicted(&self) {
        self.decisions_evicted.inc();
    }

    pub fn decision_cache_grows(&self, bytes: u32) {
        self.decision_cache_bytes.add(bytes.into());
    }

    pub fn decision_cache_shrinks(&self, bytes: u32) {
        self.decision_cache_bytes.sub(bytes.into());
    }

    pub fn reload(&self, result: ReloadResult) {
        self.reloads.with_label_values(&[result.as_str()]).inc();
    }

    pub fn rules(&self, generation: u64, loaded_at: i64) {
        self.generation.set(i64::try_from(generation).unwrap_or(i64::MAX));
        self.loaded_at.set(loaded_at);
    }

    pub fn keys_age(&self, issuer: &str, age: Duration) {
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        self.keys_age.with_label_values(&[issuer]).set(seconds);
    }

    #[must_use]
    pub fn outages(&self) -> &OutageMetrics {
        &self.outages
    }

    #[must_use]
    pub fn revocations(&self) -> &RevocationMetrics {
        &self.revocations
    }

    /// Under the names of a Cerbos PDP.
    #[must_use]
    pub fn cerbos(&self) -> &CerbosMetrics {
        &self.cerbos
    }

    #[must_use]
    pub fn remote_pdp(&self) -> &PdpMetrics {
        &self.remote_pdp
    }

    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// The page, in Prometheus's text format.
    ///
    /// # Errors
    /// A metric that the format cannot hold.
    pub fn page(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

fn decision_seconds() -> Result<Histogram, prometheus::Error> {
    let help = "Time from a decoded CheckRequest to its answer.";
    let options = HistogramOpts::new("portcullis_decision_seconds", help);
    Histogram::with_opts(options.buckets(DECISION_BUCKETS.to_vec()))
}

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(name, help), labels)
}

// === impl CacheResult ===

impl CacheResult {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Off => "off",
            Self::Uncacheable(_) => "uncacheable",
        }
    }
}

// === impl Uncacheable ===

impl Uncacheable {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Exhausted => "exhausted",
        }
    }
}

// === impl ReloadResult ===

impl ReloadResult {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Refused => "refused",
        }
    }
}

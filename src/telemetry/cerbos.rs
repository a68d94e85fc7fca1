//! The metrics of a Cerbos PDP, under its names, so that dashboards for one show us too.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntGauge, IntGaugeVec, Opts, Registry};

/// Their page is the one of [`Metrics`](super::Metrics). A clone shares the counters.
#[derive(Clone, Debug)]
pub struct CerbosMetrics {
    check_latency: HistogramVec,
    batch_size: Histogram,
    calls: HistogramVec,
    requests: HistogramVec,
    policies: IntGauge,
    refreshed: IntGaugeVec,
}

/// Of latencies, in milliseconds.
const MILLISECONDS: [f64; 40] = [
    0.01, 0.05, 0.1, 0.3, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0,
    25.0, 30.0, 40.0, 50.0, 65.0, 80.0, 100.0, 130.0, 160.0, 200.0, 250.0, 300.0, 400.0, 500.0,
    650.0, 800.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0, 100_000.0,
];

/// Of the resources of a call.
const SIZES: [f64; 22] = [
    0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 25.0,
    30.0, 35.0, 40.0, 45.0, 50.0,
];

/// Of whole calls, in seconds.
const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

// === impl CerbosMetrics ===

impl CerbosMetrics {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        Ok(Self {
            check_latency: histograms(
                "cerbos_dev_engine_check_latency_milliseconds",
                "Time that the engine takes for a call.",
                &["status"],
                &MILLISECONDS,
            )?,
            batch_size: Histogram::with_opts(
                HistogramOpts::new("cerbos_dev_engine_check_batch_size", "Resources of a call.")
                    .buckets(SIZES.to_vec()),
            )?,
            calls: histograms(
                "rpc_server_call_duration_seconds",
                "Time that a call takes.",
                &["rpc_method", "rpc_response_status_code", "rpc_system_name"],
                &SECONDS,
            )?,
            requests: histograms(
                "http_server_request_duration_seconds",
                "Time that an HTTP request takes.",
                &["http_request_method", "http_response_status_code", "network_protocol_name"],
                &SECONDS,
            )?,
            policies: IntGauge::new("cerbos_dev_index_entry_count", "Policies in force.")?,
            refreshed: IntGaugeVec::new(
                Opts::new(
                    "cerbos_dev_store_last_successful_refresh",
                    "When the policies in force were loaded, in milliseconds of Unix time.",
                ),
                &["driver"],
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self { check_latency, batch_size, calls, requests, policies, refreshed } = self;
        registry.register(Box::new(check_latency.clone()))?;
        registry.register(Box::new(batch_size.clone()))?;
        registry.register(Box::new(calls.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(policies.clone()))?;
        registry.register(Box::new(refreshed.clone()))
    }

    /// The engine has answered about so many resources.
    pub fn checked(&self, resources: usize, took: Duration) {
        self.check_latency.with_label_values(&["success"]).observe(took.as_secs_f64() * 1000.0);
        let resources = u32::try_from(resources).unwrap_or(u32::MAX);
        self.batch_size.observe(resources.into());
    }

    /// A call has ended. The method is one of ours, such as
    /// `cerbos.svc.v1.CerbosService/CheckResources`, and the code one of gRPC's.
    pub fn called(&self, method: &'static str, code: &'static str, took: Duration) {
        self.calls.with_label_values(&[method, code, "grpc"]).observe(took.as_secs_f64());
    }

    /// An HTTP request has been answered. The method is one that we serve.
    pub fn requested(&self, method: &'static str, status: u16, took: Duration) {
        let status = status.to_string();
        self.requests.with_label_values(&[method, &status, "http"]).observe(took.as_secs_f64());
    }

    /// So many policies are in force from this moment on.
    pub fn loaded(&self, policies: usize, at_milliseconds: i64) {
        self.policies.set(i64::try_from(policies).unwrap_or(i64::MAX));
        self.refreshed.with_label_values(&["disk"]).set(at_milliseconds);
    }
}

fn histograms(
    name: &str,
    help: &str,
    labels: &[&str],
    buckets: &[f64],
) -> Result<HistogramVec, prometheus::Error> {
    HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)
}

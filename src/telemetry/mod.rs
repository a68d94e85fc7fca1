//! Logs and metrics: every name and label in one place.

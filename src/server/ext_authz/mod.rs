//! Envoy's door: `envoy.service.auth.v3.Authorization`. Decode, decide, encode; nothing else.

mod decode;
mod encode;

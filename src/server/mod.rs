//! Doors: we are called. Listeners, the ext_authz service, the admin listener.

mod admin;
mod api;
mod ext_authz;
mod grpc;
mod joined_writes;
mod listener;
mod logout;
mod published_keys;
mod revoke;
mod tls;
mod visitors;

pub use admin::{AdminConfig, AdminServer, AdminState, Readiness, ReloadOrder};
pub use api::{AllowedOrigins, ApiConfig, ApiServer, CorsConfig};
pub use ext_authz::ExtAuthz;
pub use grpc::{GrpcServer, Health};
pub use listener::{BindError, ListenAddress, ListenConfig, TlsConfig};
pub use logout::LogoutServer;
pub use published_keys::KeysServer;
pub use visitors::DoorConfig;

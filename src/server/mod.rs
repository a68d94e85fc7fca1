//! Doors: we are called. Listeners, the ext_authz service, the admin listener.

mod ext_authz;

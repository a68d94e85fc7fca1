//! The order of Cerbos: principal policies, then resource policies, up the scopes; deny wins.

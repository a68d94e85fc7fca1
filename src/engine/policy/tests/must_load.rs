//! Policies that must load, as they do in Cerbos: `tests/data/must_load.txt`.

use super::cases;
use crate::engine::cel::Globals;
use crate::engine::model::Options;
use crate::engine::policy::compile;

#[test]
fn what_cerbos_loads_loads() {
    for case in cases::read(include_str!("../../../../tests/data/must_load.txt")) {
        let loaded = compile(&case.files, &Options::default(), &Globals::default());
        assert!(loaded.is_ok(), "{}\n{}", case.title, loaded.unwrap_err());
    }
}

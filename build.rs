//! Compiles the Cerbos API's messages, with a compiler that is a library: no `protoc` to install.

use std::{env, error::Error, fs, path::Path};

const ROOT: &str = "src/cerbos_api/proto";

const FILES: [&str; 4] = [
    "cerbos/svc/v1/svc.proto",
    "authzen/authorization/v1/svc.proto",
    "buf/validate/validate.proto",
    "google/rpc/status.proto",
];

#[expect(clippy::disallowed_methods, reason = "the way in which Cargo talks to a build script")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    let mut config = tonic_prost_build::Config::new();
    // JSON finds a message's description by its name.
    config.enable_type_names();
    tonic_prost_build::configure()
        // Sorted maps: an answer is encoded to the same bytes each time.
        .btree_map(".")
        .compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    // What reflection shows, and what JSON is read and written by.
    let descriptors = compiler.include_source_info(false).encode_file_descriptor_set();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("descriptors.bin"), descriptors)?;
    Ok(())
}

//! Compiles the Cerbos API's messages, with a compiler that is a library: no `protoc` to install.

use std::error::Error;

const ROOT: &str = "src/cerbos_api/proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let files = protox::compile(["cerbos/svc/v1/svc.proto"], [ROOT])?;
    tonic_prost_build::configure()
        // Sorted maps: an answer is encoded to the same bytes each time.
        .btree_map(".")
        .compile_fds(files)?;
    Ok(())
}

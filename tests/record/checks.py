#!/usr/bin/env python3
"""Asks the Cerbos PDP the questions in tests/data/checks and writes its answers down.

    tests/record/checks.py PATH_OF_PDP [FILE ...]

A file holds cases. A case begins with `== title` and has, a line each: `options: ..`, policies
(`resourcePolicy: {..}` and so on, without `apiVersion`), schemas (`schema NAME: JSON`) and questions
(`? JSON`), each followed by its answer, which is what this script replaces. Lines `  here ..` in
an answer say what we answer instead.
"""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

DATA = pathlib.Path(__file__).parent.parent / "data" / "checks"
KINDS = ("Policy", "derivedRoles", "exportVariables", "exportConstants")
SETTINGS = {
    "strict": "engine.strictEvaluation=true",
    "lenient": "engine.lenientScopeSearch=true",
    "warn": "schema.enforcement=warn",
    "reject": "schema.enforcement=reject",
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def request(question):
    principal = {"id": "u1", "attr": {}, **question.get("principal", {})}
    resource = {"kind": "doc", "id": "r1", "attr": {}, **question.get("resource", {})}
    return {
        "requestId": "1",
        "includeMeta": True,
        "principal": principal,
        "resources": [{"resource": resource, "actions": question["actions"]}],
    }


def to_json(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def answer(question, response):
    result = response["results"][0]
    meta = result.get("meta", {})
    lines = []
    for action in question["actions"]:
        of = meta["actions"][action]
        effect = result["actions"][action].removeprefix("EFFECT_")
        policy, scope = of["matchedPolicy"], of.get("matchedScope", "")
        lines.append(f"  {action}: {effect} by {policy} in `{scope}`")
    roles = sorted(meta.get("effectiveDerivedRoles", []))
    if roles:
        lines.append("  derived roles: " + ", ".join(roles))
    for output in result.get("outputs", []):
        value = to_json(output["val"]) if "val" in output else "error " + output["error"]
        lines.append(f"  output of {output['src']} for {output['action']}: {value}")
    for error in result.get("validationErrors", []):
        source = error["source"].removeprefix("SOURCE_").lower()
        lines.append(f"  invalid {source} at `{error.get('path', '')}`: {error['message']}")
    return lines


def ask(port, question):
    body = json.dumps(request(question)).encode()
    headers = {"content-type": "application/json"}
    url = f"http://127.0.0.1:{port}/api/check/resources"
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as reply:
        return json.load(reply)


def write_policies(lines, root):
    """A line that begins with a kind begins a policy, any other one goes on with it."""
    policies = []
    for line in lines:
        if line.startswith("schema "):
            name, text = line.removeprefix("schema ").split(": ", 1)
            (root / "_schemas").mkdir(exist_ok=True)
            (root / "_schemas" / name).write_text(text)
        elif line.split(":")[0].replace("_p", "P").endswith(KINDS):
            policies.append(f"apiVersion: api.cerbos.dev/v1\n{line}\n")
        elif policies and line and not line.startswith(("options: ", "? ", "  ")):
            policies[-1] += line + "\n"
    for number, text in enumerate(policies):
        (root / f"{number:03}.yaml").write_text(text)


def settings(lines):
    for line in lines:
        if line.startswith("options: "):
            for option in line.removeprefix("options: ").split(", "):
                yield SETTINGS.get(option, f"engine.{option}")


def record(pdp, lines):
    """The lines of one case, with the answers of the PDP."""
    with tempfile.TemporaryDirectory() as directory:
        write_policies(lines, pathlib.Path(directory))
        http, grpc = free_port(), free_port()
        command = [pdp, "server", f"--set=storage.disk.directory={directory}"]
        command += [f"--set=server.httpListenAddr=127.0.0.1:{http}"]
        command += [f"--set=server.grpcListenAddr=127.0.0.1:{grpc}"]
        command += ["--set=telemetry.disabled=true"]
        command += [f"--set={setting}" for setting in settings(lines)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait(http, server)
            recorded = []
            for line in lines:
                # What we answer instead stays.
                if line.startswith("  ") and not line.startswith("  here "):
                    continue
                recorded.append(line)
                if line.startswith("? "):
                    question = json.loads(line[2:])
                    recorded += answer(question, ask(http, question))
            return recorded
        finally:
            server.terminate()
            server.communicate()


def wait(port, server):
    for _ in range(200):
        if server.poll() is not None:
            sys.exit("the PDP refuses:\n" + server.stderr.read().decode())
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_cerbos/health").read()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("the PDP does not start")


def main():
    pdp, *files = sys.argv[1:]
    for path in [pathlib.Path(file) for file in files] or sorted(DATA.glob("*.txt")):
        recorded, case = [], []
        for line in path.read_text().splitlines() + ["== "]:
            if line.startswith("== "):
                if case and case[0].startswith("== "):
                    print(path.name, case[0])
                    case = record(pdp, case)
                recorded += case
                case = []
            case.append(line)
        path.write_text("\n".join(recorded) + "\n")


if __name__ == "__main__":
    main()

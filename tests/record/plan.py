#!/usr/bin/env python3
"""Asks the Cerbos PDP for the plans in tests/data/plan and writes its answers down.

    tests/record/plan.py PATH_OF_PDP [FILE ...]

There are two kinds of files. In `expressions*.txt` a line that is not indented is the condition of the
only rule of a policy; `given JSON` below it names resource attributes that the question gives, and the
indented line after that is the answer, which is what this script replaces. `principal.json` is who
asks. The other files have the form that `checks.py` describes, and their answers are
`meta.filterDebug`, `meta.matchedScopes` and what schemas say.

Where our answer is another one, because Cerbos's plan is not what its check says, it is written by
hand: in a line that begins with `  here `, or as `here` in the question.

Cerbos goes through maps in any order, so each question is asked several times, and the answer that
sorts first is the one that is kept.
"""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import checks

DATA = pathlib.Path(__file__).parent.parent / "data" / "plan"
TIMES = 12
# Some plans the PDP never answers.
PATIENCE = 2
GLOBALS = {"foo": "bar"}


@contextlib.contextmanager
def serving(pdp, directory, settings):
    http, grpc = checks.free_port(), checks.free_port()
    command = [pdp, "server", f"--set=storage.disk.directory={directory}"]
    command += [f"--set=server.httpListenAddr=127.0.0.1:{http}"]
    command += [f"--set=server.grpcListenAddr=127.0.0.1:{grpc}"]
    command += ["--set=telemetry.disabled=true"]
    command += [f"--set=engine.globals.{name}={value}" for name, value in GLOBALS.items()]
    command += [f"--set={setting}" for setting in settings]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        checks.wait(http, server)
        yield http
    finally:
        server.terminate()
        server.communicate()


def ask(port, question):
    body = json.dumps({"requestId": "1", "includeMeta": True, **question}).encode()
    headers = {"content-type": "application/json"}
    url = f"http://127.0.0.1:{port}/api/plan/resources"
    try:
        request = urllib.request.Request(url, body, headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.load(reply)
    except (urllib.error.HTTPError, TimeoutError):
        return {}


def answers(port, question, show):
    first = ask(port, question)
    if "meta" not in first:
        return show(first)
    return min((show(ask(port, question)) for _ in range(TIMES)), key=str)


def show_filter(response):
    return response["meta"]["filterDebug"] if "meta" in response else "failed"


def show_all(response):
    if "meta" not in response:
        return ["  failed"]
    lines = ["  " + response["meta"]["filterDebug"]]
    scopes = response["meta"].get("matchedScopes")
    if scopes is not None:
        named = [f"{action} in `{scope}`" for action, scope in sorted(scopes.items())]
        lines.append("  matched " + ", ".join(named))
    for error in response.get("validationErrors", []):
        source = error["source"].removeprefix("SOURCE_").lower()
        lines.append(f"  invalid {source} at `{error.get('path', '')}`: {error['message']}")
    return lines


def policy(kind, expression):
    rule = {"actions": ["a"], "effect": "EFFECT_ALLOW", "roles": ["*"]}
    rule["condition"] = {"match": {"expr": expression}}
    body = {"resource": kind, "version": "default", "rules": [rule]}
    return {"apiVersion": "api.cerbos.dev/v1", "resourcePolicy": body}


def expressions(pdp, lines):
    principal = json.loads((DATA / "principal.json").read_text())
    with tempfile.TemporaryDirectory() as directory:
        written = [line for line in lines if line and not line.startswith((" ", "#"))]
        for number, text in enumerate(written):
            path = pathlib.Path(directory) / f"{number}.json"
            path.write_text(json.dumps(policy(f"k{number}", text)))
        with serving(pdp, directory, []) as port:
            number, recorded = -1, []
            for text, given, here in conditions(lines):
                number += text in written
                if given is None:
                    recorded.append(text)
                    continue
                attributes = json.loads(given)
                resource = {"kind": f"k{number}", "attr": attributes}
                question = {"actions": ["a"], "principal": principal, "resource": resource}
                recorded += [text, "  " + answers(port, question, show_filter), *here]
            return recorded


def conditions(lines):
    """Lines, what is given with them (`None`: nothing is asked), and the answers that are ours."""
    found = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith("  here "):
            found[-1][2].append(line)
        elif line.startswith("  given "):
            found.append((line, line.removeprefix("  given "), []))
        elif not line.startswith(" "):
            asks = line and not line.startswith("#") and not following.startswith("  given ")
            found.append((line, "{}" if asks else None, []))
    return found


def case(pdp, lines):
    with tempfile.TemporaryDirectory() as directory:
        checks.write_policies(lines, pathlib.Path(directory))
        with serving(pdp, directory, checks.settings(lines)) as port:
            recorded = []
            for line in lines:
                if line.startswith("  "):
                    continue
                recorded.append(line)
                if line.startswith("? "):
                    question = json.loads(line[2:])
                    question.pop("here", None)
                    principal = {"id": "p1", "attr": {}, **question.get("principal", {})}
                    resource = {"kind": "doc", "attr": {}, **question.get("resource", {})}
                    question = {**question, "principal": principal, "resource": resource}
                    recorded += answers(port, question, show_all)
            return recorded


def cases(pdp, lines):
    recorded, open_case = [], []
    for line in lines + ["== "]:
        if line.startswith("== "):
            if open_case and open_case[0].startswith("== "):
                open_case = case(pdp, open_case)
            recorded += open_case
            open_case = []
        open_case.append(line)
    return recorded


def main():
    pdp, *files = sys.argv[1:]
    for path in [pathlib.Path(file) for file in files] or sorted(DATA.glob("*.txt")):
        print(path.name)
        record = expressions if path.name.startswith("expressions") else cases
        path.write_text("\n".join(record(pdp, path.read_text().splitlines())) + "\n")


if __name__ == "__main__":
    main()

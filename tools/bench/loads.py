"""How load is made and what is read from it: a rate in requests a second, latencies in microseconds."""

import json
import re
import subprocess
from dataclasses import dataclass

from servers import BENCH, BUILD, WORLD

CHECK = "/envoy.service.auth.v3.Authorization/Check"
CHECK_RESOURCES = "/cerbos.svc.v1.CerbosService/CheckResources"
PLAN_RESOURCES = "/cerbos.svc.v1.CerbosService/PlanResources"


@dataclass
class Figures:
    rate: float
    p99: float


def h2load(port, method, body, requests):
    """The same gRPC request again and again, by h2load."""
    log = WORLD / "h2load.log"
    log.unlink(missing_ok=True)
    output = run([BUILD / "h2load", "-n", requests, "-c", 4, "-m", 16, "-t", 1, "-d", WORLD / body,
                  "-H", "content-type: application/grpc", "-H", "te: trailers",
                  "--log-file", log, f"http://127.0.0.1:{port}{method}"])
    succeeded = int(found(r"(\d+) succeeded", output))
    if succeeded != requests:
        raise SystemExit(f"{requests - succeeded} of {requests} requests failed:\n{output}")
    return Figures(float(found(r"([\d.]+) req/s", output)), p99(log))


def once(port, method, body):
    """One request, which must succeed: h2load does not look at what gRPC says in a trailer."""
    run([BENCH, "load", "--to", f"127.0.0.1:{port}", "--requests", WORLD / body, "--count", 1,
         "--method", method])


def p99(log):
    """Of the third column of h2load's log, which is in microseconds."""
    latencies = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return latencies[len(latencies) * 99 // 100]


def different(port, file, skip, count):
    """Requests that all differ, each sent once."""
    output = run([BENCH, "load", "--to", f"127.0.0.1:{port}", "--requests", WORLD / file,
                  "--skip", skip, "--count", count])
    figures = json.loads(output)
    return Figures(figures["rate"], figures["p99"])


def verification():
    """Microseconds for one signature, in a process that does nothing else."""
    return float(run([BENCH, "verify"]))


def wrk(port, seconds):
    """One path with a token, through Envoy."""
    token = (WORLD / "token.txt").read_text()
    output = run([BUILD / "wrk", "-t", 1, "-c", 32, "-d", f"{seconds}s", "--latency",
                  "-H", f"authorization: Bearer {token}", f"http://127.0.0.1:{port}/document0/doc-00000000"])
    if "Non-2xx" in output:
        raise SystemExit(f"not all requests were allowed:\n{output}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    scale = {"us": 1, "ms": 1000, "s": 1_000_000}[unit]
    return Figures(float(found(r"Requests/sec:\s+([\d.]+)", output)), float(number) * scale)


def found(pattern, text):
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"no {pattern} in:\n{text}")
    return match.group(1)


def run(command):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"failed: {command}\n{result.stdout}{result.stderr}")
    return result.stdout

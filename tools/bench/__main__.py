"""`make bench`: portcullis beside a server that does nothing, and beside Cerbos, in one run.

Every row is measured in rounds, in each of which both sides have their turn. ROUNDS, REQUESTS (a round
and side) and SECONDS (a round and side, through Envoy) make a run longer or shorter.
"""

import contextlib
import os
import sys
import time

import loads
import servers
from report import Report

ROUNDS = int(os.environ.get("ROUNDS", 5))
REQUESTS = int(os.environ.get("REQUESTS", 60_000))
DIFFERENT = int(os.environ.get("DIFFERENT", 20_000))
TOKENS = int(os.environ.get("TOKENS", 3_000))
USERS = int(os.environ.get("USERS", 100_000))
SECONDS = int(os.environ.get("SECONDS", 4))


def rounds(count, sides):
    """Asks each side once a round, in turn the other way round; gives a list of figures for each."""
    results = [[] for _ in sides]
    for number in range(count):
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for at in order:
            results[at].append(sides[at](number))
    return results


def compare(report, name, results, rate=None, tail=None):
    ours, other = results
    rates = [[figures.rate for figures in side] for side in (ours, other)]
    tails = [[figures.p99 for figures in side] for side in (ours, other)]
    report.compare(f"{name}, throughput", *rates, "requests/s", at_least=rate)
    report.compare(f"{name}, p99", *tails, "µs", at_most=tail)


def grpc(report, issuer):
    """Over gRPC, beside the empty server."""
    with servers.portcullis(issuer) as (ours, _), servers.empty() as (other, _):
        warm = lambda port: lambda _: loads.h2load(port, loads.CHECK, "warm.bin", REQUESTS)
        warm(ours)(0)
        compare(report, "warm", rounds(ROUNDS, [warm(ours), warm(other)]), 0.90, 1.15)
        paths = lambda port: lambda at: loads.different(port, "paths.bin", at * DIFFERENT, DIFFERENT)
        compare(report, "cold decision", rounds(ROUNDS, [paths(ours), paths(other)]), 0.80)
        tokens = lambda port: lambda at: loads.different(port, "tokens.bin", at * TOKENS, TOKENS)
        results = rounds(ROUNDS, [tokens(ours), tokens(other)])
        compare(report, "cold token", results)
    with servers.portcullis(issuer, "portcullis-tokens") as (port, process):
        beyond = [first_time(port, process, at) for at in range(ROUNDS)]
        alone = [loads.verification() for _ in range(ROUNDS)]
    report.compare("a token's first time beyond its second, beside the verification of a signature alone",
                   beyond, alone, "µs", at_most=1.1)


def first_time(port, process, at):
    """Microseconds of processor time that a token takes which was not seen before, beyond one that was."""
    ask = lambda: loads.different(port, "tokens.bin", at * TOKENS, TOKENS)
    first, second = (servers.processor_time(process, ask) for _ in range(2))
    return (first - second) / TOKENS * 1e6


def through_envoy(report, issuer):
    with (servers.portcullis(issuer) as (ours, _), servers.empty() as (other, _),
          servers.envoy("envoy-portcullis", ours) as (with_ours, _),
          servers.envoy("envoy-empty", other) as (with_other, _),
          servers.envoy("envoy-alone", None) as (alone, _)):
        sides = [lambda _, port=port: loads.wrk(port, SECONDS) for port in (with_ours, with_other, alone)]
        sides[0](0)
        ours, other, alone = rounds(ROUNDS, sides)
    compare(report, "through Envoy, beside the empty server", [ours, other], 0.95)
    compare(report, "through Envoy, beside no ext_authz", [ours, alone])


def beside_cerbos(report, issuer):
    """Each server has one core, and the load the other: what a core gives is compared."""
    with contextlib.ExitStack() as stack:
        with servers.core(0):
            ours, process = stack.enter_context(servers.portcullis(issuer))
            other, cerbos = stack.enter_context(servers.cerbos())
        sides = [lambda _: loads.h2load(ours, loads.CHECK, "warm.bin", REQUESTS),
                 lambda _: loads.h2load(other, loads.CHECK_RESOURCES, "cerbos.bin", REQUESTS // 4)]
        with servers.core(1):
            for side in sides:
                side(0)
            compare(report, "beside Cerbos's CheckResources", rounds(ROUNDS, sides), 10, 0.2)
        ours, other = servers.resident(process), servers.resident(cerbos)
        report.add("beside Cerbos, resident memory", ours, other, ours / other, "MiB", at_most=0.25)


def api_beside_cerbos(report, issuer):
    """The same calls to both; a larger one fewer times. Cores as above."""
    calls = [(f"CheckResources of {batch}", loads.CHECK_RESOURCES, f"check-{batch}.bin", batch) for batch in (1, 10, 50)]
    calls.append(("PlanResources", loads.PLAN_RESOURCES, "plan.bin", 1))
    with contextlib.ExitStack() as stack:
        with servers.core(0):
            ours, process = stack.enter_context(servers.api(issuer))
            other, cerbos = stack.enter_context(servers.cerbos())
        with servers.core(1):
            for name, method, body, size in calls:
                count = max(REQUESTS // size, 100)
                sides = [lambda _, port=port, count=count: loads.h2load(port, method, body, count)
                         for port, count in ((ours, count), (other, max(count // 4, 100)))]
                for port, side in zip((ours, other), sides):
                    loads.once(port, method, body)
                    side(0)
                compare(report, f"API, {name}", rounds(ROUNDS, sides), 8, 0.2)
        ours, other = servers.resident(process), servers.resident(cerbos)
        report.add("API, resident memory", ours, other, ours / other, "MiB", at_most=0.25)


def scale(report, issuer):
    with servers.portcullis(issuer) as (few, _):
        for kinds in (10, 100, 1_000, 10_000):
            with servers.portcullis(issuer, f"portcullis-{kinds}", kinds) as (many, _):
                sides = [lambda _, port=port: loads.different(port, "paths.bin", _ * DIFFERENT, DIFFERENT)
                         for port in (many, few)]
                compare(report, f"{kinds:,} routes and policies, cold decision, beside one", rounds(3, sides))
    for users in (1, 100, USERS):
        file, count = ("warm.bin", 1) if users == 1 else ("tokens.bin", users)
        with servers.portcullis(issuer, "portcullis-users") as (port, process):
            before = servers.resident(process)
            loads.different(port, file, 0, count)
            after = servers.resident(process)
            again = loads.different(port, file, 0, count)
        report.add(f"{users:,} users, resident memory after them, beside before", after, before, after / before, "MiB")
        if users > 1:
            print(f"  {users:,} users again: {again.rate:,.0f} requests/s, p99 {again.p99} µs")


def memory(report, issuer):
    demo = {"folder_of_policies": servers.ROOT / "policies", "more": "engine: { globals: { offices: {} } }\n"}
    with servers.portcullis(issuer, "portcullis-demo", **demo) as (_, process):
        report.add("resident after start with the demo's policies", servers.resident(process), 30,
                   servers.resident(process) / 30, "MiB", at_most=1)
    with servers.portcullis(issuer, "portcullis-1000", 1_000) as (port, process):
        filled = 0
        while filled < ROUNDS * DIFFERENT:
            loads.different(port, "paths.bin", filled, DIFFERENT)
            filled += DIFFERENT
        time.sleep(1)
        report.add(f"resident with 1,000 policies and {filled:,} decisions", servers.resident(process), 64,
                   servers.resident(process) / 64, "MiB", at_most=1)


def full_cache(report, issuer):
    """What a server holds that remembers decisions, beyond one that was asked the same and remembers none."""
    for bound in (4, 16):
        held = []
        for memory in (bound, 0):
            more = f"cache: {{ decisions: {{ memory: {memory}MiB, ttl: 1h }} }}\n"
            with servers.portcullis(issuer, "portcullis-full", more=more) as (port, process):
                for at in range(ROUNDS):
                    loads.different(port, "paths.bin", at * DIFFERENT, DIFFERENT)
                time.sleep(1)
                held.append(servers.resident(process))
        taken = held[0] - held[1]
        report.add(f"memory of a full cache of decisions, beside its bound of {bound} MiB", taken, bound,
                   taken / bound, "MiB", at_most=1)


PARTS = {"grpc": grpc, "envoy": through_envoy, "cerbos": beside_cerbos, "api": api_beside_cerbos, "scale": scale, "memory": memory,
         "cache": full_cache}


def main(names):
    servers.WORLD.mkdir(parents=True, exist_ok=True)
    report = Report()
    chosen = names or list(PARTS)
    tokens = max(ROUNDS * TOKENS, USERS if "scale" in chosen else 0)
    with servers.world(ROUNDS * DIFFERENT, tokens) as issuer:
        for name in chosen:
            PARTS[name](report, issuer)
    if not names:
        report.write()


if __name__ == "__main__":
    main(sys.argv[1:])

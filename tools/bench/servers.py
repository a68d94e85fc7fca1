"""What is measured: each server is started with what it needs, and stopped by whoever started it."""

import contextlib
import os
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
WORLD = BUILD / "bench"
TARGET = ROOT / "target" / os.environ.get("PROFILE", "dist")
BENCH = TARGET / "examples" / "bench"
PORTCULLIS = TARGET / "portcullis"

AUDIENCE = "https://api.bench.example/"


@contextlib.contextmanager
def running(name, command, port):
    """A program that is up once it listens; gives its process."""
    log = WORLD / f"{name}.log"
    with open(log, "w") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output)
    try:
        await_port(process, name, port, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def core(number):
    """What is started meanwhile runs on this core alone, and makes threads for one."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def await_port(process, name, port, log):
    for _ in range(1200):
        if process.poll() is not None:
            raise SystemExit(f"{name} ended; see {log}")
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{name} does not listen; see {log}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def resident(process):
    """Mebibytes of memory that a process holds."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the kernel does not tell how much memory a process holds")


def processor_time(process, work):
    """Seconds that all threads of a process run while something is done."""
    before = ran(process)
    work()
    return ran(process) - before


def ran(process):
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@contextlib.contextmanager
def world(paths, tokens):
    """The requests, and the issuer of their tokens; gives its port."""
    port = free_port()
    command = [BENCH, "world", "--folder", WORLD, "--issuer", f"127.0.0.1:{port}",
               "--paths", paths, "--tokens", tokens]
    with running("world", command, port):
        yield port


@contextlib.contextmanager
def empty():
    port = free_port()
    with running("empty", [BENCH, "empty", "--listen", f"127.0.0.1:{port}"], port) as process:
        yield port, process


@contextlib.contextmanager
def portcullis(issuer, name="portcullis", kinds=1, folder_of_policies=None, more=""):
    """With as many routes and resource policies as `kinds`; gives its port and process."""
    port, admin = free_port(), free_port()
    folder = WORLD / name
    policies(folder / "policies", kinds)
    routes = "".join(
        f"  - path: /document{kind}/{{id}}\n"
        f"    resource: {{ kind: document{kind}, id: \"{{id}}\" }}\n"
        "    actions: { GET: view }\n"
        for kind in range(kinds)
    )
    config = folder / "portcullis.yaml"
    config.write_text(
        "issuers:\n"
        f"  - issuer: http://127.0.0.1:{issuer}/\n"
        f"    audience: {AUDIENCE}\n"
        "    roles: https://bench.example/roles\n"
        "    claims: { attr: { department: https://bench.example/department } }\n"
        f"policies: {folder_of_policies or folder / 'policies'}\n"
        f"routes:\n{routes}"
        f"listen: {{ address: \"127.0.0.1:{port}\" }}\n"
        f"admin: {{ address: \"127.0.0.1:{admin}\" }}\n"
        f"{more}"
    )
    with running(name, [PORTCULLIS, "serve", "--config", config], port) as process:
        await_port(process, name, admin, WORLD / f"{name}.log")
        time.sleep(0.5)
        yield port, process


@contextlib.contextmanager
def api(issuer):
    """Portcullis with Cerbos's API; gives the port of that over gRPC, and its process."""
    port, http = free_port(), free_port()
    more = f'api: {{ grpc_address: "127.0.0.1:{port}", http_address: "127.0.0.1:{http}" }}\n'
    with portcullis(issuer, "portcullis-api", more=more) as (_, process):
        await_port(process, "portcullis-api", port, WORLD / "portcullis-api.log")
        yield port, process


@contextlib.contextmanager
def cerbos(kinds=1):
    """The real PDP with the same policies; gives the port of its gRPC API and its process."""
    port, http = free_port(), free_port()
    folder = WORLD / "cerbos"
    policies(folder / "policies", kinds)
    command = [BUILD / "cerbos", "server", "--log-level=error",
               f"--set=storage.disk.directory={folder / 'policies'}",
               f"--set=server.httpListenAddr=127.0.0.1:{http}",
               f"--set=server.grpcListenAddr=127.0.0.1:{port}",
               "--set=telemetry.disabled=true"]
    with running("cerbos", command, port) as process:
        yield port, process


@contextlib.contextmanager
def envoy(name, ext_authz):
    """Envoy in front of an upstream that answers at once; `ext_authz` is a port or none."""
    port, upstream = free_port(), free_port()
    config = WORLD / f"{name}.yaml"
    config.write_text(envoy_config(port, upstream, ext_authz))
    command = [BUILD / "envoy", "--config-path", config, "--disable-hot-restart",
               "--concurrency", "1", "--log-level", "error"]
    with running(name, command, port) as process:
        yield port, process


def policies(folder, kinds):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roles.yaml").write_text(DERIVED_ROLES)
    for kind in range(kinds):
        (folder / f"document{kind}.yaml").write_text(POLICY.replace("document0", f"document{kind}"))


DERIVED_ROLES = """\
apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: document_roles
  definitions:
    - name: owner
      parentRoles: [user]
      condition: { match: { expr: R.attr.owner == P.id } }
    - name: engineer
      parentRoles: [user]
      condition: { match: { expr: P.attr.department == "engineering" } }
"""

POLICY = """\
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: document0
  version: default
  importDerivedRoles: [document_roles]
  rules:
    - { actions: [create], effect: EFFECT_ALLOW, roles: [user] }
    - { actions: [list], effect: EFFECT_ALLOW, roles: [user] }
    - actions: [view]
      effect: EFFECT_ALLOW
      derivedRoles: [engineer]
      condition: { match: { expr: 'R.id.startsWith("doc-")' } }
    - actions: [edit]
      effect: EFFECT_ALLOW
      derivedRoles: [owner]
      condition: { match: { expr: R.attr.status == "draft" } }
    - { actions: [publish], effect: EFFECT_ALLOW, roles: [editor] }
    - { actions: [delete], effect: EFFECT_ALLOW, derivedRoles: [owner] }
    - { actions: [archive], effect: EFFECT_ALLOW, roles: [admin] }
    - { actions: [purge], effect: EFFECT_ALLOW, roles: [admin] }
"""


def envoy_config(port, upstream, ext_authz):
    hcm = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    router = """
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }"""
    check = "" if ext_authz is None else f"""
                  - name: envoy.filters.http.ext_authz
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                      transport_api_version: V3
                      grpc_service: {{ envoy_grpc: {{ cluster_name: ext_authz }}, timeout: 1s }}"""
    cluster = "" if ext_authz is None else f"""
    - name: ext_authz
      type: STATIC
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: {{ http2_protocol_options: {{}} }}
      load_assignment: {{ cluster_name: ext_authz, endpoints: [ {{ lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {ext_authz} }} }} }} }} ] }} ] }}"""
    return f"""\
static_resources:
  listeners:
    - name: api
      address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": {hcm}
                stat_prefix: api
                route_config: {{ virtual_hosts: [ {{ name: all, domains: ["*"], routes: [ {{ match: {{ prefix: / }}, route: {{ cluster: upstream }} }} ] }} ] }}
                http_filters:{check}{router}
    - name: upstream
      address: {{ socket_address: {{ address: 127.0.0.1, port_value: {upstream} }} }}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": {hcm}
                stat_prefix: upstream
                route_config: {{ virtual_hosts: [ {{ name: all, domains: ["*"], routes: [ {{ match: {{ prefix: / }}, direct_response: {{ status: 200 }} }} ] }} ] }}
                http_filters:{router}
  clusters:
    - name: upstream
      type: STATIC
      load_assignment: {{ cluster_name: upstream, endpoints: [ {{ lb_endpoints: [ {{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {upstream} }} }} }} }} ] }} ] }}{cluster}
"""

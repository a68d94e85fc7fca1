"""Everything that Cerbos's own clients for Python can ask of the API: over gRPC and HTTP, waiting and
asynchronous; prints all answers as one JSON document.

python.py FOLDER    FOLDER has the package `cerbos` in it; on stdin, see `ask` in tests/it/clients/mod.rs
"""

import asyncio
import copy
import inspect
import json
import logging
import ssl
import sys

FOLDER = sys.argv[1]
sys.path.insert(0, FOLDER)

import cerbos.sdk.client as over_http  # noqa: E402
import cerbos.sdk.grpc.client as over_grpc  # noqa: E402
import grpc  # noqa: E402
from cerbos.engine.v1 import engine_pb2  # noqa: E402
from cerbos.request.v1 import request_pb2  # noqa: E402
from cerbos.sdk import model  # noqa: E402
from cerbos.sdk.grpc.utils import get_resource, is_allowed  # noqa: E402
from google.protobuf.json_format import MessageToDict, ParseDict  # noqa: E402

ASKED = json.load(sys.stdin)
SUITE = ASKED["suite"]
TLS = ASKED["ca_file"]


class Http:
    """The words of the client that speaks HTTP."""

    host = {"host": f"{'https' if TLS else 'http'}://{ASKED['address']['http']}", "timeout_secs": 60}
    if TLS:
        host["tls_verify"] = TLS

    @staticmethod
    def principal(it):
        return model.Principal.from_dict(it)

    @staticmethod
    def resource(it):
        return model.Resource.from_dict(it)

    @staticmethod
    def described(it):
        return model.ResourceDesc.from_dict({name: value for name, value in it.items() if name != "id"})

    @staticmethod
    def resources(them, actions):
        found = model.ResourceList()
        for it in them:
            found.add(Http.resource(it), list(actions))
        return found

    @staticmethod
    def aux_data(it):
        return it and model.AuxData.from_dict(it)

    @staticmethod
    def plain(response):
        said = response.to_dict()
        if getattr(response, "results", None) is not None:
            said["allowed"] = [[result.is_allowed("view"), result.is_allowed("unasked")] for result in response.results]
            found = [response.get_resource(result.resource.id) for result in response.results]
            said["found"] = [entry.to_dict() for entry in found]
            said["by_version"] = [
                bool(response.get_resource("1", lambda resource: resource.policy_version == "v2")),
                bool(response.get_resource("nobody's")),
            ]
        said["failed"] = response.failed()
        return said


class Grpc:
    """The words of the client that speaks gRPC."""

    host = {"host": ASKED["address"]["grpc"], "timeout_secs": 60}
    if TLS:
        host["tls_verify"] = TLS

    @staticmethod
    def principal(it):
        return ParseDict(it, engine_pb2.Principal())

    @staticmethod
    def resource(it):
        return ParseDict(it, engine_pb2.Resource())

    @staticmethod
    def described(it):
        it = {name: value for name, value in it.items() if name != "id"}
        return ParseDict(it, engine_pb2.PlanResourcesInput.Resource())

    @staticmethod
    def resources(them, actions):
        entry = request_pb2.CheckResourcesRequest.ResourceEntry
        return [entry(actions=actions, resource=Grpc.resource(it)) for it in them]

    @staticmethod
    def aux_data(it):
        return it and ParseDict(it, request_pb2.AuxData())

    @staticmethod
    def plain(response):
        said = MessageToDict(response)
        results = getattr(response, "results", [])
        said["allowed"] = [[is_allowed(result, "view"), is_allowed(result, "unasked")] for result in results]
        said["found"] = [MessageToDict(get_resource(response, result.resource.id)) for result in results]
        return said


def error(raised):
    said = {"name": type(raised).__name__, "message": str(raised)}
    if isinstance(raised, grpc.RpcError):
        details = [value.hex() for name, value in raised.trailing_metadata() if name == "grpc-status-details-bin"]
        said |= {"message": raised.details(), "code": raised.code().name, "details": details}
    if isinstance(raised, model.CerbosRequestException):
        said["error"] = raised.error and raised.error.to_dict()
    return said


class Answers:
    def __init__(self, flavour, words):
        self.flavour, self.words, self.all = flavour, words, {}

    async def note(self, name, ask):
        """`ask` gives an answer, or something to wait for."""
        if name in self.all:
            raise KeyError(f"two answers have the name {name}")
        try:
            answer = ask()
            if inspect.isawaitable(answer):
                answer = await answer
            if not isinstance(answer, (bool, int, str, list, dict)):
                answer = self.words.plain(answer)
            self.all[name] = {"value": answer}
        except Exception as raised:
            self.all[name] = {"error": error(raised)}


async def checks(cerbos, words, answers):
    actions, note = SUITE["actions"], answers.note
    for who, principal in SUITE["principals"].items():
        her, them = words.principal(principal), words.resources(SUITE["resources"].values(), actions)
        await note(f"check for {who}", lambda: cerbos.check_resources(her, them))
        await note(f"check for {who}, as a context", lambda: cerbos.with_principal(her).check_resources(them, "r"))
        for what, resource in SUITE["resources"].items():
            it, described = words.resource(resource), words.described(resource)
            await note(f"is {who} allowed to view {what}", lambda: cerbos.is_allowed("view", her, it))
            await note(f"is {who}, as a context, allowed to edit {what}",
                       lambda: cerbos.with_principal(her).is_allowed("edit", it, "r"))
            await note(f"plan of known {what} for {who}", lambda: cerbos.plan_resources("edit", her, described))
            bare = words.described(resource | {"attr": {}})
            for action in actions if what in SUITE["kinds"] else []:
                await note(f"plan {action} of {what} for {who}", lambda: cerbos.plan_resources(action, her, bare))
            both = ["view", "search"]
            await note(f"plan two of {what} for {who}", lambda: cerbos.plan_resources(both, her, bare, "r"))
            await note(f"plan two of {what} for {who}, as a context",
                       lambda: cerbos.with_principal(her).plan_resources(both, bare))


async def auxiliary(cerbos, words, answers):
    mine, note = SUITE["resources"]["mine"], answers.note
    ann, it, described = (words.principal(SUITE["principals"]["ann"]), words.resource(mine),
                          words.described({"kind": "document"}))
    several = {"jwts": {"first": SUITE["tokens"]["good"]["jwt"], "second": SUITE["tokens"]["of_a_set"]["jwt"]}}
    both = {"jwt": SUITE["tokens"]["good"]["jwt"], **several}
    for name, tokens in (SUITE["tokens"] | {"several": several, "both": both}).items():
        aux_data = words.aux_data(tokens)
        her = cerbos.with_principal(ann, aux_data)
        for action in ["sign", "countersign"]:
            await note(f"{action} with {name}", lambda: cerbos.is_allowed(action, ann, it, aux_data=aux_data))
            await note(f"{action} with {name}, as a context", lambda: her.is_allowed(action, it))
            await note(f"plan {action} with {name}",
                       lambda: cerbos.plan_resources(action, ann, described, aux_data=aux_data))
        await note(f"check with {name}", lambda: cerbos.check_resources(
            ann, words.resources([mine], ["sign", "countersign"]), "r", aux_data))


async def mistakes(cerbos, words, answers):
    note = answers.note
    base = {"principal": SUITE["principals"]["ann"], "resource": SUITE["resources"]["mine"], "actions": SUITE["actions"]}
    for name, wrong in SUITE["refused"].items():
        asked = base | wrong
        her, it, actions = words.principal(asked["principal"]), asked["resource"], asked["actions"]
        await note(f"refused, {name}", lambda: cerbos.check_resources(her, words.resources([it], actions)))
        await note(f"refused, {name}, alone", lambda: cerbos.is_allowed((actions or [""])[-1], her, words.resource(it)))
        await note(f"refused plan, {name}", lambda: cerbos.plan_resources(actions, her, words.described(it)))
    ann, mine = words.principal(base["principal"]), base["resource"]
    await note("no request id", lambda: cerbos.check_resources(ann, words.resources([mine], ["view"]), ""))
    await note("no resources", lambda: cerbos.check_resources(ann, words.resources([], [])))
    await note("51 resources", lambda: cerbos.check_resources(ann, words.resources([mine] * 51, ["view"])))
    many = [f"a{number}" for number in range(51)]
    await note("51 actions", lambda: cerbos.check_resources(ann, words.resources([mine], many)))
    await note("a plan of 21 actions", lambda: cerbos.plan_resources(many[:21], ann, words.described(mine)))
    await note("a principal of another kind", lambda: cerbos.check_resources(mine, []))


async def suite(cerbos, words, answers):
    await checks(cerbos, words, answers)
    await auxiliary(cerbos, words, answers)
    await mistakes(cerbos, words, answers)
    if words is Http:
        for service in [None, "cerbos.svc.v1.CerbosService", "nobody.Service"]:
            await answers.note(f"healthy {service}", lambda: cerbos.is_healthy(service))
    else:
        async def information():
            said = cerbos.server_info()
            return (await said if inspect.isawaitable(said) else said).version
        await answers.note("server", information)


def log():
    logger = logging.getLogger("suite")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(logging.NullHandler())
    return logger


def options(words):
    """Clients that are made with something else, by what it is."""
    if words is Http:
        found = {
            "raising": {"raise_on_error": True},
            "playground": {"playground_instance": "none"},
            "retrying": {"request_retries": 2, "connection_retries": 2},
            "debugging": {"debug": True, "logger": log()},
        }
        if TLS:
            found["a context of TLS"] = {"tls_verify": ssl.create_default_context(cafile=TLS)}
            found["no look at the certificate"] = {"tls_verify": False}
        return found
    found = {
        "playground": {"playground_instance": "none"},
        "retrying": {"request_retries": 2},
        "waiting": {"wait_for_ready": True},
        "of the channel": {"channel_options": {"grpc.max_send_message_length": 1 << 20, "grpc.enable_retries": 0}},
        "compression": {"channel_options": {"grpc.default_compression_algorithm": 2}},
    }
    if TLS:
        found["the roots of the environment"] = {"tls_verify": True}
    return found


async def with_options(cerbos, words, answers, name):
    ann, resources = words.principal(SUITE["principals"]["ann"]), SUITE["resources"]
    await answers.note(f"{name}, check", lambda: cerbos.check_resources(
        ann, words.resources(resources.values(), SUITE["actions"])))
    await answers.note(f"{name}, plan", lambda: cerbos.plan_resources(
        "search", ann, words.described({"kind": "document"})))
    await answers.note(f"{name}, refused", lambda: cerbos.check_resources(ann, words.resources([], [])))
    await answers.note(f"{name}, refused plan", lambda: cerbos.plan_resources(
        "", ann, words.described({"kind": "document"})))
    if words is Http and name != "raising":
        async def failed():
            said = cerbos.check_resources(ann, words.resources([], []))
            return (await said if inspect.isawaitable(said) else said).raise_if_failed()
        await answers.note(f"{name}, raised", failed)


async def run(words, waiting, asynchronous):
    """One flavour after the other; both say the same, so that one set of names is enough."""
    all_answers = {}
    for flavour, make in [("waiting", waiting), ("asynchronous", asynchronous)]:
        answers = Answers(flavour, words)
        for name, more in [(None, {}), *options(words).items()]:
            # Clients keep what they are given.
            made = make(**copy.copy(words.host) | more)
            asked = (lambda cerbos: suite(cerbos, words, answers)) if name is None else (
                lambda cerbos: with_options(cerbos, words, answers, name))
            if flavour == "waiting":
                with made as cerbos:
                    await asked(cerbos)
            else:
                async with made as cerbos:
                    await asked(cerbos)
        all_answers[flavour] = answers.all
    return all_answers


async def main():
    answers = {
        "http": await run(Http, over_http.CerbosClient, over_http.AsyncCerbosClient),
        "grpc": await run(Grpc, over_grpc.CerbosClient, over_grpc.AsyncCerbosClient),
    }
    json.dump(answers, sys.stdout, default=str)


asyncio.run(main())

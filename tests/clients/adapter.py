"""Cerbos's adapter for SQLAlchemy makes queries of the plans of a PDP, and asks a table of SQLite with them;
prints the SQL, the rows that it found and those that checks allow, as one JSON document.

adapter.py FOLDER    FOLDER has the packages `cerbos` and `cerbos_sqlalchemy` in it; on stdin, see `ask` in
tests/it/clients/mod.rs
"""

import json
import random
import sys

sys.path.insert(0, sys.argv[1])

from cerbos.engine.v1 import engine_pb2  # noqa: E402
from cerbos.sdk.client import CerbosClient as OverHttp  # noqa: E402
from cerbos.sdk.grpc.client import CerbosClient as OverGrpc  # noqa: E402
from cerbos.sdk.model import Principal, Resource, ResourceDesc, ResourceList  # noqa: E402
from cerbos_sqlalchemy import get_query  # noqa: E402
from google.protobuf.json_format import ParseDict  # noqa: E402
from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, create_engine, insert  # noqa: E402

ASKED = json.load(sys.stdin)
ROWS = 1_000
BATCH = 50

KIND = "ticket"
ACTIONS = ["open", "own", "read", "triage", "close", "escalate", "export", "shred", "audit", "label", "merge", "vote"]
PRINCIPALS = [
    {"id": "ann", "roles": ["agent"], "attr": {"team": "red", "level": 3, "teams": ["red", "blue"], "city": "Rome"}},
    {"id": "bob", "roles": ["agent", "lead"], "attr": {"team": "blue", "level": 1, "teams": [], "city": "Łódź"}},
    {"id": "cleo", "roles": ["lead"], "attr": {"team": "green", "level": 9, "teams": ["green"], "city": "O'Hare"}},
    {"id": "dora", "roles": ["guest"], "attr": {"team": "red", "level": 0, "teams": ["red"], "city": "Rome"}},
    {"id": "root", "roles": ["agent"], "attr": {"team": "red", "level": 3, "teams": ["red"], "city": "Rome"}},
    {"id": "nobody", "roles": ["stranger"]},
]

TICKETS = Table(
    "tickets", MetaData(),
    Column("id", String, primary_key=True),
    Column("owner", String), Column("team", String), Column("stage", String), Column("title", String),
    Column("points", Integer), Column("votes", Integer), Column("urgent", Boolean), Column("place_city", String),
)
# Of each attribute its column; the attribute of a place is nested.
COLUMNS = {f"request.resource.attr.{name}": TICKETS.c[name]
           for name in ["owner", "team", "stage", "title", "points", "votes", "urgent"]}
COLUMNS["request.resource.attr.place.city"] = TICKETS.c.place_city
COLUMNS["request.resource.id"] = TICKETS.c.id


def rows():
    dice = random.Random(7)
    pick = lambda *choices: dice.choice(choices)
    for number in range(ROWS):
        yield {
            "id": f"t{number}",
            "owner": pick("ann", "bob", "cleo", "dora", "Ann"),
            "team": pick("red", "blue", "green", "RED"),
            "stage": pick("new", "open", "done", "lost"),
            "title": pick("printer on fire", "50% off", "under_score", "Fire drill", "", "a'b", "ünïcode", "on fire"),
            "points": pick(0, 1, 3, 5, 8, 13, 21, -2),
            "votes": pick(0, 1, 2, 3, 8),
            "urgent": pick(True, False),
            "place_city": pick("Rome", "Łódź", "O'Hare", "rome"),
        }


def resource(row):
    attr = {name: row[name] for name in row if name not in ("id", "place_city")}
    return Resource(row["id"], KIND, {**attr, "place": {"city": row["place_city"]}})


def sql(query):
    return str(query.compile(compile_kwargs={"literal_binds": True}))


def allowed(cerbos, principal):
    """The rows of each action that checks allow one by one."""
    table, found = list(rows()), {action: [] for action in ACTIONS}
    for start in range(0, ROWS, BATCH):
        asked = ResourceList()
        for row in table[start:start + BATCH]:
            asked.add(resource(row), ACTIONS)
        for result in cerbos.check_resources(principal, asked).raise_if_failed().results:
            for action in ACTIONS:
                if result.is_allowed(action):
                    found[action].append(result.resource.id)
    return found


def main():
    engine = create_engine("sqlite://")
    TICKETS.metadata.create_all(engine)
    address, answers = ASKED["address"], {}
    with engine.connect() as database:
        # What SQL calls LIKE has no case here, as in CEL.
        database.exec_driver_sql("PRAGMA case_sensitive_like = ON")
        database.execute(insert(TICKETS), list(rows()))
        with OverHttp(f"http://{address['http']}", timeout_secs=60) as http, OverGrpc(address["grpc"]) as grpc:
            for who in PRINCIPALS:
                principal, described = Principal.from_dict(who), ResourceDesc(KIND)
                checks = allowed(http, principal)
                for action in ACTIONS:
                    plans = [
                        http.plan_resources(action, principal, described).raise_if_failed(),
                        grpc.plan_resources(action, ParseDict(who, engine_pb2.Principal()),
                                            engine_pb2.PlanResourcesInput.Resource(kind=KIND)),
                    ]
                    queries = [get_query(plan, TICKETS, COLUMNS) for plan in plans]
                    found = [sorted(row.id for row in database.execute(query)) for query in queries]
                    answers[f"{who['id']} {action}"] = {
                        "sql": [sql(query) for query in queries],
                        "found": found,
                        "allowed": [sorted(checks[action])] * len(found),
                    }
    json.dump(answers, sys.stdout)


main()

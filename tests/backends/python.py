"""Two readings of a request with Python: http.server with urllib, and Werkzeug's router behind WSGI,
which Flask uses. Prints a line with a name and a port for each.

    python.py FOLDER    FOLDER has the package `werkzeug` in it
"""

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

sys.path.insert(0, sys.argv[1])

from werkzeug.exceptions import HTTPException  # noqa: E402
from werkzeug.routing import Map, Rule  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

TEMPLATES = {
    "list": (r"/v1/orgs/([^/]+)/invoices", "/v1/orgs/<org>/invoices"),
    "invoice": (r"/v1/orgs/([^/]+)/invoices/([^/]+)", "/v1/orgs/<org>/invoices/<invoice>"),
    "settings": (r"/v1/orgs/([^/]+)/settings/", "/v1/orgs/<org>/settings/"),
    "file": (r"/v1/files/(.+)", "/v1/files/<path:rest>"),
    "open": (r"/v1/open/(.+)", "/v1/open/<path:rest>"),
    "admin": (r"/v1/admin/([^/]+)", "/v1/admin/<user>"),
}


class Plain(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        reading = {"route": None, "values": [], "q": [], "tenant": self.headers.get_all("x-tenant", [])}
        try:
            url = urlsplit(self.path)
            reading["q"] = parse_qs(url.query, keep_blank_values=True).get("q", [])
            for route, (pattern, _) in TEMPLATES.items():
                if match := re.fullmatch(pattern, url.path, re.DOTALL):
                    reading["route"], reading["values"] = route, [unquote(value) for value in match.groups()]
        except ValueError:
            pass  # Not a URL.
        body = json.dumps(reading).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Wsgi(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, *arguments):
        pass


RULES = Map([Rule(rule, endpoint=route) for route, (_, rule) in TEMPLATES.items()])


@Request.application
def router(request):
    reading = {"route": None, "values": [], "q": request.args.getlist("q"),
               "tenant": request.headers.getlist("x-tenant")}
    try:
        reading["route"], values = RULES.bind_to_environ(request.environ).match()
        reading["values"] = list(values.values())
    except HTTPException:
        pass  # There is no such route, or the client is sent to another one.
    return Response(json.dumps(reading), content_type="application/json")


def main():
    plain = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    wsgi = make_server("127.0.0.1", 0, router, threaded=True, request_handler=Wsgi)
    for name, server in [("http.server", plain), ("Werkzeug", wsgi)]:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(name, server.server_address[1], sep="\t", flush=True)
    # Whoever started us holds the other end.
    sys.stdin.read()


main()

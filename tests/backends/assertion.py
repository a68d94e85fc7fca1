"""A backend that believes a signed assertion and nothing else, with PyJWT. Prints its port. Answers with
the claims, or 401 with the name of what is wrong.

    assertion.py FOLDER KEYS    FOLDER has the package `jwt` in it, KEYS is the URL of the key set
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, sys.argv[1])

import jwt  # noqa: E402

KEYS = jwt.PyJWKClient(sys.argv[2])
DEMANDED = ["aud", "exp", "iat", "iss", "jti", "sub", "request"]


def believed(request):
    token = request.headers["x-portcullis-assertion"]
    if token is None:
        raise LookupError("no assertion")
    claims = jwt.decode(
        token,
        KEYS.get_signing_key_from_jwt(token),
        algorithms=["ES256", "EdDSA", "RS256"],
        issuer="https://gateway.example",
        audience="api.invoices.example",
        options={"require": DEMANDED},
    )
    made_for = (claims["request"]["method"], claims["request"]["path"])
    if made_for != (request.command, request.path.partition("?")[0]):
        raise LookupError("made for another request")
    return claims


class Backend(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, answer = 200, believed(self)
        except (LookupError, jwt.PyJWTError) as error:
            status, answer = 401, {"error": type(error).__name__, "detail": str(error)}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PATCH = do_GET

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
print(server.server_port, flush=True)
server.serve_forever()

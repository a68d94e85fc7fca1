// Three readings of a request with Node: its own http module with the URL of WHATWG, Express 5 and
// Express 4, all with their default settings. Prints a line with a name and a port for each.
//
// node node.cjs FOLDER    FOLDER has `express` and `express4` in its node_modules

"use strict";

const http = require("node:http");
const { createRequire } = require("node:module");
const path = require("node:path");

const packages = createRequire(path.join(path.resolve(process.argv[2]), "index.js"));

const TEMPLATES = {
  list: [/^\/v1\/orgs\/([^/]+)\/invoices$/, "/v1/orgs/:org/invoices"],
  invoice: [/^\/v1\/orgs\/([^/]+)\/invoices\/([^/]+)$/, "/v1/orgs/:org/invoices/:invoice"],
  settings: [/^\/v1\/orgs\/([^/]+)\/settings\/$/, "/v1/orgs/:org/settings/"],
  file: [/^\/v1\/files\/(.+)$/, "/v1/files/*rest"],
  open: [/^\/v1\/open\/(.+)$/, "/v1/open/*rest"],
  admin: [/^\/v1\/admin\/([^/]+)$/, "/v1/admin/:user"],
};

// Express 4 reads `q[a]=1` as an object.
function list(value) {
  const values = value === undefined ? [] : [].concat(value);
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
}

function plain(request, response) {
  const reading = { route: null, values: [], q: [], tenant: list(request.headers["x-tenant"]) };
  try {
    const url = new URL(request.url, "http://api.hostile.example");
    reading.q = url.searchParams.getAll("q");
    for (const [route, [pattern]] of Object.entries(TEMPLATES)) {
      const match = pattern.exec(url.pathname);
      if (match) {
        reading.values = match.slice(1).map((value) => value.split("/").map(decodeURIComponent).join("/"));
        reading.route = route;
      }
    }
  } catch {
    // Not a URL, or not an escape.
  }
  response.end(JSON.stringify(reading));
}

function withExpress(express, wildcard) {
  const app = express();
  const reading = (request, route, values) => ({
    route,
    values,
    q: list(request.query.q),
    tenant: list(request.get("x-tenant")),
  });
  for (const [route, [, template]] of Object.entries(TEMPLATES)) {
    app.get(wildcard(template), (request, response) => {
      const values = Object.values(request.params).map((value) => list(value).join("/"));
      response.json(reading(request, route, values));
    });
  }
  app.use((request, response) => response.json(reading(request, null, [])));
  app.use((error, request, response, next) => response.json(reading(request, null, [])));
  return app;
}

const servers = {
  "node:http": plain,
  "Express 5": withExpress(packages("express"), (template) => template),
  "Express 4": withExpress(packages("express4"), (template) => template.replace("*rest", "*")),
};

for (const [name, listener] of Object.entries(servers)) {
  const server = http.createServer(listener);
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => console.log(`${name}\t${server.address().port}`));
}
// Whoever started us holds the other end.
process.stdin.resume().on("end", () => process.exit());

// Everything that Cerbos's own clients for JavaScript can ask of the API, with every option that they have;
// prints all answers as one JSON document.
//
// node javascript.mjs grpc|http FOLDER    FOLDER has the client in its node_modules; on stdin, see `ask`
// in tests/it/clients/mod.rs

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { pathToFileURL } from "node:url";

const [kind, folder] = process.argv.slice(2);
const { address, ca, suite } = JSON.parse(readFileSync(0, "utf8"));
const { principals, resources, kinds, actions, tokens, refused } = suite;

const load = (name) =>
  import(pathToFileURL(join(resolve(folder), `node_modules/@cerbos/${name}/lib/index.js`)));
const { GRPC, Compression, HTTP } = await load(kind);
const core = await load("core");
const { NotOK, Service, ValidationFailed } = core;

const open = [];

function client(options = {}) {
  if (kind === "http") {
    return new HTTP(`${ca ? "https" : "http"}://${address}`, options);
  }
  const tls = ca ? createSecureContext({ ca }) : false;
  const made = new GRPC(address, { tls, ...options });
  open.push(made);
  return made;
}

const answers = {};

async function note(name, ask) {
  if (name in answers) {
    throw new Error(`two answers have the name ${name}`);
  }
  try {
    answers[name] = { value: (await ask()) ?? null };
  } catch (error) {
    const { code, details, validationErrors } = error;
    const known = error instanceof NotOK || error instanceof ValidationFailed;
    answers[name] = {
      error: { name: error.name, message: error.message, code, details, validationErrors, known },
    };
  }
}

// What a response says when it is asked, beside its fields.
function checked(response) {
  const { validationErrors } = response;
  const each = response.results.map((result) => ({
    all: result.allAllowed(),
    allowed: result.allowedActions().sort(),
    view: result.isAllowed("view"),
    unasked: result.isAllowed("unasked"),
    output: result.output("resource.document.vdefault#viewing"),
    no_output: result.output("nowhere"),
    found: response.findResult(result.resource) === result,
    by_search: [
      response.allAllowed(result.resource),
      response.allowedActions(result.resource).sort(),
      response.isAllowed({ resource: result.resource, action: "view" }),
    ],
  }));
  const stranger = { kind: "document", id: "nobody's" };
  const strange = [response.allAllowed(stranger) ?? null, response.findResult(stranger) ?? null];
  return { response, validationErrors, each, strange };
}

function planned(response) {
  return { response, conditional: core.planResourcesResponseIsConditional?.(response) ?? null };
}

async function checks(cerbos) {
  for (const [who, principal] of Object.entries(principals)) {
    const asked = Object.values(resources).map((resource) => ({ resource, actions }));
    for (const includeMetadata of [undefined, false, true]) {
      await note(`check resources for ${who}, metadata ${includeMetadata}`, async () =>
        checked(await cerbos.checkResources({ principal, resources: asked, includeMetadata })),
      );
    }
    for (const [what, resource] of Object.entries(resources)) {
      await note(`check ${what} for ${who}`, () =>
        cerbos.checkResource({ principal, resource, actions, includeMetadata: true, requestId: `${who} ${what}` }),
      );
      await note(`is ${who} allowed to view ${what}`, () =>
        cerbos.isAllowed({ principal, resource, action: "view" }),
      );
    }
  }
  const twice = [resources.mine, resources.mine, resources.second].map((resource) => ({ resource, actions }));
  await note("one resource twice", async () =>
    checked(await cerbos.checkResources({ principal: principals.ann, resources: twice })),
  );
}

async function plans(cerbos) {
  for (const [who, principal] of Object.entries(principals)) {
    for (const [what, { kind, policyVersion, scope, attr }] of Object.entries(resources)) {
      const resource = { kind, policyVersion, scope };
      const known = { ...resource, attributes: { author: attr?.author ?? "x" } };
      for (const action of kinds.includes(what) ? actions : []) {
        await note(`plan ${action} of ${what} for ${who}`, async () =>
          planned(await cerbos.planResources({ principal, resource, action, includeMetadata: true })),
        );
      }
      await note(`plan two of ${what} for ${who}`, async () =>
        planned(await cerbos.planResources({ principal, resource, actions: ["view", "search"], requestId: "r" })),
      );
      await note(`plan of known ${what} for ${who}`, async () =>
        planned(await cerbos.planResources({ principal, resource: known, actions: ["edit"], includeMetadata: true })),
      );
    }
  }
}

async function auxiliary(cerbos) {
  const [principal, resource] = [principals.ann, resources.mine];
  for (const [name, auxData] of Object.entries(tokens)) {
    await note(`check with a token ${name}`, () =>
      cerbos.checkResource({ principal, resource, actions: ["sign", "countersign"], auxData }),
    );
    await note(`allowed with a token ${name}`, () =>
      cerbos.isAllowed({ principal, resource, action: "sign", auxData }),
    );
    await note(`plan with a token ${name}`, () =>
      cerbos.planResources({ principal, resource: { kind: "document" }, action: "sign", auxData }),
    );
    const her = cerbos.withPrincipal(principal, auxData);
    await note(`her with a token ${name}`, () => her.isAllowed({ resource, action: "sign" }));
    await note(`her plan with a token ${name}`, () =>
      her.planResources({ resource: { kind: "document" }, action: "sign", includeMetadata: true }),
    );
  }
  const her = cerbos.withPrincipal(principal);
  await note("her", () => her.checkResource({ resource, actions, includeMetadata: true, requestId: "her" }));
  await note("hers", async () =>
    checked(await her.checkResources({ resources: [{ resource, actions }, { resource: resources.hr, actions }] })),
  );
  await note("her, with a token of her own", () =>
    her.isAllowed({ resource, action: "sign", auxData: tokens.good }),
  );
  const requestContext = { annotations: { app: "suite", depth: [1, { a: null }] } };
  await note("with a context", () => cerbos.checkResource({ principal, resource, actions, requestContext }));
  await note("a plan with a context", () =>
    cerbos.planResources({ principal, resource: { kind: "document" }, actions, requestContext }),
  );
}

async function mistakes(cerbos) {
  const base = { principal: principals.ann, resource: resources.mine, actions };
  for (const [name, wrong] of Object.entries(refused)) {
    const { principal, resource, actions } = { ...base, ...wrong };
    await note(`refused, ${name}`, () => cerbos.checkResource({ principal, resource, actions }));
    const { id, ...known } = resource;
    await note(`refused plan, ${name}`, () => cerbos.planResources({ principal, resource: known, actions }));
  }
  const { principal, resource } = base;
  const entry = { resource, actions: ["view"] };
  for (const count of [0, 50, 51]) {
    await note(`${count} resources`, async () => {
      const { results } = await cerbos.checkResources({ principal, resources: Array(count).fill(entry) });
      return results.length;
    });
    const many = Array.from({ length: count }, (_, number) => `a${number}`);
    await note(`${count} actions`, () => cerbos.checkResource({ principal, resource, actions: many }));
  }
  const many = Array.from({ length: 21 }, (_, number) => `a${number}`);
  await note("a plan of 21 actions", () => cerbos.planResources({ principal, resource, actions: many }));
  await note("aborted", () => cerbos.checkResource({ principal, ...entry }, { signal: AbortSignal.abort() }));
  await note("in time", () =>
    cerbos.checkResource({ principal, ...entry }, { signal: AbortSignal.timeout(60_000) }),
  );
}

async function options() {
  const request = { principal: principals.ann, resource: resources.odd, actions };
  const plan = { principal: principals.ann, resource: { kind: "document", attributes: { author: 5 } }, actions };
  const several = { principal: principals.eve, resources: [{ resource: resources.odd, actions }] };
  const heard = [];
  const listening = client({ onValidationError: (errors) => heard.push(errors) });
  const throwing = client({ onValidationError: "throw" });
  for (const [name, cerbos] of Object.entries({ listening, throwing })) {
    await note(`${name}, one`, () => cerbos.checkResource(request));
    await note(`${name}, several`, async () => checked(await cerbos.checkResources(several)));
    await note(`${name}, allowed`, () => cerbos.isAllowed({ ...request, action: "edit" }));
    await note(`${name}, plan`, () => cerbos.planResources(plan));
    await note(`${name}, nothing wrong`, () => cerbos.checkResource({ ...request, resource: resources.mine }));
  }
  await note("heard", () => heard);
  const made = {
    "headers as an object": { headers: { "x-tenant": "acme" } },
    "headers as a list": { headers: [["x-tenant", "acme"], ["x-more", "1"]] },
    "headers of a class": { headers: new Headers({ "x-tenant": "acme" }) },
    "headers of a function": { headers: async () => ({ "x-tenant": "acme" }) },
    "a user agent": { userAgent: "suite/1" },
    "a playground": { playgroundInstance: "none" },
    "admin credentials": { adminCredentials: { username: "cerbos", password: "x" } },
  };
  if (kind === "grpc") {
    made["no compression"] = { compression: Compression.NONE };
    made["compression"] = { compression: Compression.GZIP };
    made["of the channel"] = {
      channelOptions: { "grpc.enable_retries": 0, "grpc.keepalive_time_ms": 60_000, "grpc.max_receive_message_length": 100_000 },
    };
    if (ca) {
      made["well-known roots"] = { tls: true };
    }
  }
  for (const [name, options] of Object.entries(made)) {
    await note(name, async () =>
      checked(await client(options).checkResources(several, { headers: { "x-request": "1" } })),
    );
  }
}

async function server(cerbos) {
  await note("server", async () => {
    const { version, commit, buildDate } = await cerbos.serverInfo({ headers: { "x-a": "b" } });
    return { version, commit: typeof commit, buildDate: typeof buildDate };
  });
  await note("health", () => cerbos.checkHealth());
  await note("health of Cerbos", () => cerbos.checkHealth({ service: Service.CERBOS }));
  await note("health of the administration", () => cerbos.checkHealth({ service: Service.ADMIN }));
}

const cerbos = client();
await checks(cerbos);
await plans(cerbos);
await auxiliary(cerbos);
await mistakes(cerbos);
await options();
await server(cerbos);
open.forEach((client) => client.close());
process.stdout.write(JSON.stringify(answers));

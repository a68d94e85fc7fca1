// An issuer that nobody here wrote: the npm package oauth2-mock-server, told what to do line by line.
// Each order is a line of JSON; each answer is a line.
//
// node oauth2-mock-server.mjs FOLDER    FOLDER has the package in its node_modules
//
//   {"order": "url"}                    the issuer
//   {"order": "key"}                    makes one more key; its id
//   {"order": "token", "kid", "claims"} a token
//   {"order": "forget"}                 all keys but the last one are gone

import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const entry = path.resolve(process.argv[2], "node_modules/oauth2-mock-server/dist/index.mjs");
const { OAuth2Server } = await import(pathToFileURL(entry));

async function start(port, keys) {
  const server = new OAuth2Server();
  for (const key of keys) {
    await server.issuer.keys.add(key);
  }
  await server.start(port, "127.0.0.1");
  return server;
}

let server = await start(0, []);

const orders = {
  url: () => server.issuer.url,
  key: async () => (await server.issuer.keys.generate("RS256")).kid,
  token: ({ kid, claims }) =>
    server.issuer.buildToken({ kid, scopesOrTransform: (_header, payload) => Object.assign(payload, claims) }),
  forget: async () => {
    const keys = server.issuer.keys.toJSON(true).slice(-1);
    const { port } = server.address();
    await server.stop();
    server = await start(port, keys);
    return "forgotten";
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  console.log(await orders[order.order](order));
}
process.exit();

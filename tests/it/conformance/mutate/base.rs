//! Valid directories to begin with: a random one, the shipped policies, and one with every field.

use std::{collections::BTreeMap, fs, path::Path};

use fastrand::Rng;
use portcullis::yaml::{self, Limits};

use super::doc::Doc;
use crate::{conformance::policy, tools};

pub(super) type Documents = BTreeMap<String, Doc>;

pub(super) fn documents(dice: &mut Rng) -> Documents {
    match dice.u32(0..10) {
        0..3 => {
            let scene = policy::directory(dice, 1, 0);
            scene.files.iter().map(|(path, json)| (path.clone(), Doc::from(json))).collect()
        }
        3 => shipped(),
        _ => everything(),
    }
}

fn read(text: &str) -> Doc {
    let limits = Limits { bytes: 1 << 20, depth: 64, nodes: 1 << 16 };
    Doc::from(&yaml::load(text, limits).unwrap().unwrap())
}

fn shipped() -> Documents {
    let mut documents = Documents::new();
    let root = tools::root().join("policies");
    for folder in [root.clone(), root.join("organizations")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(&root).unwrap_or(Path::new("")).to_str().unwrap();
                documents.insert(name.to_owned(), read(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    documents
}

fn everything() -> Documents {
    let files = EVERYTHING.split("\n== ").skip(1).map(|file| file.split_once('\n').unwrap());
    files.map(|(name, text)| (name.to_owned(), read(text))).collect()
}

/// Every kind of policy, and every field of each.
const EVERYTHING: &str = r##"
== resource.yaml
apiVersion: api.cerbos.dev/v1
description: Orders
metadata: {annotations: {team: shop}, hash: 12, sourceFile: order.yaml, storeIdentifier: a}
variables: {legacy: R.attr.total > 3}
resourcePolicy:
  resource: order
  version: default
  importDerivedRoles: [shop_roles]
  variables:
    import: [shop_variables]
    local:
      large: R.attr.total > C.limit
      open: V.large || V.owned
  constants: {import: [shop_constants], local: {limit: 5, tags: [a, {b: null, c: 1.5}]}}
  schemas:
    principalSchema: {ref: "cerbos:///user.json", ignoreWhen: {actions: [list]}}
    resourceSchema: {ref: "cerbos:///order.json", ignoreWhen: {actions: ["v*", delete]}}
  rules:
    - name: readers
      actions: [view, list]
      roles: [user, admin]
      effect: EFFECT_ALLOW
      condition: {match: {all: {of: [{expr: V.open}, {any: {of: [{expr: R.attr.a == 1}, {none: {of: [{expr: V.legacy}]}}]}}]}}}
      output: {when: {ruleActivated: P.id, conditionNotMet: '"no"'}}
    - actions: ["*"]
      derivedRoles: [buyer]
      effect: EFFECT_DENY
      condition:
        match: {expr: request.auxData.jwt.org != C.org}
== scoped.yaml
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: order
  version: default
  scope: acme
  scopePermissions: SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS
  rules:
    - {actions: [view], roles: ["*"], effect: EFFECT_ALLOW}
== deep.yaml
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: order
  version: default
  scope: acme.eu
  rules: []
== principal.yaml
apiVersion: api.cerbos.dev/v1
principalPolicy:
  principal: ann
  version: default
  variables: {local: {night: now().getHours() < 6}}
  rules:
    - resource: order
      actions:
        - {action: view, effect: EFFECT_ALLOW, name: all, condition: {match: {expr: "!V.night"}}}
        - {action: delete, effect: EFFECT_DENY, output: {expr: R.id}}
    - resource: "inv*"
      actions: [{action: "*", effect: EFFECT_DENY}]
== role.yaml
apiVersion: api.cerbos.dev/v1
rolePolicy:
  role: clerk
  version: default
  scope: acme
  parentRoles: [user]
  constants: {local: {most: 3}}
  rules:
    - {resource: order, allowActions: [view, "l*"], name: few, condition: {match: {expr: R.attr.n < C.most}}, output: {when: {ruleActivated: R.kind}}}
== shop/roles.yaml
apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: shop_roles
  variables: {import: [shop_variables], local: {near: R.attr.city == P.attr.city}}
  constants: {local: {org: acme}}
  definitions:
    - {name: buyer, parentRoles: [user], condition: {match: {expr: V.owned && V.near}}}
    - {name: anybody, parentRoles: ["*"]}
== shop/variables.yaml
apiVersion: api.cerbos.dev/v1
exportVariables:
  name: shop_variables
  definitions:
    owned: R.attr.owner == P.id
    known: P.attr.?level.orValue(0) > 2
== shop/constants.yaml
apiVersion: api.cerbos.dev/v1
disabled: false
exportConstants:
  name: shop_constants
  definitions: {org: acme, cities: [paris, rome], nothing: null}
== _schemas/user.json
{"type": "object", "properties": {"city": {"type": "string", "pattern": "^[a-z]+$"}}}
== _schemas/order.json
{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["owner"],
 "properties": {"total": {"type": "number", "minimum": 0}, "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}},
 "$defs": {"line": {"type": "object", "format": "uri"}}}
"##;

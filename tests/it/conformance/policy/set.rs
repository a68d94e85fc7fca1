//! One set of policies: some kinds of resources, their scopes, principals and roles.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value as Json, json};

use super::{
    blocks::{ACTION_PATTERNS, ACTIONS, ALLOWED, Writer, put},
    schema::schema,
};
use crate::conformance::random::Dice;

const ROLES: [&str; 6] = ["user", "admin", "manager", "*", "adm*", "{user,admin}"];
const DERIVED: [&str; 3] = ["owner", "peer", "boss"];
const OVERRIDE: &str = "SCOPE_PERMISSIONS_OVERRIDE_PARENT";
const CONSENT: &str = "SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS";

/// The names that questions can ask about.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub kinds: Vec<String>,
    pub principals: Vec<String>,
    /// Roles with role policies.
    pub sub_roles: Vec<String>,
    /// From the root down.
    pub scopes: Vec<String>,
}

/// The `scopePermissions` of every policy at the root, which all sets share. Where it says
/// something, nothing may be at the root that cannot say the same.
pub(super) type Permissions = Option<&'static str>;

/// What all sets of a directory have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    pub root: Permissions,
    /// Under strict evaluation a row that fails ends it all, so that the order of rows shows.
    pub strict: bool,
}

pub(super) fn root_permissions(dice: &mut Rng) -> Permissions {
    match dice.u32(0..40) {
        0 => Some(CONSENT),
        1..=3 => Some(OVERRIDE),
        _ => None,
    }
}

pub(super) struct Maker<'d> {
    pub dice: &'d mut Rng,
    pub files: &'d mut BTreeMap<String, Json>,
    /// Expressions of the directory so far.
    pub written: &'d mut usize,
    pub number: usize,
    set: Set,
    strict: bool,
    /// For each scope.
    permissions: Vec<Permissions>,
    /// What derived roles, variables and constants the set exports, by name in expressions.
    exported: Option<Exported>,
}

#[derive(Debug)]
struct Exported {
    variables: Vec<String>,
    constants: Vec<String>,
}

// === impl Maker ===

impl<'d> Maker<'d> {
    pub(super) fn new(
        dice: &'d mut Rng,
        files: &'d mut BTreeMap<String, Json>,
        written: &'d mut usize,
        number: usize,
        Common { root, strict }: Common,
    ) -> Self {
        let mut kinds = vec![format!("doc{number}")];
        if dice.percent(40) {
            kinds.push(format!("leave-req:x{number}"));
        }
        if dice.percent(10) {
            kinds.push(format!("{number} kind"));
        }
        let mut principals = vec!["alice".to_owned(), format!("u{number}")];
        if dice.percent(30) {
            principals.push(format!("u{number}@x-y.com"));
        }
        let sub_roles = (0..dice.usize(0..3)).map(|at| format!("sub{number}_{at}")).collect();
        let top = format!("s{number}");
        let scopes = [String::new(), top.clone(), format!("{top}.a"), format!("{top}.a.b-1")];
        let mut permissions = vec![root];
        permissions.extend((1..4).map(|_| match dice.u32(0..10) {
            0..4 => Some(CONSENT),
            4 => Some(OVERRIDE),
            _ => None,
        }));
        let depth = *dice.pick(&[1, 2, 2, 3, 3, 4]);
        let set = Set { kinds, principals, sub_roles, scopes: scopes[..depth].to_vec() };
        Self { dice, files, written, number, set, strict, permissions, exported: None }
    }

    pub(super) fn make(mut self) -> Set {
        if self.permissions[0].is_none() {
            self.exports();
            self.derived_roles();
        }
        for kind in self.set.kinds.clone() {
            let depth = self.depth();
            let versions: &[&str] =
                if self.dice.percent(25) { &["default", "v2"] } else { &["default"] };
            for version in versions {
                for scope in 0..depth {
                    self.resource(&kind, version, scope);
                }
            }
        }
        self.disabled();
        for principal in self.set.principals.clone() {
            if principal != "alice" && self.dice.percent(60) {
                let depth = self.depth();
                let version = *self.dice.pick(&["default", "default", "default", "v2"]);
                (0..depth).for_each(|scope| self.principal(&principal, version, scope));
            }
        }
        for role in self.set.sub_roles.clone() {
            for scope in 0..self.set.scopes.len() {
                if self.permissions[scope].is_none() && self.dice.percent(60) {
                    self.role(&role, scope);
                }
            }
        }
        self.set
    }

    /// For how many scopes, from the root down, something has policies: mostly for all.
    fn depth(&mut self) -> usize {
        let all = self.set.scopes.len();
        if self.dice.percent(60) { all } else { self.dice.usize(1..=all) }
    }

    fn file(&mut self, name: &str, kind: &str, policy: &Json) -> String {
        let path = format!("set{}/{name}{}.json", self.number, self.files.len());
        let content = json!({ "apiVersion": "api.cerbos.dev/v1", kind: policy });
        self.files.insert(path.clone(), content);
        path
    }

    /// Sometimes a policy twice, with other rules, where one of the two does not count.
    fn disabled(&mut self) {
        if self.dice.percent(10) {
            let kind = self.set.kinds[0].clone();
            let path = self.resource(&kind, "default", 0);
            self.files.get_mut(&path).unwrap()["disabled"] = true.into();
        }
    }

    fn writer(&mut self, names: &[String]) -> Writer<'_> {
        Writer { dice: self.dice, written: self.written, names: names.to_vec() }
    }

    fn exports(&mut self) {
        let number = self.number;
        let mut writer = self.writer(&[]);
        let variables = writer.variables(&format!("x{number}_"), 3);
        let exported = std::mem::take(&mut writer.names);
        let constants = writer.constants(&format!("x{number}_"), 3);
        self.exported = Some(Exported { variables: exported, constants: writer.names });
        let name = format!("exports{number}");
        let file = json!({ "name": name, "definitions": variables });
        self.file("variables", "exportVariables", &file);
        self.file(
            "constants",
            "exportConstants",
            &json!({ "name": name, "definitions": constants }),
        );
    }

    /// Declares variables and constants; the names that the policy can use then.
    fn declare(&mut self, policy: &mut Json) -> Vec<String> {
        let number = self.number;
        let mut imported = [None, None];
        if let Some(Exported { variables, constants }) = &self.exported {
            // An exported variable may use other exported variables, and no constant.
            imported = [
                self.dice.percent(30).then(|| variables.clone()),
                self.dice.percent(30).then(|| constants.clone()),
            ];
        }
        let [imported_variables, imported_constants] = imported;
        let mut writer = self.writer(&[]);
        let blocks = [("constants", imported_constants), ("variables", imported_variables)];
        for (name, imported) in blocks {
            let mut block = json!({});
            if let Some(imported) = imported {
                block["import"] = json!([format!("exports{number}")]);
                writer.names.extend(imported);
            }
            let local = match name {
                "constants" => writer.constants("c", 2),
                _ => writer.variables("v", 3),
            };
            put(&mut block, "local", local.into());
            put(policy, name, block);
        }
        writer.names
    }

    fn derived_roles(&mut self) {
        let mut policy = json!({ "name": format!("derived{}", self.number) });
        let names = self.declare(&mut policy);
        let mut definitions = Vec::new();
        for name in DERIVED {
            let mut parents = self.dice.some(&ROLES[..4], 45);
            parents.extend(self.dice.some(&["peer", "adm*"], 8));
            if parents.is_empty() {
                parents.push("user");
            }
            let mut definition = json!({ "name": name, "parentRoles": parents });
            if self.dice.percent(70) {
                definition["condition"] = self.writer(&names).condition();
            }
            definitions.push(definition);
        }
        policy["definitions"] = definitions.into();
        self.file("derived", "derivedRoles", &policy);
    }

    fn resource(&mut self, kind: &str, version: &str, scope: usize) -> String {
        let mut policy = json!({ "resource": kind, "version": version });
        self.place(&mut policy, scope);
        if self.exported.is_some() {
            policy["importDerivedRoles"] = json!([format!("derived{}", self.number)]);
        }
        if self.dice.percent(40) {
            self.schemas(&mut policy);
        }
        let names = self.declare(&mut policy);
        let rules: Vec<Json> =
            (0..self.dice.usize(2..10)).map(|_| self.rule(&names, scope)).collect();
        put(&mut policy, "rules", rules.into());
        self.file("resource", "resourcePolicy", &policy)
    }

    fn schemas(&mut self, policy: &mut Json) {
        for side in ["principalSchema", "resourceSchema"] {
            if self.dice.percent(70) {
                let name = format!("set{}_{}.json", self.number, self.files.len());
                self.files.insert(format!("_schemas/{name}"), schema(self.dice));
                let mut schema = json!({ "ref": format!("cerbos:///{name}") });
                if self.dice.percent(30) {
                    let ignored = self.dice.some(&ALLOWED, 30);
                    let ignored = if ignored.is_empty() { vec!["view*"] } else { ignored };
                    schema["ignoreWhen"] = json!({ "actions": ignored });
                }
                policy["schemas"][side] = schema;
            }
        }
    }

    fn place(&mut self, policy: &mut Json, scope: usize) {
        put(policy, "scope", self.set.scopes[scope].clone().into());
        if let Some(permissions) = self.permissions[scope] {
            policy["scopePermissions"] = permissions.into();
        }
    }

    fn actions(&mut self) -> Vec<&'static str> {
        let mut actions = self.dice.some(&ACTIONS, 40);
        if actions.is_empty() || self.dice.percent(25) {
            actions.push(*self.dice.pick(&ACTION_PATTERNS));
        }
        actions
    }

    /// The order of the rows that one rule becomes is not defined in Cerbos. It shows where one of
    /// them denies and another one speaks first: such rules name only roles or one derived role.
    fn rule(&mut self, names: &[String], scope: usize) -> Json {
        let allows = self.dice.percent(82);
        let effect = if allows { "EFFECT_ALLOW" } else { "EFFECT_DENY" };
        let mut rule = json!({ "actions": self.actions(), "effect": effect });
        if self.dice.percent(25) {
            *self.written += 1;
            rule["name"] = format!("named{}", self.written).into();
        }
        let conditional = self.dice.percent(55);
        if conditional {
            rule["condition"] = self.writer(names).condition();
        }
        let speaks = self.dice.percent(35);
        if speaks {
            rule["output"] = self.writer(names).output();
        }
        let roles = self.dice.some(&ROLES, if allows { 40 } else { 20 });
        let mut roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
        let mut derived = Vec::new();
        if self.exported.is_some() {
            derived = self.dice.some(&DERIVED, 25);
        }
        if self.dice.percent(20) {
            roles.extend(self.set.sub_roles.first().cloned());
        }
        let denies = !allows || (conditional && self.permissions[scope] == Some(CONSENT));
        // Under strict evaluation, one derived role may fail where another one does not.
        let shows = (denies && speaks) || (self.strict && (denies || speaks));
        if shows && !derived.is_empty() {
            derived.truncate(1);
            roles.clear();
        }
        if roles.is_empty() && derived.is_empty() {
            roles.push("user".to_owned());
        }
        put(&mut rule, "roles", roles.into());
        put(&mut rule, "derivedRoles", derived.into());
        rule
    }

    /// One block for a pattern, or blocks for kinds: the order of blocks for the same kind is not
    /// defined in Cerbos.
    fn principal(&mut self, principal: &str, version: &str, scope: usize) {
        let mut policy = json!({ "principal": principal, "version": version });
        self.place(&mut policy, scope);
        let names = self.declare(&mut policy);
        let mut resources = self.set.kinds.clone();
        if self.dice.percent(40) {
            let pattern = *self.dice.pick(&["*", "doc*", "leave_*", "leave-req:*", "d*"]);
            resources = vec![pattern.to_owned()];
        }
        let mut rules = Vec::new();
        for resource in resources {
            let actions: Vec<Json> =
                (0..self.dice.usize(2..6)).map(|_| self.action_rule(&names)).collect();
            rules.push(json!({ "resource": resource, "actions": actions }));
        }
        policy["rules"] = rules.into();
        self.file("principal", "principalPolicy", &policy);
    }

    fn action_rule(&mut self, names: &[String]) -> Json {
        let effect = if self.dice.percent(65) { "EFFECT_ALLOW" } else { "EFFECT_DENY" };
        let actions = self.actions();
        let mut rule = json!({ "action": *self.dice.pick(&actions), "effect": effect });
        let mut writer = self.writer(names);
        if writer.dice.percent(60) {
            rule["condition"] = writer.condition();
        }
        if writer.dice.percent(30) {
            rule["output"] = writer.output();
        }
        rule
    }

    /// All rules name the same resource, or ones that no kind matches both: Cerbos confuses others.
    fn role(&mut self, role: &str, scope: usize) {
        let mut policy = json!({ "role": role });
        if self.dice.percent(80) {
            policy["version"] = "default".into();
        }
        put(&mut policy, "scope", self.set.scopes[scope].clone().into());
        // At most one parent restricts in its turn, and never both each other: in which order inherited
        // roles speak is not defined, and so how many outputs come before one denies.
        let mut parents = self.dice.some(&["user", "admin", "manager", "nobody"], 35);
        let other = self.set.sub_roles.iter().take_while(|other| *other != role).last();
        if self.dice.percent(30) {
            parents.extend(other.map(|other| &**other));
        }
        put(&mut policy, "parentRoles", json!(parents));
        let names = self.declare(&mut policy);
        let mut rules = Vec::new();
        for resource in self.role_resources() {
            for _ in 0..self.dice.usize(1..4) {
                rules.push(self.role_rule(&resource, &names));
            }
        }
        policy["rules"] = rules.into();
        self.file("role", "rolePolicy", &policy);
    }

    fn role_resources(&mut self) -> Vec<String> {
        let number = self.number;
        let (doc, leave) = (format!("doc{number}"), format!("leave_req_x{number}"));
        match self.dice.u32(0..10) {
            0..3 => vec![doc, leave],
            3 => vec!["*".to_owned()],
            4 => vec!["doc*".to_owned()],
            5 => vec![leave],
            6 => vec![format!("leave-req:x{number}")],
            _ => vec![doc],
        }
    }

    fn role_rule(&mut self, resource: &str, names: &[String]) -> Json {
        let mut allowed = self.dice.some(&ALLOWED, 25);
        if allowed.is_empty() {
            allowed.push("view");
        }
        let mut rule = json!({ "resource": resource, "allowActions": allowed });
        let mut writer = self.writer(names);
        if writer.dice.percent(40) {
            rule["condition"] = writer.condition();
        }
        if writer.dice.percent(25) {
            rule["output"] = writer.output();
        }
        if writer.dice.percent(20) {
            rule["name"] = "named".into();
        }
        rule
    }
}

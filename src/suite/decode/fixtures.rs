//! Principals, resources, auxiliary data and groups, of a suite and of what suites share.

use std::collections::BTreeMap;

use super::decode;
use crate::engine::{
    PolicyErrors, PolicyFile,
    model::{AuxData, PolicyVersion, Principal, Resource, Scope},
    policy::{Fields, Form, Reader},
};
use crate::suite::model::{Fixtures, Groups};
use crate::yaml::Node;

/// A file of fixtures.
pub(in crate::suite) struct PrincipalsFile;
pub(in crate::suite) struct ResourcesFile;
pub(in crate::suite) struct AuxDataFile;

// === impl PrincipalsFile, ResourcesFile, AuxDataFile ===

impl PrincipalsFile {
    /// # Errors
    /// Everything that is wrong with it.
    pub(in crate::suite) fn read(
        file: &PolicyFile,
    ) -> Result<(BTreeMap<Box<str>, Principal>, Groups), PolicyErrors> {
        decode(file, |reader, node| {
            let known = ["principals", "principalGroups", "$schema"];
            let fields = reader.fields(node, "the principals", &known);
            reader.any_text(&fields, "$schema");
            (
                reader.by_key(&fields, "principals", Reader::principal),
                reader.groups(&fields, "principalGroups", "principals"),
            )
        })
    }
}

impl ResourcesFile {
    /// # Errors
    /// Everything that is wrong with it.
    pub(in crate::suite) fn read(
        file: &PolicyFile,
    ) -> Result<(BTreeMap<Box<str>, Resource>, Groups), PolicyErrors> {
        decode(file, |reader, node| {
            let known = ["resources", "resourceGroups", "$schema"];
            let fields = reader.fields(node, "the resources", &known);
            reader.any_text(&fields, "$schema");
            (
                reader.by_key(&fields, "resources", Reader::resource),
                reader.groups(&fields, "resourceGroups", "resources"),
            )
        })
    }
}

impl AuxDataFile {
    /// # Errors
    /// Everything that is wrong with it.
    pub(in crate::suite) fn read(
        file: &PolicyFile,
    ) -> Result<BTreeMap<Box<str>, AuxData>, PolicyErrors> {
        decode(file, |reader, node| {
            let fields = reader.fields(node, "the auxiliary data", &["auxData", "$schema"]);
            reader.any_text(&fields, "$schema");
            reader.by_key(&fields, "auxData", Reader::aux_data)
        })
    }
}

// === impl Reader ===

impl Reader<'_> {
    pub(super) fn fixtures(&mut self, fields: &Fields<'_>) -> Fixtures {
        Fixtures {
            principals: self.by_key(fields, "principals", Reader::principal),
            resources: self.by_key(fields, "resources", Reader::resource),
            aux_data: self.by_key(fields, "auxData", Reader::aux_data),
            principal_groups: self.groups(fields, "principalGroups", "principals"),
            resource_groups: self.groups(fields, "resourceGroups", "resources"),
        }
    }

    /// A mapping of which all values are of one kind. What is broken is left out.
    fn by_key<T>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        read: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> BTreeMap<Box<str>, T> {
        let entries = fields.get(name).map_or(&[][..], |node| self.map(node, name));
        let entries = entries.iter().filter_map(|entry| {
            Some((entry.key.scalar.text.as_str().into(), read(self, &entry.value)?))
        });
        entries.collect()
    }

    fn principal(&mut self, node: &Node) -> Option<Principal> {
        let known = ["id", "roles", "attr", "policyVersion", "scope"];
        let fields = self.fields(node, "a principal", &known);
        let id = self.name(&fields, "id", Form::NotEmpty).text;
        let roles = self.texts_of(&fields, "roles", Form::NotEmpty);
        self.required_items(&fields, "roles");
        Some(Principal {
            id,
            roles: roles.iter().filter_map(|role| role.text.parse().ok()).collect(),
            policy_version: self
                .version(&fields, "policyVersion")
                .unwrap_or(PolicyVersion::unset()),
            scope: self.scope(&fields, "scope").unwrap_or(Scope::unset()),
            attr: self.values(&fields, "attr"),
        })
    }

    fn resource(&mut self, node: &Node) -> Option<Resource> {
        let known = ["kind", "id", "attr", "policyVersion", "scope"];
        let fields = self.fields(node, "a resource", &known);
        let kind = self.name(&fields, "kind", Form::NotEmpty).text;
        let id = self.name(&fields, "id", Form::NotEmpty).text;
        Some(Resource {
            id,
            policy_version: self
                .version(&fields, "policyVersion")
                .unwrap_or(PolicyVersion::unset()),
            scope: self.scope(&fields, "scope").unwrap_or(Scope::unset()),
            attr: self.values(&fields, "attr"),
            kind: kind.parse().ok()?,
        })
    }

    fn aux_data(&mut self, node: &Node) -> Option<AuxData> {
        let fields = self.fields(node, "auxiliary data", &["jwt", "jwts"]);
        let jwt = self.values(&fields, "jwt");
        let tokens = fields.get("jwts").map_or(&[][..], |node| self.map(node, "jwts"));
        let mut jwts = Vec::new();
        for entry in tokens {
            let fields = self.fields(&entry.value, "a token", &["claims"]);
            let claims = self.values(&fields, "claims");
            jwts.push((entry.key.scalar.text.as_str().into(), claims));
        }
        if !jwt.is_empty() && !jwts.is_empty() {
            self.report(node.place, "`jwt` beside `jwts`", "write one of them");
        }
        Some(AuxData { jwt, jwts })
    }

    fn groups(&mut self, fields: &Fields<'_>, name: &str, members: &'static str) -> Groups {
        let entries = fields.get(name).map_or(&[][..], |node| self.map(node, name));
        let entries = entries.iter().map(|entry| {
            let fields = self.fields(&entry.value, "a group", &[members]);
            let texts = self.texts_of(&fields, members, Form::NotEmpty);
            self.required_items(&fields, members);
            let members = texts.into_iter().map(|text| text.text).collect();
            (entry.key.scalar.text.as_str().into(), members)
        });
        entries.collect()
    }
}

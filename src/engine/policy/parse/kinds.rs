//! The kinds of policies.

use super::fields::Fields;
use super::pattern::Form;
use super::reader::{Named, Reader};
use crate::engine::policy::error::Site;
use crate::engine::policy::syntax::{
    Body, Constant, Definitions, DerivedRole, DerivedRoles, PrincipalPolicy, ResourcePolicy,
    RolePolicy, SchemaUse, Schemas, ScopePermissions, Subject, Text,
};
use crate::yaml::{Entry, Node};

// === impl Reader ===

impl Reader<'_> {
    pub(super) fn resource_policy(&mut self, node: &Node) -> ResourcePolicy {
        let known = [
            "resource",
            "version",
            "scope",
            "scopePermissions",
            "importDerivedRoles",
            "variables",
            "constants",
            "schemas",
            "rules",
        ];
        let fields = self.fields(node, "a resource policy", &known);
        ResourcePolicy {
            subject: self.subject(&fields, "resource"),
            import_derived_roles: self.texts_of(&fields, "importDerivedRoles", Form::Import),
            definitions: self.definitions(&fields),
            schemas: fields.get("schemas").map(|node| self.schemas(node)).unwrap_or_default(),
            rules: self.items(&fields, "rules", Self::resource_rule),
        }
    }

    pub(super) fn principal_policy(&mut self, node: &Node) -> PrincipalPolicy {
        let known = [
            "principal",
            "version",
            "scope",
            "scopePermissions",
            "variables",
            "constants",
            "rules",
        ];
        let fields = self.fields(node, "a principal policy", &known);
        PrincipalPolicy {
            subject: self.subject(&fields, "principal"),
            definitions: self.definitions(&fields),
            rules: self.items(&fields, "rules", Self::principal_rule),
        }
    }

    pub(super) fn role_policy(&mut self, node: &Node) -> RolePolicy {
        let known = [
            "role",
            "version",
            "scope",
            "parentRoles",
            "scopePermissions",
            "variables",
            "constants",
            "rules",
        ];
        let fields = self.fields(node, "a role policy", &known);
        let subject = self.subject(&fields, "role");
        let permissions = subject.permissions;
        if !matches!(
            permissions,
            ScopePermissions::Unspecified | ScopePermissions::RequireParentalConsentForAllows
        ) && let Some(node) = fields.get("scopePermissions")
        {
            let message = "role policies have no `scopePermissions`";
            self.report(node.place, message, "a role policy can only deny: remove the field");
        }
        RolePolicy {
            subject,
            parent_roles: self.texts_of(&fields, "parentRoles", Form::NotEmpty),
            definitions: self.definitions(&fields),
            rules: self.items(&fields, "rules", Self::role_rule),
        }
    }

    pub(super) fn derived_roles(&mut self, node: &Node) -> DerivedRoles {
        let known = ["name", "definitions", "variables", "constants"];
        let fields = self.fields(node, "`derivedRoles`", &known);
        let roles = self.items(&fields, "definitions", Self::derived_role);
        self.required_items(&fields, "definitions");
        DerivedRoles {
            name: self.name(&fields, "name", Form::Import),
            roles,
            definitions: self.definitions(&fields),
        }
    }

    fn derived_role(&mut self, node: &Node) -> DerivedRole {
        let known = ["name", "parentRoles", "condition"];
        let fields = self.fields(node, "a derived role", &known);
        let parent_roles = self.texts_of(&fields, "parentRoles", Form::NotEmpty);
        self.required_items(&fields, "parentRoles");
        DerivedRole {
            name: self.name(&fields, "name", Form::Import),
            parent_roles,
            condition: fields.get("condition").and_then(|node| self.condition(node)),
        }
    }

    pub(super) fn export_variables(&mut self, node: &Node) -> Body {
        let fields = self.fields(node, "`exportVariables`", &["name", "definitions"]);
        let definitions = fields.get("definitions");
        Body::ExportVariables {
            name: self.name(&fields, "name", Form::Import),
            definitions: definitions
                .map(|node| self.variables(node, "definitions"))
                .unwrap_or_default(),
        }
    }

    pub(super) fn export_constants(&mut self, node: &Node) -> Body {
        let fields = self.fields(node, "`exportConstants`", &["name", "definitions"]);
        let definitions = fields.get("definitions");
        Body::ExportConstants {
            name: self.name(&fields, "name", Form::Import),
            definitions: definitions
                .map(|node| self.constants(node, "definitions"))
                .unwrap_or_default(),
        }
    }

    fn subject(&mut self, fields: &Fields<'_>, name: &'static str) -> Subject {
        let (version_form, site) = match name {
            "role" => (Form::OptionalVersion, self.site(fields.place)),
            _ => (Form::Version, self.site(fields.place)),
        };
        let version = match (version_form, fields.get("version")) {
            (Form::OptionalVersion, None) => Text { text: "".into(), site },
            _ => self.name(fields, "version", version_form),
        };
        let scope = fields.get("scope").map(|node| self.formed(node, "scope", Form::Scope));
        Subject {
            name: self.name(fields, name, Form::Name),
            version,
            scope: scope.unwrap_or_else(|| Text { text: "".into(), site }),
            permissions: self.scope_permissions(fields),
        }
    }

    fn scope_permissions(&mut self, fields: &Fields<'_>) -> ScopePermissions {
        let Some(node) = fields.get("scopePermissions") else {
            return ScopePermissions::Unspecified;
        };
        match self.enumeration(node, "scopePermissions") {
            None | Some(Named::Number(0) | Named::Name("SCOPE_PERMISSIONS_UNSPECIFIED")) => {
                ScopePermissions::Unspecified
            }
            Some(Named::Number(1) | Named::Name("SCOPE_PERMISSIONS_OVERRIDE_PARENT")) => {
                ScopePermissions::OverrideParent
            }
            Some(
                Named::Number(2)
                | Named::Name("SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS"),
            ) => ScopePermissions::RequireParentalConsentForAllows,
            Some(Named::Number(other)) => ScopePermissions::Other(other),
            Some(Named::Name(other)) => {
                let message = format!("`scopePermissions` cannot be `{other}`");
                let help = "write `SCOPE_PERMISSIONS_OVERRIDE_PARENT` or \
                            `SCOPE_PERMISSIONS_REQUIRE_PARENTAL_CONSENT_FOR_ALLOWS`";
                self.report(node.place, message, help);
                ScopePermissions::Unspecified
            }
        }
    }

    /// `variables` and `constants` of a policy.
    fn definitions(&mut self, fields: &Fields<'_>) -> Definitions {
        let mut definitions = Definitions::default();
        if let Some(node) = fields.get("variables") {
            let fields = self.fields(node, "`variables`", &["import", "local"]);
            definitions.import_variables = self.texts_of(&fields, "import", Form::Import);
            if let Some(node) = fields.get("local") {
                definitions.variables = self.variables(node, "local");
            }
        }
        if let Some(node) = fields.get("constants") {
            let fields = self.fields(node, "`constants`", &["import", "local"]);
            definitions.import_constants = self.texts_of(&fields, "import", Form::Import);
            if let Some(node) = fields.get("local") {
                definitions.constants = self.constants(node, "local");
            }
        }
        definitions
    }

    fn constants(&mut self, node: &Node, name: &str) -> Vec<Constant> {
        let entries = self.map(node, name);
        entries
            .iter()
            .map(|entry| Constant { name: self.key(entry), value: self.value(&entry.value) })
            .collect()
    }

    fn schemas(&mut self, node: &Node) -> Schemas {
        let fields = self.fields(node, "`schemas`", &["principalSchema", "resourceSchema"]);
        Schemas {
            principal: fields.get("principalSchema").map(|node| self.schema_use(node)),
            resource: fields.get("resourceSchema").map(|node| self.schema_use(node)),
        }
    }

    fn schema_use(&mut self, node: &Node) -> SchemaUse {
        let fields = self.fields(node, "a schema", &["ref", "ignoreWhen"]);
        let reference = self.name(&fields, "ref", Form::NotEmpty);
        let ignored_actions = fields.get("ignoreWhen").map(|node| {
            let fields = self.fields(node, "`ignoreWhen`", &["actions"]);
            let actions = self.texts_of(&fields, "actions", Form::NotEmpty);
            self.required_items(&fields, "actions");
            actions
        });
        SchemaUse { reference, ignored_actions: ignored_actions.unwrap_or_default() }
    }

    pub(crate) fn key(&self, entry: &Entry) -> Text {
        Text::new(&entry.key.scalar.text, self.file, entry.key.place)
    }

    /// A text that must be there and not be empty.
    pub(crate) fn name(&mut self, fields: &Fields<'_>, name: &'static str, form: Form) -> Text {
        let site: Site = self.site(fields.place);
        let node = self.required(fields, name);
        node.map_or(Text { text: "".into(), site }, |node| self.formed(node, name, form))
    }

    pub(crate) fn texts_of(&mut self, fields: &Fields<'_>, name: &str, form: Form) -> Vec<Text> {
        fields.get(name).map(|node| self.texts(node, name, form)).unwrap_or_default()
    }

    pub(crate) fn items<T>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        mut item: impl FnMut(&mut Self, &Node) -> T,
    ) -> Vec<T> {
        let Some(node) = fields.get(name) else { return Vec::new() };
        self.list(node, name).iter().map(|node| item(self, node)).collect()
    }
}

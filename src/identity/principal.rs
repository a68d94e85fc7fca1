//! From verified claims to a Cerbos principal.

use super::{
    AttestedToken, ClaimMapping, PrincipalKind, TokenError, VerifiedToken, Verifier, binding,
    claims::texts, delegation::Delegation,
};
use crate::engine::model::{AuxData, Map, PolicyVersion, Principal, Role, Scope, Value};

/// Roles that say what kind of caller it is. A token cannot bring them along: otherwise whoever may
/// name a role in the tenant could make a user a machine.
const OWN_ROLES: [&str; 5] = ["user", "m2m", "ai_agent", "anonymous", DELEGATED];

/// Of a principal for whom someone else acts.
const DELEGATED: &str = "delegated";

/// Attributes that mean the same for every token, so that no mapping may give them another meaning.
pub const OWN_ATTRIBUTES: [&str; 9] = [
    "kind",
    "bound",
    "scope",
    "permissions",
    "org_id",
    "org_name",
    "client_id",
    "actor",
    "delegation_chain",
];

// === impl Verifier ===

impl Verifier {
    /// Who the token is about, and its claims for policies to read.
    pub fn principal(&self, token: &VerifiedToken<'_>) -> Result<(Principal, AuxData), TokenError> {
        let kind = PrincipalKind::classify(token, self.spec.user_subjects)?;
        let delegation = Delegation::read(token.claims)?;
        let mapping = &self.spec.claims;
        let own_roles = [Some(kind.as_str()), delegation.as_ref().map(|_| DELEGATED)];
        let principal = Principal {
            id: self.id(token),
            roles: roles(token, mapping, own_roles)?,
            policy_version: PolicyVersion::unset(),
            scope: scope(token, mapping)?,
            attr: attributes(token, mapping, kind, delegation)?,
        };
        Ok((principal, token.aux_data()?))
    }

    /// The same, of whom Envoy has verified.
    pub fn attested_principal(
        &self,
        token: &AttestedToken<'_>,
    ) -> Result<(Principal, AuxData), TokenError> {
        self.principal(&token.0)
    }

    /// A subject is unique within its tenant only. No issuer's name contains a `#` (OpenID Connect
    /// Discovery, 2), so a qualified id can be read in one way.
    fn id(&self, token: &VerifiedToken<'_>) -> Box<str> {
        if self.qualifies_ids {
            format!("{}#{}", self.spec.tenant(), token.subject).into()
        } else {
            token.subject.into()
        }
    }
}

/// What we say of the caller first, then what the mapped claim says.
fn roles(
    token: &VerifiedToken<'_>,
    mapping: &ClaimMapping,
    own: [Option<&'static str>; 2],
) -> Result<Vec<Role>, TokenError> {
    let claim = mapping.roles.as_ref().and_then(|path| token.claims.find(path));
    let claimed = claim.map(|value| texts(value, "roles")).transpose()?.unwrap_or_default();
    let claimed = claimed.into_iter().filter(|role| !OWN_ROLES.contains(role));
    let mut roles: Vec<Role> = Vec::new();
    for role in own.into_iter().flatten().chain(claimed) {
        let role: Role = role.parse().map_err(|_empty| TokenError::InvalidClaim("roles"))?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

fn scope(token: &VerifiedToken<'_>, mapping: &ClaimMapping) -> Result<Scope, TokenError> {
    const INVALID: TokenError = TokenError::InvalidClaim("scope of the principal");
    let claim = mapping.scope.as_ref().and_then(|path| token.claims.find(path));
    let Some(claim) = claim else { return Ok(Scope::unset()) };
    claim.as_str().ok_or(INVALID)?.parse().map_err(|_no_scope| INVALID)
}

/// The mapped attributes, and those that every token gives.
fn attributes(
    token: &VerifiedToken<'_>,
    mapping: &ClaimMapping,
    kind: PrincipalKind,
    delegation: Option<Delegation>,
) -> Result<Map, TokenError> {
    let claims = token.claims;
    let mut attributes: Vec<(&str, Value)> = vec![
        ("kind", kind.as_str().into()),
        ("bound", binding::name(claims)?.into()),
        ("scope", claims.scopes()?.map(Value::from).collect()),
    ];
    // An absent list of permissions is not an empty one: the API does not add them to its tokens.
    if let Some(permissions) = claims.texts("permissions")? {
        attributes.push(("permissions", permissions.into_iter().map(Value::from).collect()));
    }
    for name in ["org_id", "org_name"] {
        attributes.extend(claims.text(name)?.map(|text| (name, text.into())));
    }
    attributes.extend(token.client_id.map(|client_id| ("client_id", client_id.into())));
    if let Some(Delegation { actor, chain }) = delegation {
        attributes.push(("actor", Value::Map(actor)));
        let chain = chain.into_iter().map(Value::String).collect();
        attributes.push(("delegation_chain", chain));
    }
    for (name, path) in &mapping.attr {
        let value = claims.find(path).filter(|_| !OWN_ATTRIBUTES.contains(&&**name));
        attributes.extend(value.map(|value| (&**name, value.clone())));
    }
    Ok(attributes.into_iter().collect())
}

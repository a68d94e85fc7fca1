//! Who gets which token.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    key::SigningKey,
    parameters::{Parameters, Refusal},
};
use crate::people::{
    AUDIENCE, Client, NAMESPACE, OTHER_AUDIENCE, Organization, PASSWORD, SERVICES, User, WEB,
    find_organization, find_user,
};

/// Seconds that a token is good for.
const LIFETIME: i64 = 3600;

/// Whom a token is for.
#[derive(Debug)]
pub enum Grant {
    /// A user, by password. It stands in for the browser's login, which needs a browser; the tokens
    /// are the same but for `gty`, and for Auth0 itself not knowing organizations in this grant.
    User { user: &'static User, organization: Option<&'static Organization> },
    /// A service, by its own secret.
    Service { client: &'static Client, organization: Option<&'static Organization> },
}

// === impl Grant ===

impl Grant {
    pub const PASSWORD: &str = "password";
    pub const PASSWORD_REALM: &str = "http://auth0.com/oauth/grant-type/password-realm";
    pub const CLIENT_CREDENTIALS: &str = "client_credentials";

    pub fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let organization = match parameters.find("organization") {
            None => None,
            Some(id) => Some(
                find_organization(id).ok_or(Refusal::invalid_request("Unknown organization."))?,
            ),
        };
        match parameters.required("grant_type")? {
            Self::PASSWORD | Self::PASSWORD_REALM => Self::user(parameters, organization),
            Self::CLIENT_CREDENTIALS => Self::service(parameters, organization),
            _ => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "unauthorized_client",
                "Grant type not allowed for the client.",
            )),
        }
    }

    fn user(
        parameters: &Parameters,
        organization: Option<&'static Organization>,
    ) -> Result<Self, Refusal> {
        let user = find_user(parameters.required("username")?)
            .filter(|_| parameters.find("password") == Some(PASSWORD))
            .ok_or(Refusal::new(
                StatusCode::FORBIDDEN,
                "invalid_grant",
                "Wrong email or password.",
            ))?;
        let is_member = organization.is_none_or(|asked| {
            user.organization.is_some_and(|organization| organization.id == asked.id)
        });
        if !is_member {
            return Err(Refusal::invalid_request("The user is not part of the organization."));
        }
        Ok(Self::User { user, organization })
    }

    fn service(
        parameters: &Parameters,
        organization: Option<&'static Organization>,
    ) -> Result<Self, Refusal> {
        let id = parameters.required("client_id")?;
        let client = SERVICES
            .iter()
            .find(|client| {
                client.id == id && parameters.find("client_secret") == Some(client.secret)
            })
            .ok_or(Refusal::new(StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized"))?;
        Ok(Self::Service { client, organization })
    }

    /// The token endpoint's answer.
    pub fn answer(
        &self,
        issuer: &str,
        key: &SigningKey,
        parameters: &Parameters,
    ) -> Result<Value, Refusal> {
        let sign = |claims: Map<String, Value>| {
            key.sign(&key.header(), &Value::Object(claims)).map_err(|_unsigned| {
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "No signature.")
            })
        };
        let issued_at = issued_at(parameters)?;
        let access = self.access_claims(issuer, issued_at, parameters)?;
        let mut answer = Map::new();
        answer.insert("token_type".to_owned(), "Bearer".into());
        answer.insert("expires_in".to_owned(), LIFETIME.into());
        if let Self::User { user, .. } = self {
            let id = id_claims(issuer, user, issued_at);
            answer.insert("id_token".to_owned(), sign(id)?.into());
        }
        if let Some(scope) = access.get("scope") {
            answer.insert("scope".to_owned(), scope.clone());
        }
        answer.insert("access_token".to_owned(), sign(access)?.into());
        Ok(Value::Object(answer))
    }

    /// Auth0's own access-token profile, with permissions (dialect `access_token_authz`).
    fn access_claims(
        &self,
        issuer: &str,
        issued_at: i64,
        parameters: &Parameters,
    ) -> Result<Map<String, Value>, Refusal> {
        let audience = match parameters.find("audience") {
            None | Some(AUDIENCE) => AUDIENCE,
            Some(OTHER_AUDIENCE) => OTHER_AUDIENCE,
            Some(_) => {
                return Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    "access_denied",
                    "Service not found.",
                ));
            }
        };
        let asked = parameters.find("scope");
        let (mut claims, organization) = match self {
            Self::User { user, organization } => {
                (user_claims(issuer, user, audience, asked), organization)
            }
            Self::Service { client, organization } => {
                (service_claims(client, audience, asked), organization)
            }
        };
        claims.insert("iss".to_owned(), issuer.into());
        claims.insert("iat".to_owned(), issued_at.into());
        claims.insert("exp".to_owned(), (issued_at + LIFETIME).into());
        if let Some(Organization { id, name, tier }) = organization {
            claims.insert("org_id".to_owned(), (*id).into());
            claims.insert("org_name".to_owned(), (*name).into());
            claims.insert(format!("{NAMESPACE}tier"), (*tier).into());
        }
        Ok(claims)
    }
}

fn user_claims(
    issuer: &str,
    user: &User,
    audience: &str,
    asked: Option<&str>,
) -> Map<String, Value> {
    // With RBAC on, an application gets what it asks for as far as the user has it.
    let scope = granted(user.permissions, asked);
    let scope = format!("openid {scope}");
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), user.sub.into());
    claims.insert("aud".to_owned(), json!([audience, format!("{issuer}userinfo")]));
    claims.insert("azp".to_owned(), WEB.id.into());
    claims.insert("gty".to_owned(), "password".into());
    claims.insert("scope".to_owned(), scope.trim_end().into());
    claims.insert("permissions".to_owned(), json!(user.permissions));
    claims.insert(format!("{NAMESPACE}roles"), json!(user.roles));
    claims
}

fn service_claims(client: &Client, audience: &str, asked: Option<&str>) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), format!("{}@clients", client.id).into());
    claims.insert("aud".to_owned(), audience.into());
    claims.insert("azp".to_owned(), client.id.into());
    claims.insert("gty".to_owned(), "client-credentials".into());
    claims.insert("scope".to_owned(), granted(client.scopes, asked).into());
    claims
}

/// An ID token is for the application that logged the user in: its audience is that application.
fn id_claims(issuer: &str, user: &User, issued_at: i64) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), issuer.into());
    claims.insert("sub".to_owned(), user.sub.into());
    claims.insert("aud".to_owned(), WEB.id.into());
    claims.insert("iat".to_owned(), issued_at.into());
    claims.insert("exp".to_owned(), (issued_at + LIFETIME).into());
    claims.insert("name".to_owned(), user.name.into());
    claims
}

fn granted(allowed: &[&str], asked: Option<&str>) -> String {
    let asked: Option<Vec<&str>> = asked.map(|asked| asked.split(' ').collect());
    let is_asked = |scope: &&&str| asked.as_ref().is_none_or(|asked| asked.contains(*scope));
    allowed.iter().filter(is_asked).copied().collect::<Vec<_>>().join(" ")
}

/// `demo_issued_ago` is no parameter of Auth0's: the tour asks for a token of yesterday with it.
fn issued_at(parameters: &Parameters) -> Result<i64, Refusal> {
    #[expect(clippy::disallowed_methods, reason = "the issuer's own clock")]
    let now = Timestamp::now().as_second();
    let ago = parameters.find("demo_issued_ago").unwrap_or("0").parse::<u32>();
    let ago = ago.map_err(|_not_a_number| Refusal::invalid_request("Not a number of seconds."))?;
    Ok(now - i64::from(ago))
}

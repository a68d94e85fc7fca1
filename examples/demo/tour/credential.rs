//! What callers show, and where they have it from.

use std::{borrow::Cow, collections::BTreeMap};

use anyhow::{Context as _, ensure};
use axum::http::Request;
use serde_json::Value;

use super::forgery::Forgery;
use crate::{
    http,
    people::{self, AUDIENCE, OTHER_AUDIENCE, Organization, PASSWORD, WEB},
    world::World,
};

/// Who a request says that it comes from.
#[derive(Clone, Copy, Debug)]
pub enum Caller {
    /// No `authorization` at all.
    Nobody,
    /// A user or service of `people`, logged in to its organization.
    Known(&'static str),
    /// A user through an application that asked for these scopes only.
    Asking { user: &'static str, scope: &'static str },
    /// A user whose login named no organization.
    WithoutOrganization(&'static str),
    /// A genuine token that is not an access token for this API, now.
    Genuine(Misused),
    /// A token that the issuer never signed.
    Forged(Forgery),
    /// `authorization`, word for word.
    Says(&'static str),
    /// Two `authorization` lines, each with a good token.
    Both(&'static str, &'static str),
}

/// Ways to misuse what the issuer signed; each is Vera's.
#[derive(Clone, Copy, Debug)]
pub enum Misused {
    Expired,
    ForAnotherApi,
    IdToken,
}

/// Tokens by who asked for them, each fetched once.
pub struct Tokens<'a> {
    world: &'a World,
    fetched: BTreeMap<String, Value>,
}

// === impl Caller ===

impl Caller {
    pub fn label(&self) -> Cow<'static, str> {
        match self {
            Self::Nobody => "nobody".into(),
            Self::Known(name) => (*name).into(),
            Self::Asking { user, .. } => format!("{user} (reading app)").into(),
            Self::WithoutOrganization(user) => format!("{user} (no org)").into(),
            Self::Genuine(Misused::Expired) => "vera, yesterday".into(),
            Self::Genuine(Misused::ForAnotherApi) => "vera, of the HR API".into(),
            Self::Genuine(Misused::IdToken) => "vera's ID token".into(),
            Self::Forged(forgery) => forgery.label().into(),
            Self::Says(_) => "somebody".into(),
            Self::Both(one, other) => format!("{one} and {other}").into(),
        }
    }
}

// === impl Tokens ===

impl<'a> Tokens<'a> {
    pub fn new(world: &'a World) -> Self {
        Self { world, fetched: BTreeMap::new() }
    }

    /// The `authorization` lines of a caller.
    pub async fn authorization(&mut self, caller: Caller) -> anyhow::Result<Vec<String>> {
        let tokens = match caller {
            Caller::Nobody => vec![],
            Caller::Says(text) => return Ok(vec![text.to_owned()]),
            Caller::Known(name) => vec![self.access(name).await?],
            Caller::Both(one, other) => vec![self.access(one).await?, self.access(other).await?],
            Caller::Asking { user, scope } => {
                vec![
                    self.fetch(
                        &login(user, LoginTo::Organization)?.with("scope", scope),
                        "access_token",
                    )
                    .await?,
                ]
            }
            Caller::WithoutOrganization(user) => {
                vec![self.fetch(&login(user, LoginTo::Tenant)?, "access_token").await?]
            }
            Caller::Genuine(misused) => vec![self.misused(misused).await?],
            Caller::Forged(forgery) => {
                let honest = self.access("vera").await?;
                let keys = http::get(self.world.issuer, "/.well-known/jwks.json").await?;
                vec![forgery.make(&honest, &serde_json::from_slice(&keys.body)?)?]
            }
        };
        Ok(tokens.iter().map(|token| format!("Bearer {token}")).collect())
    }

    async fn access(&mut self, name: &str) -> anyhow::Result<String> {
        let ask = match people::find_service(name) {
            Some(client) => Ask::new("client_credentials", client.id)
                .with("client_secret", client.secret)
                .within(client.organization),
            None => login(name, LoginTo::Organization)?,
        };
        self.fetch(&ask, "access_token").await
    }

    async fn misused(&mut self, misused: Misused) -> anyhow::Result<String> {
        let vera = login("vera", LoginTo::Organization)?;
        match misused {
            Misused::Expired => {
                self.fetch(&vera.with("demo_issued_ago", "86400"), "access_token").await
            }
            Misused::ForAnotherApi => {
                self.fetch(&vera.with("audience", OTHER_AUDIENCE), "access_token").await
            }
            Misused::IdToken => self.fetch(&vera, "id_token").await,
        }
    }

    async fn fetch(&mut self, ask: &Ask, member: &str) -> anyhow::Result<String> {
        let body = serde_json::to_string(&ask.0)?;
        if !self.fetched.contains_key(&body) {
            let request = Request::post("/oauth/token")
                .header("host", self.world.issuer.to_string())
                .header("content-type", "application/json")
                .body(body.clone().into())?;
            let response = http::send(self.world.issuer, request).await?;
            let text = String::from_utf8_lossy(&response.body);
            ensure!(response.status.is_success(), "the issuer refused {body}: {text}");
            self.fetched.insert(body.clone(), serde_json::from_str(&text)?);
        }
        let answer = self.fetched.get(&body).context("the answer is kept")?;
        let token = answer.get(member).and_then(Value::as_str);
        Ok(token.with_context(|| format!("no {member} for {body}"))?.to_owned())
    }
}

/// What a user logs in to.
#[derive(Clone, Copy)]
enum LoginTo {
    Organization,
    Tenant,
}

/// Parameters of a token request.
#[derive(Clone)]
struct Ask(BTreeMap<&'static str, String>);

impl Ask {
    fn new(grant: &str, client: &str) -> Self {
        Self(BTreeMap::from([
            ("grant_type", grant.to_owned()),
            ("client_id", client.to_owned()),
            ("audience", AUDIENCE.to_owned()),
        ]))
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.insert(name, value.to_owned());
        self
    }

    fn within(self, organization: Option<&Organization>) -> Self {
        match organization {
            Some(organization) => self.with("organization", organization.id),
            None => self,
        }
    }
}

fn login(name: &str, into: LoginTo) -> anyhow::Result<Ask> {
    let user = people::find_user(name).with_context(|| format!("nobody is called {name}"))?;
    let ask = Ask::new("password", WEB.id).with("username", name).with("password", PASSWORD);
    Ok(match into {
        LoginTo::Organization => ask.within(user.organization),
        LoginTo::Tenant => ask,
    })
}

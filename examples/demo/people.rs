//! Who lives in the demo's world: two organizations, their people, and applications.
//!
//! Ids have the shapes that Auth0 gives them; `policies/tests/testdata` has the same people as the
//! gateway sees them.

#[derive(Debug)]
pub struct Organization {
    pub id: &'static str,
    /// The short name that the tour's requests use.
    pub name: &'static str,
    /// In Auth0: metadata of the organization, copied into a custom claim by an Action.
    pub tier: &'static str,
}

#[derive(Debug)]
pub struct User {
    pub name: &'static str,
    pub sub: &'static str,
    /// Where the user is a member. A login without the organization has no `org_id`.
    pub organization: Option<&'static Organization>,
    pub roles: &'static [&'static str],
    pub permissions: &'static [&'static str],
}

/// An application that logs users in, or a service that is a caller itself.
#[derive(Debug)]
pub struct Client {
    pub name: &'static str,
    pub id: &'static str,
    pub secret: &'static str,
    /// What its client grant allows with client credentials.
    pub scopes: &'static [&'static str],
    /// The organization that it acts in.
    pub organization: Option<&'static Organization>,
}

/// The password of everybody.
pub const PASSWORD: &str = "portcullis";

/// The API's identifier in Auth0, which is the audience of its tokens.
pub const AUDIENCE: &str = "https://api.invoicing.example/v1";

/// Another API of the same tenant, whose tokens are as genuine and must not pass here.
pub const OTHER_AUDIENCE: &str = "https://hr.invoicing.example/";

/// The namespace of the custom claims, which an Auth0 Action sets.
pub const NAMESPACE: &str = "https://invoicing.example/";

pub static ACME: Organization =
    Organization { id: "org_AcmeIndustries01", name: "acme", tier: "business" };
pub static GLOBEX: Organization =
    Organization { id: "org_GlobexLogistic01", name: "globex", tier: "free" };

const READ: &[&str] = &["read:invoices"];
const KEEP_BOOKS: &[&str] = &["read:invoices", "write:invoices", "export:ledger"];
const APPROVE: &[&str] = &["read:invoices", "approve:invoices"];

const fn user(
    name: &'static str,
    sub: &'static str,
    organization: Option<&'static Organization>,
    roles: &'static [&'static str],
    permissions: &'static [&'static str],
) -> User {
    User { name, sub, organization, roles, permissions }
}

pub static USERS: [User; 9] = [
    user("vera", "auth0|1a9c3e5b7d2f4a6c8e0b1d3f", Some(&ACME), &["viewer"], READ),
    user("amir", "auth0|2b8d4f6a1c3e5b7d9f0a2c4e", Some(&ACME), &["accountant"], KEEP_BOOKS),
    user("petra", "auth0|3c7e5a1b9d4f6a8c0e2b4d6f", Some(&ACME), &["approver"], APPROVE),
    // Suspended by a principal policy.
    user("stan", "auth0|5f2c8e1b9a7d4c3e6f0b1a29", Some(&ACME), &["accountant"], KEEP_BOOKS),
    user("gus", "auth0|6d1f3b5a7c9e2d4f8b0a6c2e", Some(&GLOBEX), &["viewer"], READ),
    user("greta", "auth0|7e2a4c6b8d0f1e3a5c9b7d4f", Some(&GLOBEX), &["accountant"], KEEP_BOOKS),
    user("gwen", "auth0|8f3b5d7c9e1a2c4b6d0f8e5a", Some(&GLOBEX), &["approver"], APPROVE),
    user("noa", "auth0|9a4c6e8d0f2b3d5c7e1a9f6b", None, &["accountant"], KEEP_BOOKS),
    // A careless Action let him call his own role by the name that the gateway gives to services.
    user("mallory", "auth0|0b5d7f9e1a3c4e6d8f2b0a7c", Some(&GLOBEX), &["m2m"], KEEP_BOOKS),
];

/// The web application that users log in to.
pub static WEB: Client = Client {
    name: "web",
    id: "vP2kZ8rTq4YwXc6Nn1Jd9Ls3Bh7GmF5u",
    secret: "",
    scopes: &[],
    organization: None,
};

pub static SERVICES: [Client; 2] = [
    Client {
        name: "exporter",
        id: "kX3vQ9mTzR7wLc2Yb8NdF5hJs1Gp6Ae4",
        secret: "demo-secret-of-the-exporter",
        scopes: &["export:ledger"],
        organization: Some(&ACME),
    },
    Client {
        name: "dashboard",
        id: "Wb4nHs8KqP2yVx6Zt0MrC9dLf3Gj7Ue5",
        secret: "demo-secret-of-the-dashboard",
        scopes: &["read:invoices"],
        organization: Some(&GLOBEX),
    },
];

pub fn find_user(name: &str) -> Option<&'static User> {
    USERS.iter().find(|user| user.name == name)
}

pub fn find_service(name: &str) -> Option<&'static Client> {
    SERVICES.iter().find(|client| client.name == name)
}

pub fn find_organization(id: &str) -> Option<&'static Organization> {
    [&ACME, &GLOBEX].into_iter().find(|organization| organization.id == id)
}

//! The stops of the tour, as data.

use axum::http::Method;

use super::{
    credential::{
        Caller::{self, Asking, Both, Forged, Genuine, Known, Nobody, Says, WithoutOrganization},
        Misused,
    },
    forgery::Forgery,
    row::{Check, Row, get, post},
};

const OFFICE: &str = "198.51.100.7";
const OFFICE_V6: &str = "2001:db8:ff1:ce::7";
/// Nothing was shown, so nothing is said to be wrong with it (RFC 6750 section 3.1).
const ASKS_FOR_A_TOKEN: &str = r#"Bearer realm="api""#;
const INVALID: &str = r#"error="invalid_token""#;

const VERA: Caller = Known("vera");
const AMIR: Caller = Known("amir");
const PETRA: Caller = Known("petra");
const GUS: Caller = Known("gus");
const GRETA: Caller = Known("greta");
const GWEN: Caller = Known("gwen");
const EXPORTER: Caller = Known("exporter");

/// All stops, by section.
pub fn all() -> [(&'static str, Vec<Row>); 8] {
    [
        ("Who may read", reading()),
        ("Who may write", writing()),
        ("Approvals: by organization, amount and hour", approving()),
        ("Reports, by subscription tier", reports()),
        ("Exports: by client address, and by a service", exports()),
        ("Tokens that are none", tokens()),
        ("Requests that mean two things", requests()),
        ("Again, from the cache", again()),
    ]
}

fn reading() -> Vec<Row> {
    vec![
        get(Nobody, "/healthz").allowed("a public route needs no token"),
        get(VERA, "{acme}/invoices").allowed("members list their invoices"),
        get(VERA, "{acme}/invoices/1001")
            .check(Check::Upstream("x-portcullis-subject", "auth0|1a9c3e5b7d2f4a6c8e0b1d3f"))
            .allowed("and view them; the upstream is told who asks"),
        get(VERA, "{globex}/invoices/2001").denied("not those of another organization"),
        get(GUS, "{globex}/invoices/2001").allowed("whose members view them"),
        get(Known("noa"), "{acme}/invoices/1001").denied("a member of no organization"),
        get(WithoutOrganization("vera"), "{acme}/invoices/1001")
            .denied("a login without organization has no `org_id`"),
        get(Known("dashboard"), "{globex}/invoices").allowed("a service with `read:invoices`"),
        get(EXPORTER, "{acme}/invoices").denied("a service without that scope"),
        get(Known("stan"), "{acme}/invoices/1001")
            .denied("an accountant, but a principal policy suspends him"),
        get(VERA, "/v1/orgs/org_InitechSoftware1/invoices/1").denied("no such organization"),
    ]
}

fn writing() -> Vec<Row> {
    vec![
        post(AMIR, "{acme}/invoices").json(r#"{"amount":120}"#).allowed("accountants write"),
        Row::new(AMIR, Method::PATCH, "{acme}/invoices/1001").allowed("and edit"),
        Row::new(VERA, Method::PATCH, "{acme}/invoices/1001").denied("viewers do not"),
        Row::new(
            Asking { user: "amir", scope: "read:invoices" },
            Method::PATCH,
            "{acme}/invoices/1001",
        )
        .denied("he may, but this application only asked to read"),
        Row::new(AMIR, Method::DELETE, "{acme}/invoices/1001")
            .denied("no rule lets anybody delete"),
    ]
}

fn approving() -> Vec<Row> {
    vec![
        post(PETRA, "{acme}/invoices/1001/approve")
            .json(r#"{"amount":9000}"#)
            .allowed("approvers approve; at Acme's office it is noon"),
        post(PETRA, "{acme}/invoices/1001/approve")
            .json(r#"{"amount":12000}"#)
            .denied("Acme's own limit is 10,000"),
        post(PETRA, "{acme}/invoices/1001/approve")
            .json("{}")
            .denied("an unknown amount is not below the limit"),
        post(AMIR, "{acme}/invoices/1001/approve")
            .json(r#"{"amount":400}"#)
            .denied("accountants do not approve at Acme"),
        post(GRETA, "{globex}/invoices/2001/approve")
            .json(r#"{"amount":400}"#)
            .allowed("but at Globex up to 500, by its own policy"),
        post(GRETA, "{globex}/invoices/2001/approve").json(r#"{"amount":600}"#).denied("not above"),
        post(GWEN, "{globex}/invoices/2001/approve")
            .json(r#"{"amount":600}"#)
            .denied("an approver, but at Globex's office it is midnight"),
    ]
}

fn reports() -> Vec<Row> {
    vec![
        get(GUS, "{globex}/reports/summary").allowed("the summary is free"),
        get(GUS, "{globex}/reports/forecast")
            .denied("the forecast is not, and Globex does not pay"),
        get(VERA, "{acme}/reports/forecast").allowed("Acme does: its tier is a custom claim"),
    ]
}

fn exports() -> Vec<Row> {
    vec![
        post(AMIR, "{acme}/ledger/export").from(OFFICE).allowed("an accountant in the office"),
        post(AMIR, "{acme}/ledger/export").from(OFFICE_V6).allowed("over IPv6 too"),
        post(AMIR, "{acme}/ledger/export").denied("not from home"),
        post(AMIR, "{acme}/ledger/export")
            .header("x-forwarded-for", OFFICE)
            .denied("nor by writing the office's address into a header"),
        post(VERA, "{acme}/ledger/export").from(OFFICE).denied("nor a viewer in the office"),
        post(EXPORTER, "{acme}/ledger/export").allowed("a service made for it, from anywhere"),
        post(EXPORTER, "{globex}/ledger/export").denied("but for its organization only"),
        post(Known("mallory"), "{globex}/ledger/export")
            .denied("a claim cannot make a user a service"),
    ]
}

fn tokens() -> Vec<Row> {
    let row = |caller| get(caller, "{acme}/invoices/1001");
    let invalid = |caller, why| row(caller).unauthenticated(INVALID, why);
    vec![
        row(Nobody).unauthenticated(ASKS_FOR_A_TOKEN, "no token"),
        get(Nobody, "{acme}/invoices/1001?access_token=abc")
            .unauthenticated(ASKS_FOR_A_TOKEN, "a token in the query is none"),
        invalid(Says("Bearer abc.def.ghi"), "not a token"),
        invalid(Genuine(Misused::Expired), "it has expired"),
        invalid(Genuine(Misused::ForAnotherApi), "it is for another API of the tenant"),
        invalid(Genuine(Misused::IdToken), "it tells an application who logged in"),
        invalid(Forged(Forgery::NoAlgorithm), "not signed"),
        invalid(Forged(Forgery::PublicKeyAsSecret), "signed with what everybody knows"),
        invalid(Forged(Forgery::KeyInHeader), "keys come from the issuer alone"),
        invalid(Forged(Forgery::OtherKey), "not the issuer's signature"),
        invalid(Forged(Forgery::OtherIssuer), "no issuer of ours"),
        invalid(Forged(Forgery::ChangedClaims), "the signature is of other claims"),
        row(Both("vera", "gus")).malformed("two credentials: which one?"),
        row(Says("Bearer")).malformed("a scheme and nothing else"),
    ]
}

fn requests() -> Vec<Row> {
    vec![
        get(VERA, "{acme}/invoices/../../{globex id}/invoices/2001")
            .denied("Envoy resolves the dots; it is Globex's invoice"),
        get(VERA, "{acme}/invoices/%2e%2e/%2e%2e/{globex id}/invoices/2001")
            .denied("encoded dots are dots"),
        get(VERA, "{acme}/invoices/..%2F..%2F{globex id}%2Finvoices%2F2001")
            .malformed("an encoded slash: Envoy refuses to guess"),
        get(VERA, "{acme}/invoices/%252e%252e/2001").malformed("encoded twice"),
        get(VERA, "{acme}/invoices;x=y/1001").malformed("some servers drop `;x=y`, some do not"),
        get(VERA, "/V1/orgs/org_AcmeIndustries01/invoices/1001").denied("paths have a case"),
        get(VERA, "/v1/internal/debug").denied("no route, so no"),
        Row::new(VERA, Method::PUT, "/healthz").denied("public is the GET alone"),
        get(VERA, "{acme}/invoices/1001")
            .header("x-portcullis-subject", "auth0|admin")
            .check(Check::Upstream("x-portcullis-subject", "auth0|1a9c3e5b7d2f4a6c8e0b1d3f"))
            .allowed("the client's own identity header is replaced"),
        get(VERA, "{acme}/invoices/1001")
            .header("x_portcullis_subject", "auth0|admin")
            .malformed("its other spelling is refused by Envoy"),
        get(VERA, "{acme}/invoices/1001")
            .header("x-http-method-override", "DELETE")
            .malformed("a GET that asks to be taken for something else"),
        post(PETRA, "{acme}/invoices/1001/approve")
            .json(r#"{"amount":9000,"amount":99000}"#)
            .malformed("which amount?"),
        post(PETRA, "{acme}/invoices/1001/approve")
            .json(r#"{"amount":"9000"}"#)
            .malformed("text is not an amount"),
    ]
}

fn again() -> Vec<Row> {
    [
        get(VERA, "{acme}/invoices/1001").allowed("the same question"),
        get(VERA, "{globex}/invoices/2001").denied("denials are remembered too"),
        get(GUS, "{globex}/reports/summary").allowed("each for its own caller"),
    ]
    .map(|row| row.check(Check::Cached))
    .into()
}

//! What replicas share reads back, and nothing else does.

use super::{TENANT, revocation};
use crate::revocation::{MalformedRevocation, Revocation, Whom};

#[test]
fn what_is_written_reads_back_and_names_nobody() {
    for whom in [
        Whom::Everybody,
        Whom::Subject("auth0|ada"),
        Whom::Sessionless("auth0|ada"),
        Whom::Session("auth0|ada"),
    ] {
        let revocation = revocation(whom, 1_795_434_057);
        let text = revocation.to_string();
        assert_eq!(text.parse(), Ok(revocation), "{text}");
        assert!(text.starts_with("1 1795434057 ") && text.ends_with(TENANT), "{text}");
        assert!(!text.contains("ada"), "{text}");
    }
    let odd = Revocation::new("a tenant with  spaces ", Whom::Everybody, super::at(-1));
    assert_eq!(odd.to_string().parse(), Ok(odd));
}

#[test]
fn what_is_not_understood_is_an_error() {
    let digest = "0123456789abcdef".repeat(4);
    let good = format!("1 7 {digest} acme");
    good.parse::<Revocation>().unwrap();
    for text in [
        "".to_owned(),
        "1".to_owned(),
        "1 7 *".to_owned(),
        "1 7 * ".to_owned(),
        good.replacen("1 ", "2 ", 1),
        good.replacen(" 7 ", " 7.5 ", 1),
        good.replacen(" 7 ", " 99999999999999999999 ", 1),
        good.replacen("0123", "012", 1),
        good.replacen("0123", "+123", 1),
        good.replacen("0123", "012g", 1),
        good.replacen("01", "é", 1),
    ] {
        assert_eq!(text.parse::<Revocation>(), Err(MalformedRevocation), "{text}");
    }
}

//! R7: what is refused, to whom, and for how long.

use std::time::Duration;

use super::{HORIZON, TENANT, at, issued, list, revocation};
use crate::identity::Issued;
use crate::identity::{IssuerSpec, tests::forge};
use crate::revocation::{Insertion, RevocationList, TenantSpec, Whom};

#[test]
fn r7_each_revocation_is_about_exactly_its_tokens() {
    let tokens = [
        ("ada", None, 1000),
        ("ada", None, 1001),
        ("ada", Some("s1"), 1000),
        ("ada", Some("s1"), 1001),
        ("ada", Some("s2"), 1000),
        ("eve", None, 1000),
        ("eve", Some("s1"), 1000),
        ("s1", Some("ada"), 1000),
    ];
    for (whom, refused) in [
        (Whom::Subject("ada"), [true, false, true, false, true, false, false, false]),
        (Whom::Session("s1"), [false, false, true, false, false, false, true, false]),
        (Whom::Sessionless("ada"), [true, false, false, false, false, false, false, false]),
        (Whom::Everybody, [true, false, true, false, true, true, true, true]),
    ] {
        let mut list = list(10);
        assert_eq!(list.insert(&revocation(whom, 1000), at(1000)), Insertion::Added);
        let found =
            tokens.map(|(subject, session, at)| list.refuses(&issued(subject, session, at)));
        assert_eq!(found, refused, "{whom:?}");
    }
}

#[test]
fn a_later_revocation_counts_and_an_earlier_one_changes_nothing() {
    let mut list = list(10);
    for (until, expected) in [
        (1010, Insertion::Added),
        (1005, Insertion::Implied),
        (1010, Insertion::Implied),
        (1020, Insertion::Added),
    ] {
        assert_eq!(list.insert(&revocation(Whom::Subject("ada"), until), at(1000)), expected);
    }
    assert_eq!(list.len(), 1);
    assert!(list.refuses(&issued("ada", None, 1020)) && !list.refuses(&issued("ada", None, 1021)));
    assert_eq!(list.insert(&revocation(Whom::Everybody, 1020), at(1000)), Insertion::Added);
    assert_eq!(list.len(), 1, "the mark for everybody covers the other entry");
    assert_eq!(list.insert(&revocation(Whom::Subject("eve"), 1020), at(1000)), Insertion::Implied);
}

#[test]
fn an_entry_stays_until_the_last_token_it_is_about_has_expired() {
    let mut list = list(10);
    list.insert(&revocation(Whom::Subject("ada"), 1000), at(1000));
    list.insert(&revocation(Whom::Everybody, 990), at(1000));
    list.expire(at(990 + HORIZON - 1));
    assert_eq!(list.len(), 2);
    list.expire(at(990 + HORIZON));
    assert_eq!(list.len(), 1);
    list.expire(at(1000 + HORIZON));
    assert!(list.is_empty());
    let late = list.insert(&revocation(Whom::Subject("ada"), 1000), at(1000 + HORIZON));
    assert_eq!((late, list.len()), (Insertion::Implied, 0));
}

#[test]
fn a_full_list_refuses_more_and_never_less() {
    let mut list = list(2);
    for (subject, until, expected) in [
        ("ada", 1000, Insertion::Added),
        ("eve", 1010, Insertion::Added),
        ("max", 1020, Insertion::Merged),
    ] {
        assert_eq!(list.insert(&revocation(Whom::Subject(subject), until), at(1000)), expected);
    }
    assert_eq!(list.len(), 3, "two, and one for everybody");
    for (subject, at, refused) in [
        ("ada", 1000, true),
        ("zoe", 1000, true),
        ("zoe", 1001, false),
        ("eve", 1010, true),
        ("eve", 1011, false),
        ("max", 1020, true),
    ] {
        assert_eq!(list.refuses(&issued(subject, None, at)), refused, "{subject} {at}");
    }
    assert_eq!(list.refuse_everybody(at(1015), at(1000)), 1);
    assert_eq!(list.refuse_everybody(at(1015), at(1000)), 0);
    assert!(list.refuses(&issued("zoe", None, 1015)));
}

#[test]
fn r10_tenants_do_not_share_subjects_nor_room() {
    let tenants = [TENANT, "other"].map(|name| TenantSpec { name: name.into(), horizon: HORIZON });
    let mut list = RevocationList::new(tenants.into(), 1);
    for subject in ["ada", "eve"] {
        list.insert(&revocation(Whom::Subject(subject), 1000), at(1000));
    }
    let elsewhere = Issued { tenant: "other", ..issued("ada", None, 900) };
    assert!(!list.refuses(&elsewhere));
    assert!(list.refuses(&issued("zoe", None, 1000)), "ours is full");
    let nowhere = Issued { tenant: "nowhere", ..issued("ada", None, 2000) };
    assert!(list.refuses(&nowhere), "of what is not known nothing is promised");
}

#[test]
fn a_part_of_a_second_is_the_whole_of_it() {
    let mut list = list(10);
    let noon = at(1000).saturating_add(Duration::from_millis(1)).unwrap();
    list.insert(&crate::revocation::Revocation::new(TENANT, Whom::Everybody, noon), at(1000));
    assert!(list.refuses(&issued("ada", None, 1001)));
    assert!(!list.refuses(&issued("ada", None, 1002)));
}

#[test]
fn a_tenant_remembers_as_long_as_its_longest_token() {
    let seconds = Duration::from_secs;
    let spec = |issuer: &str, lifetime, age: Option<u64>, leeway| IssuerSpec {
        issuer: issuer.to_owned(),
        tenant: Some("acme".into()),
        max_lifetime: seconds(lifetime),
        max_token_age: age.map(seconds),
        leeway: Duration::from_millis(leeway),
        ..forge::spec()
    };
    for (issuers, horizon) in [
        (vec![spec("a", 100, None, 30_000)], 131),
        (vec![spec("a", 100, Some(50), 30_000)], 81),
        (vec![spec("a", 100, Some(500), 0)], 101),
        (vec![spec("a", 100, None, 1)], 102),
        (vec![spec("a", 100, None, 0), spec("b", 200, None, 0)], 201),
    ] {
        assert_eq!(TenantSpec::of(&issuers), [TenantSpec { name: "acme".into(), horizon }]);
    }
    let others = [forge::spec(), spec("a", 1, None, 0)];
    assert_eq!(TenantSpec::of(&others).len(), 2);
}

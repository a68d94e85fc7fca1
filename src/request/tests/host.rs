use std::collections::BTreeSet;

use super::{FORMS, headers, raw, read};
use crate::request::{Host, HttpRequest, RawRequest, RequestError};

fn request(host: &str) -> Result<HttpRequest<'_>, RequestError> {
    read(RawRequest { host: host.into(), ..raw("/") })
}

#[test]
fn threat_20_hosts_compare_without_case_port_and_trailing_dot() {
    for (sent, host) in [
        ("h.example", "h.example"),
        ("H.Example", "h.example"),
        ("h.example.", "h.example"),
        ("H.EXAMPLE.:80", "h.example"),
        ("h.example:65535", "h.example"),
        ("my_service", "my_service"),
        ("192.0.2.1:8080", "192.0.2.1"),
        ("[2001:DB8:0:0::1]:443", "[2001:db8::1]"),
        ("[::1]", "[::1]"),
    ] {
        assert_eq!(request(sent).unwrap().host.as_str(), host, "{sent}");
    }
}

#[test]
fn a_host_is_found_by_its_text() {
    let hosts = BTreeSet::from([Host::parse("A.example:80").unwrap()]);
    assert!(hosts.contains("a.example") && !hosts.contains("b.example"));
}

#[test]
fn a_name_has_253_bytes_at_most() {
    let longest = "a".repeat(251) + ".b";
    assert_eq!(request(&longest).unwrap().host.as_str(), longest);
    assert_eq!(request(&format!("{longest}.:443")).unwrap().host.as_str(), longest);
    assert_eq!(request(&format!("a{longest}")).unwrap_err().reason(), "host.malformed");
}

#[test]
fn hosts_that_are_none_are_refused() {
    let long = "a.".repeat(130);
    for (host, reason) in [
        ("", "host.missing"),
        (".", "host.malformed"),
        ("..", "host.malformed"),
        ("h..example", "host.malformed"),
        (".h.example", "host.malformed"),
        ("h.example..", "host.malformed"),
        ("user@h.example", "host.malformed"),
        ("h.example/a", "host.malformed"),
        ("h.example,other", "host.malformed"),
        ("h.example other", "host.malformed"),
        ("h%2Eexample", "host.malformed"),
        ("h.example\n", "host.malformed"),
        ("h.example\0", "host.malformed"),
        ("bücher.example", "host.malformed"),
        ("*.example", "host.malformed"),
        ("[::1", "host.malformed"),
        ("[::1%25eth0]", "host.malformed"),
        ("[h.example]", "host.malformed"),
        ("[::1]x", "host.malformed"),
        (&long, "host.malformed"),
        (":80", "host.malformed"),
        ("h.example:", "host.bad_port"),
        ("h.example:http", "host.bad_port"),
        ("h.example:80:80", "host.bad_port"),
        ("h.example:-1", "host.bad_port"),
        ("h.example:+1", "host.bad_port"),
        ("h.example:65536", "host.bad_port"),
        ("2001:db8::1", "host.bad_port"),
    ] {
        assert_eq!(request(host).unwrap_err().reason(), reason, "{host}");
    }
}

#[test]
fn threat_9_a_host_header_that_differs_from_the_authority_is_refused() {
    for form in FORMS {
        let with = |lines: &[(&str, &[u8])]| {
            read(RawRequest { headers: headers(form, lines), ..raw("/") }).err()
        };
        assert_eq!(with(&[("host", b"API.example:443")]), None);
        for lines in [
            &[("host", &b"other.example"[..])][..],
            &[("host", b"")],
            &[("host", b"api.example"), ("host", b"other.example")],
            &[("Host", b"\xff")],
        ] {
            assert_eq!(with(lines).unwrap().reason(), "header.host_differs", "{lines:?}");
        }
    }
}

//! `x-forwarded-client-cert`, as a proxy of ours writes it and as nobody should.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{FORMS, headers, raw, read};
use crate::request::{PeerError, RawRequest};

fn thumbprint(lines: &[&str]) -> Result<Option<String>, PeerError> {
    let lines: Vec<(&str, &[u8])> =
        lines.iter().map(|line| ("x-forwarded-client-cert", line.as_bytes())).collect();
    let [joined, separate] = FORMS.map(|form| {
        let raw = RawRequest { headers: headers(form, &lines), ..raw("/") };
        read(raw).unwrap().forwarded_thumbprint()
    });
    assert_eq!(joined, separate, "{lines:?}");
    joined
}

/// SHA-256 in hexadecimal.
fn hash() -> String {
    (0x60..0x80).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_hash_of_the_only_element_is_the_thumbprint() {
    let expected = URL_SAFE_NO_PAD.encode((0x60..0x80).collect::<Vec<u8>>());
    let hash = hash();
    for line in [
        format!("Hash={hash}"),
        format!("hash={}", hash.to_uppercase()),
        format!("Hash=\"{hash}\""),
        format!("By=spiffe://a;Hash={hash};URI=spiffe://b"),
        format!(" By = spiffe://a ; Hash = {hash} "),
        format!("Subject=\"O=A, B;Hash=x\";Hash={hash}"),
        format!("Subject=\"CN=\\\",Hash=\\\\\";Hash={hash}"),
        format!("Subject=\"é😀\";Hash={hash};Cert=\"a;b\""),
        format!("Hash={hash};URI=\\"),
    ] {
        assert_eq!(thumbprint(&[&line]), Ok(Some(expected.clone())), "{line}");
    }
    assert_eq!(thumbprint(&[]), Ok(None));
    assert_eq!(thumbprint(&["By=spiffe://a;URI=spiffe://b"]), Ok(None));
    let longest = |longer: usize| {
        let line = format!("Hash={hash};Cert=\"\"");
        line.replace("\"\"", &format!("\"{}\"", "a".repeat(64 * 1024 - line.len() + longer)))
    };
    assert_eq!(thumbprint(&[&longest(0)]), Ok(Some(expected)));
    assert_eq!(thumbprint(&[&longest(1)]), Err(PeerError::MalformedCertificate));
}

#[test]
fn what_could_be_another_clients_is_refused() {
    let hash = hash();
    let line = format!("Hash={hash}");
    for lines in [
        &[&*line, &*line][..],
        &[&*format!("{line},{line}")],
        &[&*format!("By=spiffe://a,By=spiffe://b;{line}")],
        &[&*format!("{line};URI=\\;{line}")],
        &[&*format!("{line},")],
        &[&*format!("{line};{line}")],
        &[&*format!("{line};hash=")],
        &[&*format!("{line};Subject=\"a")],
        &[&*format!("Subject=\"a\\\";{line}")],
        &[&*format!("{line};Subject")],
        &[&*format!("{line};")],
        &[""],
        &["Hash="],
        &[&*format!("{line}0")],
        &[&*format!("{line}00")],
        &[line.split_at(67).0],
        &[&*line.replace("60", "6g")],
        &[&*format!("Hash=\"{hash}")],
    ] {
        assert_eq!(thumbprint(lines), Err(PeerError::MalformedCertificate), "{lines:?}");
    }
    let raw = RawRequest {
        headers: headers(FORMS[1], &[("x-forwarded-client-cert", b"Hash=\xff")]),
        ..raw("/")
    };
    let answer = read(raw).unwrap().forwarded_thumbprint();
    assert_eq!(answer, Err(PeerError::MalformedCertificate));
}

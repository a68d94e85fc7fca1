//! Requests, of which about half should pass: every character that may be in a path, in any form, in
//! any place, and the hostile forms of the hostile run.

use crate::hostile::{dice::Dice, paths, tokens};

pub(super) const HOST: &str = "api.hostile.example";

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) target: Vec<u8>,
    /// Lines of the header `x-tenant`.
    pub(super) tenants: Vec<Vec<u8>>,
}

pub(super) fn some(dice: &mut Dice, count: usize) -> Vec<Case> {
    let mut cases = Vec::with_capacity(count);
    while cases.len() < count {
        let mut target = if dice.once_in(2) { hostile(dice) } else { plain(dice).into_bytes() };
        if !target.contains(&b'?') && dice.once_in(2) {
            target.extend_from_slice(format!("?{}", query(dice)).as_bytes());
        }
        // Such bytes end the request line, wherever they are.
        if !target.is_empty() && !target.iter().any(|byte| b" \r\n".contains(byte)) {
            cases.push(Case { target, tenants: tenants(dice) });
        }
    }
    cases
}

fn hostile(dice: &mut Dice) -> Vec<u8> {
    let valid = tokens::wherever(dice);
    dice.pick(paths::FAMILIES).make(dice, valid).target
}

fn plain(dice: &mut Dice) -> String {
    let (first, second) = (segment(dice), segment(dice));
    let end = dice.pick(&["", "", "/"]);
    dice.pick(&[
        format!("/v1/orgs/{first}/invoices"),
        format!("/v1/orgs/{first}/invoices/{second}"),
        format!("/v1/orgs/{first}/settings/"),
        format!("/v1/files/{first}{end}"),
        format!("/v1/files/{first}/{second}{end}"),
        format!("/v1/open/{first}/{second}/{first}{end}"),
        format!("/v1/admin/{second}"),
    ])
}

fn segment(dice: &mut Dice) -> String {
    let plain = b"abcXYZ0189-._~!$&'()*+,=:@";
    let whole = ["invoices", "settings", "%7Bid%7D", ":org", "*", "__proto__", "constructor"];
    if dice.once_in(12) {
        return dice.pick(&whole).to_owned();
    }
    (0..dice.count(1, 5))
        .map(|_| match dice.below(4) {
            0 => format!("%{:02X}", dice.pick(b" !\"$&'()*+,:<=>@[]^`{|}")),
            1 => dice
                .pick(&["%C3%B6", "%E2%82%AC", "%F0%9F%98%80", "%C2%A0", "%E2%80%8B"])
                .to_owned(),
            _ => char::from(dice.pick(plain)).to_string(),
        })
        .collect()
}

fn query(dice: &mut Dice) -> String {
    let value =
        dice.pick(&["x", "a+b", "%20", "a%2Bb", "%C3%B6", "a=b", "%26", "%3Bq%3D2", "a%00b", ""]);
    let many = "&a".repeat(dice.count(900, 1100));
    dice.pick(&[
        format!("q={value}"),
        format!("a=1&q={value}"),
        format!("q={value}&b=2"),
        format!("q={value}&q=2"),
        format!("q={value};q=2"),
        format!("a=1;q={value}"),
        format!("&&q={value}&"),
        format!("%71={value}"),
        format!("Q={value}"),
        format!("q[]={value}"),
        format!("q[a]={value}"),
        format!("q.a={value}"),
        format!("a[q]={value}"),
        format!("+q={value}"),
        format!("q+={value}"),
        format!("q%00={value}"),
        format!("q&b={value}"),
        format!("q=?{value}"),
        format!("q={value}%"),
        format!("q={value}%C3"),
        format!("?q={value}"),
        format!("a{many}&q={value}"),
        format!("q={value}{many}"),
        format!("__proto__[q]={value}"),
        format!("a[]={value}&q[0]={value}"),
        String::new(),
    ])
}

fn tenants(dice: &mut Dice) -> Vec<Vec<u8>> {
    let values: [&[u8]; 10] =
        [b"acme", b"a b", b"a,b", b"\"a\"", b"", b"\xc3\xb6", b"\xf6", b"a;b", b"a%20b", b"a\tb"];
    match dice.below(4) {
        0 => Vec::new(),
        1 => vec![dice.pick(&values).to_vec(), dice.pick(&values).to_vec()],
        _ => vec![dice.pick(&values).to_vec()],
    }
}

// === impl Case ===

impl Case {
    /// As it goes over the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let end = format!(" HTTP/1.1\r\nHost: {HOST}\r\n");
        let mut bytes = [b"GET ", &self.target[..], end.as_bytes()].concat();
        for tenant in &self.tenants {
            bytes.extend_from_slice(b"X-Tenant: ");
            bytes.extend_from_slice(tenant);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

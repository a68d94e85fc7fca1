//! Families of hostile paths. Each begins with a path that its token may read, and ends in one that it
//! may not: whatever a server behind us makes of it, we must not let it pass.

use super::{canonical::may_pass, dice::Dice, house::Attempt};

#[derive(Clone, Copy)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    change: Change,
}

#[derive(Clone, Copy)]
enum Change {
    /// Of the path's text.
    Path(fn(&mut Dice, &str) -> String),
    /// Of the rest of the request, which makes another of it.
    Request(fn(&mut Dice, Attempt) -> Attempt),
}

pub(crate) const FAMILIES: &[Family] = &[
    Family::path("empty segment", empty_segment),
    Family::path("dot segment", dot_segment),
    Family::path("encoded dot segment", encoded_dot_segment),
    Family::path("encoded slash", encoded_slash),
    Family::path("backslash", backslash),
    Family::path("parameters", parameters),
    Family::path("fragment", fragment),
    Family::path("encoded without need", encoded_without_need),
    Family::path("second spelling of an escape", second_spelling),
    Family::path("no escape", no_escape),
    Family::path("control byte", control_byte),
    Family::path("not ASCII, not UTF-8", not_ascii),
    Family::path("other case", other_case),
    Family::path("other end", other_end),
    Family::path("other form", other_form),
    Family::path("way to what is forbidden", way_out),
    Family::path("way from what is forbidden", way_in),
    Family::path("random bytes", random_bytes),
    Family::path("two at once", two_at_once),
    Family::request("a byte that is not UTF-8", stray_byte),
    Family::request("method", method),
    Family::request("header that changes the request", overriding_header),
    Family::request("query", query),
    Family::request("length", length),
];

fn changed(change: fn(&mut Dice, &str) -> String, dice: &mut Dice, from: &str) -> String {
    loop {
        let target = change(dice, from);
        // With a query, a path that may be read is still one.
        let path = target.split('?').next().unwrap_or_default();
        if !may_pass(path) {
            return target;
        }
    }
}

// === impl Family ===

impl Family {
    const fn path(name: &'static str, change: fn(&mut Dice, &str) -> String) -> Self {
        Self { name, change: Change::Path(change) }
    }

    const fn request(name: &'static str, change: fn(&mut Dice, Attempt) -> Attempt) -> Self {
        Self { name, change: Change::Request(change) }
    }

    /// Changes a request that would be allowed.
    pub(crate) fn make(&self, dice: &mut Dice, valid: Attempt) -> Attempt {
        match self.change {
            Change::Request(change) => change(dice, valid),
            Change::Path(change) => {
                let valid_target = str::from_utf8(&valid.target).unwrap();
                let target = changed(change, dice, valid_target).into_bytes();
                Attempt { target, ..valid }
            }
        }
    }
}

fn a_slash(dice: &mut Dice, path: &str) -> usize {
    let slashes: Vec<usize> = path.match_indices('/').map(|(place, _)| place).collect();
    dice.pick(&slashes)
}

/// The text with something put in at one of its slashes, before or after it.
fn at_a_slash(dice: &mut Dice, path: &str, put: &str) -> String {
    let place = a_slash(dice, path) + dice.below(2);
    format!("{}{put}{}", &path[..place], &path[place..])
}

fn instead_of_a_slash(dice: &mut Dice, path: &str, put: &str) -> String {
    let place = a_slash(dice, path);
    format!("{}{put}{}", &path[..place], &path[place + 1..])
}

/// The place of some letter or digit that is no part of an escape.
fn a_letter(dice: &mut Dice, path: &str) -> usize {
    let bytes = path.as_bytes();
    loop {
        let place = dice.below(bytes.len());
        let is_escape = (1..3).any(|back| place >= back && bytes[place - back] == b'%');
        if bytes[place].is_ascii_alphanumeric() && !is_escape {
            return place;
        }
    }
}

fn empty_segment(dice: &mut Dice, path: &str) -> String {
    let slashes = dice.pick(&["/", "//", "///", "/%2F", "//evil.example"]);
    at_a_slash(dice, path, slashes)
}

fn dot_segment(dice: &mut Dice, path: &str) -> String {
    let dots = dice.pick(&["/.", "/..", "/./.", "/x/..", "/x/y/../..", "/...", "/. ", "/.%20"]);
    at_a_slash(dice, path, dots)
}

fn encoded_dot_segment(dice: &mut Dice, path: &str) -> String {
    let dots = dice.pick(&[
        "/%2e",
        "/%2E",
        "/%2e%2e",
        "/.%2e",
        "/%2E.",
        "/x/%2e%2e",
        "/x/.%2E",
        "/%252e%252e",
        "/%c0%ae",
        "/%u002e",
        "/%e0%80%ae",
    ]);
    at_a_slash(dice, path, dots)
}

fn encoded_slash(dice: &mut Dice, path: &str) -> String {
    let slash = dice.pick(&["%2F", "%2f", "%252F", "%252f", "/%2F", "%2F/", "%c0%af", "%u2215"]);
    instead_of_a_slash(dice, path, slash)
}

fn backslash(dice: &mut Dice, path: &str) -> String {
    let slash = dice.pick(&["\\", "%5C", "%5c", "/\\", "\\/", "%255C", "\\\\"]);
    instead_of_a_slash(dice, path, slash)
}

fn parameters(dice: &mut Dice, path: &str) -> String {
    let word = dice.word(3);
    let semicolon = dice.pick(&[";", "%3B", "%3b"]);
    let put = dice.pick(&[
        semicolon.to_owned(),
        format!("{semicolon}{word}"),
        format!("{semicolon}{word}=1"),
        format!("/..{semicolon}"),
        format!("/x/..{semicolon}{word}"),
        format!("/.{semicolon}/"),
    ]);
    if dice.once_in(3) { format!("{path}{put}") } else { at_a_slash(dice, path, &put) }
}

fn fragment(dice: &mut Dice, path: &str) -> String {
    let put = dice.pick(&["#", "#x", "#/../../x", "%23", "%23x", "%3F", "%3Fx=1", "#?x"]);
    if dice.once_in(3) { at_a_slash(dice, path, put) } else { format!("{path}{put}") }
}

fn encoded_without_need(dice: &mut Dice, path: &str) -> String {
    let place = a_letter(dice, path);
    let byte = path.as_bytes()[place];
    // Upper and lower case, and twice.
    let escapes = [format!("%{byte:02X}"), format!("%{byte:02x}"), format!("%25{byte:02X}")];
    format!("{}{}{}", &path[..place], dice.pick(&escapes), &path[place + 1..])
}

fn second_spelling(dice: &mut Dice, path: &str) -> String {
    if !path.contains('%') {
        return encoded_without_need(dice, path);
    }
    match dice.below(3) {
        0 => path.split('%').map(lower_escape).collect::<Vec<_>>().join("%"),
        1 => path.replacen('%', "%25", 1),
        // For escapes without letters there is no other case.
        _ => path.replace('%', "%25"),
    }
    .replace("%20", "%2520")
}

fn lower_escape(after: &str) -> String {
    let (digits, rest) = after.split_at_checked(2).unwrap_or(("", after));
    format!("{}{rest}", digits.to_ascii_lowercase())
}

fn no_escape(dice: &mut Dice, path: &str) -> String {
    let put =
        dice.pick(&["%", "%%", "%z", "%zz", "%2", "%u002f", "%-1", "% 1", "%\u{ff12}", "%0x"]);
    match dice.below(3) {
        0 => format!("{path}{put}"),
        1 => at_a_slash(dice, path, put),
        _ => {
            let place = a_letter(dice, path);
            format!("{}{put}{}", &path[..place], &path[place..])
        }
    }
}

fn control_byte(dice: &mut Dice, path: &str) -> String {
    let byte = dice.pick(&[0_u8, 9, 10, 13, 0x1f, 0x7f, 0x0b, 0x1b]);
    let put = dice.pick(&[
        format!("%{byte:02X}"),
        format!("%{byte:02x}"),
        char::from(byte).to_string(),
        "%C2%85".to_owned(),
    ]);
    if dice.once_in(3) { format!("{path}{put}") } else { at_a_slash(dice, path, &put) }
}

fn not_ascii(dice: &mut Dice, path: &str) -> String {
    let put = dice.pick(&[
        "\u{e9}",
        "\u{ff0f}",
        "\u{2215}",
        "%FF",
        "%C0%AF",
        "%E0%80%AF",
        "%ED%A0%80",
        "%C3",
        "%EF%BC%8F",
        "%E2%88%95",
        "%C0%AE%C0%AE",
        "\u{131}",
        "\u{212a}",
        "%E2%80%8B",
        "%EF%BB%BF",
    ]);
    match dice.below(3) {
        0 => format!("{path}{put}"),
        1 => instead_of_a_slash(dice, path, put),
        _ => at_a_slash(dice, path, put),
    }
}

fn other_case(dice: &mut Dice, path: &str) -> String {
    match dice.below(3) {
        0 => path.to_ascii_uppercase(),
        1 => path.replacen("orgs", "Orgs", 1).replacen("files", "fILES", 1),
        _ => {
            let place = a_letter(dice, path);
            let byte = path.as_bytes()[place];
            // A digit has no case; as the circled one it is a digit to some.
            let other = if byte.is_ascii_digit() { '\u{2460}' } else { char::from(byte ^ 0x20) };
            format!("{}{other}{}", &path[..place], &path[place + 1..])
        }
    }
}

fn other_end(dice: &mut Dice, path: &str) -> String {
    if path.ends_with('/') && dice.once_in(2) {
        return path.trim_end_matches('/').to_owned();
    }
    let ends =
        ["/", ".", "..", "%20", "+", " ", ".json", "::$DATA", "~1", ",", "&x=1", "!", ":", "@"];
    format!("{path}{}{}", dice.pick(&ends), if dice.once_in(2) { "x" } else { "" })
}

fn other_form(dice: &mut Dice, path: &str) -> String {
    dice.pick(&[
        path[1..].to_owned(),
        format!("http://api.hostile.example{path}"),
        format!("https://evil.example{path}"),
        format!("//api.hostile.example{path}"),
        format!("/http://api.hostile.example{path}"),
        format!("api.hostile.example{path}"),
        format!("api.hostile.example:443{path}"),
        format!("@{path}"),
        format!("*{path}"),
        format!("?{path}"),
        format!(" {path}"),
        format!(".{path}"),
        "*".to_owned(),
        "/".to_owned(),
        String::new(),
        "?".to_owned(),
        "api.hostile.example:443".to_owned(),
    ])
}

/// So many levels up, in spellings that some server follows.
fn up(dice: &mut Dice, levels: usize) -> String {
    let dots = ["..", "%2e%2e", "%2E%2E", ".%2e", "..;", "..;x", "%252e%252e", "..%00", "..%20"];
    (0..levels).map(|_| format!("{}{}", slash(dice), dice.pick(&dots))).collect()
}

fn slash(dice: &mut Dice) -> &'static str {
    dice.pick(&["/", "/", "%2f", "%2F", "\\", "%5c", "//", "/./", "%252f"])
}

/// For the beginning the token is good enough, for what is meant it is not.
fn way_out(dice: &mut Dice, path: &str) -> String {
    let levels = path.matches('/').count() - dice.below(2);
    let goal = dice.pick(&["v1/admin/root", "v1/admin/7", "admin", "v1/orgs/evil/invoices/7"]);
    format!("{path}{}{}{goal}", up(dice, levels), slash(dice))
}

fn way_in(dice: &mut Dice, path: &str) -> String {
    let prefix = dice.pick(&["/v1/admin/root", "/static/x", "/v1/orgs/evil"]);
    format!("{prefix}{}{path}", up(dice, prefix.matches('/').count()))
}

/// Bytes that mean something to someone.
const MEANINGFUL: &[u8] = b"/\\.;:%?#@&=+ ~!$'()*,|^`{}[]<>\"\t\n\r\x00\x7f0aAzZ";

fn random_bytes(dice: &mut Dice, path: &str) -> String {
    let mut text: Vec<char> = path.chars().collect();
    for _ in 0..dice.between(1, 4) {
        let place = dice.below(text.len());
        let byte = if dice.once_in(4) { dice.bytes(1)[0] } else { dice.pick(MEANINGFUL) };
        match dice.below(4) {
            0 if text.len() > 1 => drop(text.remove(place)),
            0 | 1 => text[place] = byte.into(),
            2 => text.insert(place, byte.into()),
            _ => text.splice(place..place, format!("%{byte:02X}").chars()).for_each(drop),
        }
    }
    text.into_iter().collect()
}

fn two_at_once(dice: &mut Dice, path: &str) -> String {
    let changes = [
        empty_segment,
        dot_segment,
        encoded_dot_segment,
        encoded_slash,
        backslash,
        parameters,
        encoded_without_need,
        no_escape,
        control_byte,
        not_ascii,
        other_case,
        other_end,
        random_bytes,
    ];
    let first = dice.pick(&changes)(dice, path);
    // The second change needs what a path has: slashes and letters.
    let has_letters = first.bytes().filter(u8::is_ascii_alphanumeric).count() > 8;
    if first.contains('/') && first.is_ascii() && has_letters {
        dice.pick(&changes)(dice, &first)
    } else {
        first
    }
}

/// Of which Envoy tells a `!`, for which there is a route.
fn stray_byte(dice: &mut Dice, valid: Attempt) -> Attempt {
    let put: &[u8] = dice.pick(&[
        &b"\xff"[..],
        b"\x80",
        b"\xc0\xaf",
        b"\xc0\xae\xc0\xae",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf8",
    ]);
    let (start, end) = match dice.below(3) {
        0 => (valid.target.clone(), &b""[..]),
        1 => ([&valid.target[..], b"?q="].concat(), &b"&a=b"[..]),
        _ => (b"/v1/open/a".to_vec(), &b"/b"[..]),
    };
    Attempt { target: [&start, put, end].concat(), ..valid }
}

fn method(dice: &mut Dice, valid: Attempt) -> Attempt {
    let method = dice.pick(&[
        "get", "Get", "gET", "GET ", " GET", "GET\0", "GET\r\n", "head", "POST", "PUT", "PATCH",
        "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "M-SEARCH", "GETGET", "",
        "*", "G\u{c9}T",
    ]);
    Attempt { method: method.to_owned(), ..valid }
}

fn overriding_header(dice: &mut Dice, valid: Attempt) -> Attempt {
    let name = dice.pick(&[
        "x-http-method-override",
        "X-HTTP-Method",
        "x-method-override",
        "x_http_method_override",
        "x-original-url",
        "X_Original_URL",
        "x-rewrite-url",
        "x-rewrite_url",
    ]);
    valid.header(name, dice.pick(&["DELETE", "GET", "/v1/admin/root", ""]))
}

fn query(dice: &mut Dice, valid: Attempt) -> Attempt {
    let query = dice.pick(&[
        "_method=DELETE",
        "x=1&_method=PUT",
        "_METHOD=DELETE",
        "%5Fmethod=DELETE",
        "%5fMeThOd=x",
        "+_method=DELETE",
        "_method[]=DELETE",
        ".method=DELETE",
        "x=%",
        "x=%zz",
        "%u0041",
        "x=%00",
        "\0",
        "x=\u{e9}",
        "x=%FF",
        "x=%C0%AF",
        "#x",
        "x#",
        "\u{7f}",
    ]);
    valid.followed_by(&format!("?{query}"))
}

fn length(dice: &mut Dice, valid: Attempt) -> Attempt {
    let end = dice.pick(&["a", "/a", "?a", "/."]).repeat(dice.count(8192, 12_000));
    valid.followed_by(&end)
}

//! Literals and inputs of each type, chosen so that corners are met often.

use fastrand::Rng;

use super::types::Type;
use crate::conformance::random::Dice;

const INTS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "-1",
    "-3",
    "10",
    "12",
    "42",
    "63",
    "64",
    "100",
    "255",
    "1000",
    "0xff",
    "-0x1f",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "1609459200",
];
const UINTS: &[&str] = &[
    "0u",
    "1u",
    "2u",
    "3u",
    "5u",
    "7u",
    "42u",
    "255U",
    "0x10u",
    "9007199254740993u",
    "18446744073709551615u",
];
const DOUBLES: &[&str] = &[
    "0.0",
    "-0.0",
    "1.0",
    "2.0",
    "1.5",
    "-1.5",
    "2.5",
    "0.5",
    ".25",
    "3.145",
    "100.0",
    "1e3",
    "1E-5",
    "0.0001",
    "0.00001",
    "999999.0",
    "1000000.0",
    "1e21",
    "123456789.0",
    "9007199254740993.0",
    "1.7976931348623157e308",
    "5e-324",
    "(0.0/0.0)",
    "(1.0/0.0)",
    "0.49999999999999994",
];
const STRINGS: &[&str] = &[
    r#""""#,
    r#""a""#,
    r#""b""#,
    r#""abc""#,
    r#""abcabc""#,
    r#""hello world""#,
    r#""héllo""#,
    r#""日本語""#,
    r#""\U0001F600x""#,
    r#""a,b,c""#,
    r#"" x ""#,
    r#""\u00a0\u2003a\u0085""#,
    r#""A""#,
    r#""ABCdef""#,
    r#"'single "q"'"#,
    r#""tab\tnl\n\\""#,
    r#"r"raw\n""#,
    r#"'''tri'ple'''"#,
    r#""e\u0301""#,
    r#""user@example.com""#,
    r#""\x41\102""#,
    r#""id:1 id:22""#,
    r#""<&>""#,
    r#""\u2028""#,
];
const BYTES: &[&str] = &[
    r#"b"""#,
    r#"b"a""#,
    r#"b"abc""#,
    r#"b'\xff\x00'"#,
    r#"b"é""#,
    r#"br"\n""#,
    r#"b"\141\n""#,
    r#"b"hello world""#,
];
const BOOLS: &[&str] = &["true", "true", "false"];
const TIMESTAMPS: &[&str] = &[
    "2021-05-01T13:34:12.024Z",
    "2021-05-01T13:34:12Z",
    "2020-02-29T23:59:59.999999999Z",
    "1969-12-31T23:59:59.5Z",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2021-05-01T00:30:00+01:00",
    "2021-12-31T23:30:00-05:30",
    "2021-03-28T01:30:00.100Z",
    "2000-01-01T12:00:00.1234567891Z",
    "1900-03-01T00:00:00Z",
];
const BAD_TIMES: &[&str] = &[
    "2021-05-01t13:34:12Z",
    "2021-05-01T13:34:12,5Z",
    "2021-02-29T00:00:00Z",
    "2021-05-01",
    "2021-05-01T24:00:00Z",
    "2021-05-01T13:34:60Z",
    "2021-05-01T13:34:12+24:00",
    "x",
    "",
    "0001-01-01T00:00:00+01:00",
    "2021-5-01T13:34:12Z",
    "2021-05-01T13:34:12",
    "2021-05-01T13:34:12.Z",
];
const PAST: &[&str] = &[
    "2021-05-01T13:34:12.024Z",
    "2020-02-29T23:59:59Z",
    "1970-01-01T00:00:00Z",
    "2000-06-01T00:00:00+02:00",
];
const DURATIONS: &[&str] = &[
    "0",
    "0s",
    "1s",
    "90s",
    "1h",
    "1h30m",
    "-90m",
    "1.5s",
    ".5s",
    "1.s",
    "100ms",
    "1us",
    "1µs",
    "1ns",
    "3750s",
    "24h",
    "8760h",
    "2562047h",
    "-2562047h47m16.854775808s",
    "1h1h",
    "0.1ms",
];
const BAD_DURATIONS: &[&str] =
    &["1d", "", "1", "1 s", "1e3s", "h", "2562048h", "--1s", "1.5", "s1"];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "42",
    "-7",
    "+7",
    "1.5",
    "-0.5",
    "1e3",
    "0x1p-2",
    "1_0",
    "inf",
    "-Infinity",
    "NaN",
    "1e400",
    " 1",
    "abc",
    "",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "007",
    "0x10",
    "+",
    "-",
    ".5",
    "5.",
];
const BOOL_TEXTS: &[&str] =
    &["1", "t", "T", "true", "TRUE", "True", "0", "f", "false", "False", "yes", "tRUE", ""];
const REGEXES: &[&str] = &[
    "",
    "a",
    "^a",
    "b$",
    "[a-c]+",
    "(a)(b)",
    "a|b",
    "(?i)ABC",
    r"\d+",
    r"\w+",
    r"\bab",
    "a*",
    "(a*)",
    "x*",
    "^.{2,3}$",
    "(?P<n>l+)o",
    r"id:(\d*)",
    "[[:alpha:]]+",
    r"\p{L}",
    r"\p{Greek}",
    "a{,2}",
    r"\Qa.c\E*",
    "[^a-z]",
    r"(\w+) (\w+)",
    "(?s).",
    r"\s",
    "[]a]",
    r"[\d-z]",
    r"\x41",
    r"\101",
    "(?U)a+",
    "a+?",
    "(a|ab)(c|bcd)?",
    r"[a-z&&[^b]]",
    ".",
    "(?m)^b",
    r"\S+@\S+\.com",
    "(?:ab)+",
    "é",
];
const BAD_REGEXES: &[&str] = &[
    "[", "(", "a)", "*", "a**", "(?x)a", r"\1", r"\C", "a{1001}", "a{2}{3}", "[b-a]", r"\p{Foo}",
    "(?=a)", r"\",
];
const REPLACEMENTS: &[&str] = &["", "-", r"\0", r"[\1]", "$0", r"\\", r"\2 \1", r"\x", "é", r"\9"];
const ZONES: &[&str] = &[
    "UTC",
    "",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "+02:00",
    "-02:30",
    "+14:00",
    "02:60",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "-00:30",
    "+1:5",
];
const BAD_ZONES: &[&str] = &["america/new_york", "Nowhere/City", "+a:b", "x:", "UTC+1"];
const IPS: &[&str] = &[
    "10.0.0.5",
    "192.168.1.1",
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "169.254.1.1",
    "224.0.0.1",
    "::1",
    "::",
    "2001:db8::1",
    "fe80::1",
    "ff02::1",
    "fc00::1",
    "2001:DB8:0:0::1",
    "1.2.3.4",
];
const BAD_IPS: &[&str] = &[
    "1.2.3",
    "010.0.0.5",
    "::ffff:1.2.3.4",
    "::ffff:10.0.0.5",
    "fe80::1%eth0",
    "x",
    "",
    "1.2.3.4.5",
    "256.0.0.1",
    ":::",
    "10.0.0.5 ",
];
const CIDRS: &[&str] = &[
    "10.0.0.0/8",
    "10.0.0.9/24",
    "0.0.0.0/0",
    "192.168.1.1/32",
    "2001:db8::/32",
    "fe80::1/10",
    "::/0",
    "127.0.0.0/8",
    "10.1.2.3/16",
    "::1/128",
];
const BAD_CIDRS: &[&str] = &[
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "::ffff:10.0.0.0/120",
    "x/8",
    "",
    "10.0.0/8",
    "::/129",
];
const SPIFFES: &[&str] = &[
    "spiffe://example.org",
    "spiffe://example.org/ns/a",
    "spiffe://a/b",
    "spiffe://a/B-c_d.e",
    "spiffe://example.org/ns/b",
    "spiffe://a",
];
const BAD_SPIFFES: &[&str] = &[
    "",
    "a/b",
    "spiffe://",
    "spiffe://Example.org/a",
    "spiffe://a/",
    "spiffe://a//b",
    "spiffe://a/../b",
    "spiffe://a/b c",
    "http://a/b",
    "spiffe:///a",
    "spiffe://a/.",
];
const DOMAINS: &[&str] = &["example.org", "a", "spiffe://example.org", "spiffe://a/b", "a_b-c.d"];
const BAD_DOMAINS: &[&str] = &["", "Example.org", "a/b", "spiffe://a/", "spiffe://", "a b"];
const DOTTED: &[&str] = &["", "a", "a.b", "a.b.c", "a.b.d", "a.c", "b", "a..b", ".a", "a.b.c.d"];
const BASE64: &[&str] = &[
    "aGVsbG8=",
    "aGVsbG8",
    "",
    "YQ==",
    "YQ",
    "/w==",
    "_w==",
    "a",
    "aGV\\nsbG8=",
    "Y Q==",
    "YR==",
    "YQ=",
];
const FORMATS: &[&str] = &[
    "%s", "%d", "%s %d", "%.1f", "%x", "%q", "%", "100%%", "%s %s %s", "", "%5d", "%.s", "%b",
    "%.101f", "%e",
];
/// Of a text and an integer.
const TWO_FORMATS: &[&str] =
    &["%s %d", "%s=%x", "%x%b", "100%%: %s %o", "%s %.2f", "%s, %e", "%X %X", "%s%s"];
const PATHS: &[&str] = &[
    "/a/b/c.txt",
    "/a/b",
    "/a",
    "/",
    "",
    "a/b",
    "a",
    ".",
    "..",
    "/a/../b",
    "/a//b/",
    "/a/.b",
    "a.tar.gz",
    "/a/b.",
    "../x",
    r"C:\a\b.txt",
    r"C:\",
    "C:",
    r"\\host\share\x",
    r"\a",
    r"a\b",
    "/a/b/../../..",
    "./a",
    r"C:\a\..\b",
    "D:foo",
    r"c:\a",
];
const PATTERNS: &[&str] = &[
    "/a/*",
    "/a/*.txt",
    "/a/b/*.txt",
    "*",
    "/a/?",
    "/a/[a-c]",
    "/a/[^b]",
    "/**/b",
    "a/b",
    "/a/[",
    "/a/[]x]",
    "",
    "/a/*/c.txt",
    "/a/[!b]",
    r"C:\a\*",
    "[a-",
    "/a/b/[c-a].txt",
    "{a,b}",
];
const TYPES: &[&str] = &[
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "bytes",
    "list",
    "map",
    "type",
    "null_type",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "optional_type",
    "net.IP",
];

/// Attributes of both sides by type: what `questions` fills in.
pub(crate) fn attributes(ty: &Type) -> &'static [&'static str] {
    match ty {
        Type::Plain("bool") => &["P.attr.b1", "R.attr.b1", "R.attr.b2"],
        Type::Plain("double") => &["P.attr.n1", "R.attr.n1", "R.attr.n2", "P.attr[\"n2\"]"],
        Type::Plain("string") => {
            &["P.attr.s1", "R.attr.s1", "R.attr.s2", "P.attr.s2", "R.attr.m1.a"]
        }
        Type::Plain("time_text") => &["R.attr.ts1"],
        Type::Plain("duration_text") => &["R.attr.du1"],
        Type::Plain("ip_text") => &["P.attr.ip1"],
        Type::Plain("dotted_text") => &["P.attr.hi1", "R.attr.hi1"],
        Type::Plain("path") => &["R.attr.pa1"],
        Type::Plain("dyn_list") => {
            &["R.attr.mix", "P.attr.ls1", "R.attr.ln1", "R.attr.items", "P.attr.x"]
        }
        Type::Plain("dyn_map") => {
            &["R.attr.m1", "P.attr.m1", "R.attr.items[0]", "dyn(P)", "request.auxData.jwt"]
        }
        Type::Plain("dyn_number") => &["R.attr.n1", "P.attr.n1", "P.attr.level", "R.attr.x"],
        Type::Plain("dyn_numbers") => &["R.attr.ln1", "P.attr.ln1", "R.attr.ln1", "R.attr.mix"],
        Type::Plain("dyn") => &[
            "P.attr.x",
            "R.attr.x",
            "R.attr.nul",
            "P.attr.m1",
            "R.attr.mix",
            "P.attr.missing.y",
            "G.gi",
            "G.gd",
            "G.gs",
        ],
        Type::List(inner) => match &**inner {
            Type::Plain("string") => &["P.attr.ls1", "R.attr.ls1", "R.attr.ls2"],
            Type::Plain("double") => &["R.attr.ln1", "P.attr.ln1"],
            Type::Plain("dyn") => &["R.attr.mix", "R.attr.items"],
            _ => &[],
        },
        Type::Map(_) => &["P.attr.m1", "R.attr.m1"],
        _ => &[],
    }
}

/// What the policy of an expression run declares, by type.
pub(super) fn declared(ty: &Type) -> &'static [&'static str] {
    match ty {
        Type::Plain("int") => &["V.vi", "G.gi"],
        Type::Plain("double") => &["C.cn", "V.vd", "G.gd"],
        Type::Plain("string") => &["C.cs", "V.vs", "G.gs", "V.type"],
        Type::Plain("bool") => &["C.cb", "V.vb"],
        Type::Plain("timestamp") => &["V.vt"],
        Type::Plain("duration") => &["V.vdu"],
        Type::Plain("hierarchy") => &["V.vh"],
        Type::Plain("dyn") => &["V.vopt", "V.bad", "C.cm", "C.cz"],
        Type::List(_) => &["C.cl", "V.vl"],
        Type::Map(_) => &["C.cm", "V.vm"],
        _ => &[],
    }
}

/// A literal of a type without parameters.
pub(super) fn literal(dice: &mut Rng, name: &str) -> String {
    let mostly = |dice: &mut Rng, good: &[&'static str], bad: &[&'static str]| {
        let texts = if dice.percent(85) { good } else { bad };
        *dice.pick(texts)
    };
    let text = |dice: &mut Rng, texts: &[&str]| quoted(dice.pick::<&str>(texts));
    let one = |dice: &mut Rng, texts: &[&str]| (*dice.pick(texts)).to_owned();
    match name {
        "bool" => one(dice, BOOLS),
        "int" if dice.percent(40) => dice.i64(-20..60).to_string(),
        "int" => one(dice, INTS),
        "small" => one(dice, &["0", "1", "1", "2", "2", "3", "5", "-1", "64"]),
        "index" => one(dice, &["0", "0", "0", "1", "1", "2", "3", "9", "-1"]),
        "uint" => one(dice, UINTS),
        "double" => one(dice, DOUBLES),
        "string" => one(dice, STRINGS),
        "bytes" => one(dice, BYTES),
        "null" => "null".to_owned(),
        "type" => one(dice, TYPES),
        "timestamp" => format!("timestamp({})", text(dice, TIMESTAMPS)),
        "duration" => format!("duration({})", text(dice, DURATIONS)),
        "ip" => format!("ip({})", text(dice, IPS)),
        "cidr" => format!("cidr({})", text(dice, CIDRS)),
        "hierarchy" => format!("hierarchy({})", text(dice, DOTTED)),
        "spiffe_id" => format!("spiffeID({})", text(dice, SPIFFES)),
        "spiffe_domain" => format!("spiffeTrustDomain({})", text(dice, DOMAINS)),
        "spiffe_matcher" => "spiffeMatchAny()".to_owned(),
        "bool_text" => text(dice, BOOL_TEXTS),
        "number_text" => text(dice, NUMBERS),
        "regex" => quoted(mostly(dice, REGEXES, BAD_REGEXES)),
        "replacement" => text(dice, REPLACEMENTS),
        "path" => text(dice, PATHS),
        "path_pattern" => text(dice, PATTERNS),
        "zone" => quoted(mostly(dice, ZONES, BAD_ZONES)),
        "ip_text" => quoted(mostly(dice, IPS, BAD_IPS)),
        "cidr_text" => quoted(mostly(dice, CIDRS, BAD_CIDRS)),
        "spiffe_text" => quoted(mostly(dice, SPIFFES, BAD_SPIFFES)),
        "domain_text" => quoted(mostly(dice, DOMAINS, BAD_DOMAINS)),
        "time_text" => quoted(mostly(dice, TIMESTAMPS, BAD_TIMES)),
        "past_text" => text(dice, PAST),
        "duration_text" => quoted(mostly(dice, DURATIONS, BAD_DURATIONS)),
        "base64_text" => text(dice, BASE64),
        "dotted_text" => text(dice, DOTTED),
        "format_text" => text(dice, FORMATS),
        "two_format" => quoted(mostly(dice, TWO_FORMATS, FORMATS)),
        "key" => one(dice, &["\"a\"", "\"a\"", "\"b\"", "\"x\""]),
        other => panic!("no literal of the type {other}"),
    }
}

/// A text as a CEL literal; sometimes in a form that is not validated when it is compiled.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace("\\\\n", "\\n"))
}

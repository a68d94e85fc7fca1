//! gRPC with bytes that are no message, messages that lack something, and headers that are none.

use futures_util::{StreamExt, stream};
use portcullis::cerbos_api::{
    json,
    proto::{
        authzen::authorization::v1::{AccessEvaluationBatchRequest, AccessEvaluationRequest},
        cerbos::request::v1::{
            CheckResourceBatchRequest, CheckResourceSetRequest, CheckResourcesRequest,
            PlanResourcesRequest,
        },
    },
};
use prost::Name;

use super::{
    AT_ONCE, Difference, Pair, bodies,
    calls::{Call, Told, framed},
    good, judge,
};

const CHECK: &str = "/cerbos.svc.v1.CerbosService/CheckResources";
const INFO: &str = "/cerbos.svc.v1.CerbosService/ServerInfo";

/// Methods, by the path of the same call over HTTP.
const METHODS: [(&str, &str); 6] = [
    ("/api/check/resources", CHECK),
    ("/api/plan/resources", "/cerbos.svc.v1.CerbosService/PlanResources"),
    ("/api/check", "/cerbos.svc.v1.CerbosService/CheckResourceSet"),
    ("/api/check_resource_batch", "/cerbos.svc.v1.CerbosService/CheckResourceBatch"),
    ("/access/v1/evaluation", "/authzen.authorization.v1.AuthorizationService/AccessEvaluation"),
    (
        "/access/v1/evaluations",
        "/authzen.authorization.v1.AuthorizationService/AccessEvaluationBatch",
    ),
];

/// Bytes that are no message, or one with other types than ours.
const BYTES: [(&str, &[u8]); 22] = [
    ("nothing", b""),
    ("0xff", b"\xff\xff\xff"),
    ("text", b"hello, world"),
    ("JSON", b"{}"),
    ("a group", b"\xfb\x07\xfc\x07"),
    ("a group that does not end", b"\xfb\x07"),
    ("the end of a group", b"\xfc\x07"),
    ("wire type 6", b"\xfe\x07"),
    ("wire type 7", b"\xff\x07"),
    ("field 0", b"\x00\x00"),
    ("a field beyond all numbers", b"\xff\xff\xff\xff\xff\x0f\x00"),
    ("an unknown varint", b"\xf8\x07\x01"),
    ("an unknown double", b"\xf9\x07\0\0\0\0\0\0\0\0"),
    ("an unknown text", b"\xfa\x07\x01a"),
    ("an unknown float", b"\xfd\x07\0\0\0\0"),
    ("half a double", b"\xf9\x07\0\0"),
    ("a varint that does not end", b"\xf8\x07\xff"),
    ("a varint of eleven bytes", b"\xf8\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ("a length beyond the end", b"\xfa\x07\x05a"),
    ("a length beyond all", b"\xfa\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ("half a tag", b"\xfa"),
    ("a number in the place of a text or a message", b"\x08\x01"),
];

/// Where the real one is asked, and where we are.
#[derive(Clone, Copy, Debug)]
enum Port {
    Grpc,
    Http,
}

async fn compare(pair: &Pair, port: Port, calls: Vec<(String, Call)>) -> Vec<(String, Told, Told)> {
    let (ours, theirs) = match port {
        Port::Grpc => (pair.ours.api.1.clone(), pair.theirs.grpc.to_string()),
        Port::Http => (pair.ours.api.0.clone(), pair.theirs.http.to_string()),
    };
    let (ours, theirs) = (&ours, &theirs);
    let answers = stream::iter(calls).map(|(kind, call)| async move {
        let said = tokio::join!(call.send(ours), call.send(theirs));
        (format!("{kind} at {port:?}"), said.0, said.1)
    });
    answers.buffer_unordered(AT_ONCE).collect().await
}

/// The bytes of the message that a body is, if it is one.
fn message(path: &str, body: &[u8]) -> Option<Vec<u8>> {
    fn read<M: Name + Default>(body: &[u8]) -> Option<Vec<u8>> {
        json::read::<M>(body, 1 << 22).ok().map(|message| message.encode_to_vec())
    }
    match path {
        "/api/check/resources" => read::<CheckResourcesRequest>(body),
        "/api/plan/resources" => read::<PlanResourcesRequest>(body),
        "/api/check" => read::<CheckResourceSetRequest>(body),
        "/api/check_resource_batch" => read::<CheckResourceBatchRequest>(body),
        "/access/v1/evaluation" => read::<AccessEvaluationRequest>(body),
        "/access/v1/evaluations" => read::<AccessEvaluationBatchRequest>(body),
        _ => panic!("{path}"),
    }
}

#[tokio::test]
async fn messages_that_lack_something_are_refused_as_the_real_pdp_refuses_them() {
    let pair = Pair::start().await;
    let mut calls = Vec::new();
    for ((path, good), (_, method)) in good::all().into_iter().zip(METHODS) {
        for body in bodies::all(&good) {
            if let Some(message) = message(path, &body.bytes) {
                calls.push((format!("{} ({method})", body.kind), Call::new(method, &message)));
            }
        }
    }
    assert!(calls.len() > 200, "{}", calls.len());
    judge(&compare(&pair, Port::Grpc, calls).await, &MESSAGES_DIFFER);
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_as_the_real_pdp_refuses_them() {
    let pair = Pair::start().await;
    let mut calls = Vec::new();
    for ((path, good), (_, method)) in good::all().into_iter().zip(METHODS) {
        for (kind, bytes) in BYTES {
            calls.push((format!("{kind} ({method})"), Call::new(method, bytes)));
        }
        let whole = message(path, good.to_string().as_bytes()).unwrap();
        for cut in (1..whole.len()).step_by(7) {
            calls.push((format!("cut off at {cut} ({method})"), Call::new(method, &whole[..cut])));
        }
        // Every byte once with another wire type, length or letter.
        for at in (0..whole.len()).step_by(3) {
            let mut other = whole.clone();
            other[at] ^= 0x41;
            calls.push((format!("another byte at {at} ({method})"), Call::new(method, &other)));
        }
    }
    judge(&compare(&pair, Port::Grpc, calls).await, &BYTES_DIFFER);
    pair.ours.stop().await.unwrap();
}

const UNDECODABLE: &str =
    "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data";

const BYTES_DIFFER: [Difference<Told>; 2] = [
    Difference {
        why: "a field of another type is refused, and not overlooked",
        is_it: |_kind, ours, theirs| ours.message == UNDECODABLE && theirs.code != "13",
    },
    Difference {
        why: "a text that is not UTF-8 is told like other bytes that are no message",
        is_it: |_kind, ours, theirs| {
            ours.message == UNDECODABLE && theirs.message.ends_with("invalid UTF-8")
        },
    },
];

const MESSAGES_DIFFER: [Difference<Told>; 1] = [Difference {
    why: "an instance without attributes has none: the real one panics",
    is_it: |kind, ours, theirs| {
        kind.contains("CheckResourceSet")
            && ours.code == "0"
            && theirs.message.starts_with("panic caught")
    },
}];

/// Frames that are none.
fn odd_frames() -> Vec<(String, Call)> {
    let mut calls = Vec::new();
    let mut add = |kind: &str, call: Call| calls.push((kind.to_owned(), call));
    add("half a frame's head", Call::raw(CHECK, vec![0, 0]));
    add("half a frame", Call::raw(CHECK, b"\0\0\0\0\x05ab".to_vec()));
    add("flag 2", Call::raw(CHECK, framed(2, b"")));
    add("flag 255", Call::raw(CHECK, framed(255, b"")));
    add("compressed, in no way that is named", Call::raw(CHECK, framed(1, b"x")));
    add("two frames", Call::raw(INFO, [framed(0, b""), framed(0, b"")].concat()));
    add("bytes behind the frame", Call::raw(INFO, [framed(0, b""), b"zz".to_vec()].concat()));
    add("more announced than there can be", Call::raw(CHECK, b"\0\xff\xff\xff\xff".to_vec()));
    add("one byte too many announced", Call::raw(CHECK, b"\0\0\x40\0\x01".to_vec()));
    calls
}

/// Methods and services that there are not.
fn odd_paths() -> Vec<(String, Call)> {
    let mut calls = Vec::new();
    let mut add = |kind: &str, call: Call| calls.push((kind.to_owned(), call));
    for path in [
        "/cerbos.svc.v1.CerbosService/Nothing",
        "/cerbos.svc.v1.CerbosService/checkresources",
        "/cerbos.svc.v1.CerbosAdminService/ListPolicies",
        "/cerbos.svc.v1.CerbosPlaygroundService/PlaygroundValidate",
        "/cerbos.svc.v2.CerbosService/CheckResources",
        "/authzen.authorization.v1.AuthorizationService/Search",
        "/nobody.Service/Call",
        "/a/b/c",
        "/cerbos.svc.v1.CerbosService/ServerInfo/",
        "/nothing",
        "/",
    ] {
        add(path, Call::new(path, b""));
    }
    for service in ["nobody", "cerbos.svc.v1.CerbosService", "cerbos.svc.v1.CerbosAdminService", ""]
    {
        let length = u8::try_from(service.len()).unwrap();
        let message = [&[0x0a, length][..], service.as_bytes()].concat();
        add(&format!("health of {service}"), Call::new("/grpc.health.v1.Health/Check", &message));
    }
    add("health of 0xff", Call::new("/grpc.health.v1.Health/Check", b"\xff"));
    calls
}

fn odd_headers() -> Vec<(String, Call)> {
    let mut calls = Vec::new();
    let mut add = |kind: &str, call: Call| calls.push((kind.to_owned(), call));
    for (name, values) in [
        (
            "content-type",
            &[
                "",
                "application/json",
                "text/plain",
                "application/grpc-web",
                "APPLICATION/GRPC",
                "application/grpc+proto",
                "application/grpc+json",
            ][..],
        ),
        ("te", &["", "gzip"]),
        ("grpc-timeout", &["10S", "0S", "1n", "zz", "-1S", "123456789S", "5", "5s"]),
        ("grpc-encoding", &["identity", "gzip", "deflate", "snappy", "nonsense"]),
        ("grpc-accept-encoding", &["gzip", "nonsense", ""]),
        ("user-agent", &["x"]),
        ("authorization", &["nonsense"]),
    ] {
        for value in values {
            add(&format!("{name}: {value}"), Call::new(INFO, b"").header(name, value));
        }
    }
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"] {
        add(method, Call { method, ..Call::new(INFO, b"") });
    }
    calls
}

#[tokio::test]
async fn frames_and_headers_that_are_none_are_refused_as_the_real_pdp_refuses_them() {
    let pair = Pair::start().await;
    let mut answers = Vec::new();
    for port in [Port::Grpc, Port::Http] {
        let calls = [odd_frames(), odd_paths(), odd_headers()].concat();
        answers.extend(compare(&pair, port, calls).await);
    }
    judge(&answers, &FRAMES_DIFFER);
    pair.ours.stop().await.unwrap();
}

const FRAMES_DIFFER: [Difference<Told>; 2] = [
    Difference {
        why: "half a frame is half a frame, wherever it is cut off",
        is_it: |kind, ours, theirs| {
            kind.starts_with("half a frame's head") && ours.code == theirs.code
        },
    },
    Difference {
        why: "bytes behind the message of a call are refused, and not overlooked",
        is_it: |kind, ours, _theirs| kind.starts_with("bytes behind the frame") && ours.code == "2",
    },
];

//! Clients that go away in the middle, and ones that never mean it.

use std::{future, task::Poll, time::Duration};

use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::yield_now,
};
use tonic::transport::{Channel, Endpoint};

use crate::{
    hostile::{
        dice::Dice,
        house::{House, Outcome},
        tokens,
    },
    support::{Told, World, check_request, claims},
};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

#[tokio::test]
async fn threat_7_a_check_can_be_given_up_at_any_point() {
    let house = House::build().await;
    let mut dice = Dice::new(7);
    for polls in 0..40 {
        // A token that nobody has seen, so that every memory is written to.
        let attempt = tokens::valid(&mut dice, &house.forge);
        let mut check = Box::pin(house.ask(attempt.clone()));
        for _ in 0..polls {
            let ended =
                future::poll_fn(|context| Poll::Ready(check.as_mut().poll(context).is_ready()));
            if ended.await {
                break;
            }
            yield_now().await;
        }
        drop(check);
        assert!(house.ask(attempt).await == Outcome::Allowed, "given up after {polls} polls");
    }
}

fn client(world: &World) -> AuthorizationClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{}", world.ext_authz)).unwrap();
    AuthorizationClient::new(endpoint.connect_lazy())
}

#[tokio::test]
async fn threat_50_resets_and_garbage_leave_the_listener_up() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let request = || check_request("GET", INVOICE, Some(&token));
    for _ in 0..20 {
        let mut storm = client(&world);
        for number in 0..100 {
            // Each is sent, and reset before its answer.
            let mut check = Box::pin(storm.check(request()));
            for _ in 0..number % 5 {
                let polled = future::poll_fn(|context| Poll::Ready(check.as_mut().poll(context)));
                if polled.await.is_ready() {
                    break;
                }
                yield_now().await;
            }
        }
    }
    let preface: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    // A CONTINUATION frame that continues nothing, and HEADERS that never end.
    let continuation: &[u8] = &[0, 0, 1, 9, 0, 0, 0, 0, 1, 0];
    let headers: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
    let tls: &[u8] = &[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];
    for bytes in
        [&[preface, continuation].concat(), &[preface, headers].concat(), preface, tls, b""]
    {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(&world.ext_authz).await.unwrap();
            stream.write_all(bytes).await.unwrap();
        }
    }
    assert_eq!(world.ask(request()).await.status, 200, "on the connection from before");
    let answer = Box::pin(client(&world).check(request())).await.unwrap();
    assert_eq!(answer.into_inner().status.unwrap().code, 0, "on a new one");
    world.stop().await.unwrap();
}

/// A frame of HTTP/2 (RFC 9113, 4.1) on stream 1, without flags.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    frame_on(1, kind, 0, payload)
}

fn frame_on(stream: u32, kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// All clients of an Envoy share its connection to us, and what they give up at once comes at once.
#[tokio::test]
async fn threat_50_requests_that_are_given_up_in_one_write_cost_nobody_the_connection() {
    let world = World::builder().start().await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame_on(0, 4, 0, &[]));
    for number in 0..2000 {
        // HEADERS that end (POST, http, `/`), and RST_STREAM (CANCEL).
        bytes.extend(frame_on(1 + 2 * number, 1, 4, &[0x83, 0x86, 0x84]));
        bytes.extend(frame_on(1 + 2 * number, 3, 0, &[0, 0, 0, 8]));
    }
    bytes.extend(frame_on(0, 6, 0, b"are you?"));
    let mut stream = TcpStream::connect(&world.ext_authz).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let answered = async {
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let length = usize::from(head[1]) << 8 | usize::from(head[2]);
            let mut payload = vec![0; length];
            stream.read_exact(&mut payload).await.unwrap();
            assert_ne!(head[3], 7, "GOAWAY: {payload:?}");
            if (head[3], head[4]) == (6, 1) {
                return payload;
            }
        }
    };
    let answered = tokio::time::timeout(Duration::from_secs(10), answered).await;
    assert_eq!(answered.expect("an answer to a PING"), b"are you?");
    drop(stream);
    assert_eq!(world.ask(check_request("GET", "/healthz", None)).await.status, 200);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_9_headers_that_never_end_are_ended_by_us() {
    let world = World::builder().start().await;
    // A literal field (RFC 7541, 6.2.2) with a value of 16,000 bytes, and nothing at all.
    let field = [&[0, 1, b'x', 0x7f, 0x81, 0x7c][..], &[b'a'; 16_000]].concat();
    for (continuation, times) in [(field, 200), (Vec::new(), 20_000)] {
        let mut stream = TcpStream::connect(&world.ext_authz).await.unwrap();
        let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0, 0, 0, 4, 0, 0, 0, 0, 0][..]];
        stream.write_all(&[&preface.concat(), &*frame(1, &[0x82])].concat()).await.unwrap();
        let (mut answers, mut requests) = stream.split();
        let flood = async {
            for _ in 0..times {
                if requests.write_all(&frame(9, &continuation)).await.is_err() {
                    break;
                }
            }
        };
        let mut answer = Vec::new();
        // Whoever reads on has not had enough, and does not close.
        let ended = async { tokio::join!(flood, answers.read_to_end(&mut answer)).1 };
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert!(ended.is_ok(), "it goes on after {times} frames of {} bytes", continuation.len());
    }
    assert_eq!(world.ask(check_request("GET", "/healthz", None)).await.status, 200);
    world.stop().await.unwrap();
}

/// What Envoy passes on of a client's headers (`tracestate`, where it traces) comes as headers of ours.
#[tokio::test]
async fn threat_9_12_headers_as_long_as_envoy_lets_them_be_are_read_and_longer_ones_are_not() {
    let world = World::builder().start().await;
    let mut client = client(&world);
    let mut ask = async |length: usize| {
        let mut request = tonic::Request::new(check_request("GET", "/healthz", None));
        request.metadata_mut().insert("tracestate", "a".repeat(length).parse().unwrap());
        Box::pin(client.check(request)).await.map(|answer| Told::of(answer.get_ref()).status)
    };
    assert_eq!(ask(10).await.unwrap(), 200);
    assert_eq!(ask(60 << 10).await.unwrap(), 200);
    ask(1 << 20).await.unwrap_err();
    assert_eq!(ask(60 << 10).await.unwrap(), 200, "the connection goes on");
    world.stop().await.unwrap();
}

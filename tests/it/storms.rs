//! Clients that go away in the middle, and ones that never mean it.

use std::{future, task::Poll};

use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use tokio::{io::AsyncWriteExt, net::TcpStream, task::yield_now};
use tonic::transport::{Channel, Endpoint};

use crate::{
    hostile::{
        dice::Dice,
        house::{House, Outcome},
        tokens,
    },
    support::{World, check_request, claims},
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

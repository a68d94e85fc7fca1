//! Requests that are answered.

use portcullis::cerbos_api::{
    json::read,
    proto::cerbos::{
        engine::v1::{Principal, Resource},
        request::v1::{
            CheckResourcesRequest, PlanResourcesRequest, ServerInfoRequest,
            check_resources_request::ResourceEntry,
        },
        svc::v1::cerbos_service_client::CerbosServiceClient,
    },
};
use tonic::{codec::CompressionEncoding, transport::Endpoint};

use super::{Asked, Pair};

const CHECKS: [&str; 6] = [
    r#"{"requestId":"r","principal":{"id":"p","roles":["user"]},"resources":[{"actions":["view","edit","x"],"resource":{"kind":"doc","id":"1","attr":{"owner":"p"}}},{"actions":["view"],"resource":{"kind":"doc","id":"1","attr":{"blocked":true}}}]}"#,
    r#"{"includeMeta":true,"principal":{"id":"p","roles":["user","other"],"policyVersion":"default"},"resources":[{"actions":["edit"],"resource":{"kind":"doc","id":"é","policyVersion":"default","attr":{"owner":"p"}}},{"actions":["a"],"resource":{"kind":"none","id":"2","scope":"acme.hr"}}]}"#,
    r#"{"include_meta":true,"request_id":"s","principal":{"id":"p","roles":["user"],"policy_version":"","scope":"."},"resources":[{"actions":["view"],"resource":{"kind":"doc","id":"1","attr":{"a":null,"b":[1,2,{"c":"\u00e9\ud83d\ude00"}],"d":1e20}}}],"aux_data":{},"requestContext":{"annotations":{"a":1}}} trailing"#,
    r#"{"requestId":null,"principal":{"id":"p","roles":["user"],"attr":null},"resources":[{"actions":["view"],"resource":{"kind":"doc","id":"1"}}],"auxData":null}"#,
    r#"{"principal":{"id":"p","roles":["nobody"]},"resources":[{"actions":["view"],"resource":{"kind":"doc","id":"1"}}]}"#,
    r#" {"principal" : {"id":"p","roles":["user"]},
       "resources":[{"actions":["view"],"resource":{"kind":"doc","id":"1","attr":{"blocked":"x"}}}]}"#,
];

const PLANS: [&str; 7] = [
    r#"{"requestId":"r","action":"view","principal":{"id":"p","roles":["user"]},"resource":{"kind":"doc"}}"#,
    r#"{"requestId":"r","includeMeta":true,"actions":["edit"],"principal":{"id":"p","roles":["user"]},"resource":{"kind":"doc","policyVersion":"default"}}"#,
    r#"{"includeMeta":true,"actions":["view","edit"],"principal":{"id":"p","roles":["user"]},"resource":{"kind":"doc","attr":{"owner":"p"}}}"#,
    r#"{"includeMeta":true,"action":"edit","principal":{"id":"p","roles":["user"]},"resource":{"kind":"doc","attr":{"owner":"q"}}}"#,
    r#"{"includeMeta":true,"actions":["nothing"],"principal":{"id":"p","roles":["user"]},"resource":{"kind":"doc"}}"#,
    r#"{"includeMeta":true,"actions":["view"],"principal":{"id":"p","roles":["user"]},"resource":{"kind":"none","scope":"acme.hr"}}"#,
    r#"{"actions":["view"],"principal":{"id":"p","roles":["nobody"]},"resource":{"kind":"doc"}}"#,
];

#[tokio::test]
async fn plans_are_those_of_the_real_pdp() {
    let pair = Pair::start().await;
    for body in PLANS {
        pair.check("POST", "/api/plan/resources", body).await;
    }
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn json_is_answered_as_the_real_pdp_answers_it() {
    let pair = Pair::start().await;
    for body in CHECKS {
        pair.check("POST", "/api/check/resources", body).await;
    }
    for (path, body) in [
        (
            "/api/check",
            r#"{"requestId":"r","includeMeta":true,"actions":["view","edit"],"principal":{"id":"p","roles":["user"]},"resource":{"kind":"doc","instances":{"a":{"attr":{"owner":"p"}},"b":{}}}}"#,
        ),
        (
            "/api/check_resource_batch",
            r#"{"requestId":"r","principal":{"id":"p","roles":["user"]},"resources":[{"actions":["view","edit"],"resource":{"kind":"doc","id":"1"}}]}"#,
        ),
    ] {
        pair.check("POST", path, body).await;
    }
    for (method, path) in [
        ("GET", "/_cerbos/health"),
        ("GET", "/_cerbos/health?service=cerbos.svc.v1.CerbosService"),
        ("GET", "/_cerbos/health?service=nobody"),
        ("GET", "/api/check/resources"),
        ("POST", "/api/server_info"),
        ("GET", "/api/nothing"),
        ("GET", "/nothing"),
    ] {
        pair.check(method, path, "").await;
    }
    pair.ours.stop().await.unwrap();
}

/// Of the answers, JSON has no form, and gRPC has one.
#[tokio::test]
async fn numbers_that_json_does_not_have_are_refused_in_the_words_of_the_real_pdp() {
    let pair = Pair::start().await;
    for action in ["infinite", "endless", "nothing"] {
        let principal = r#""principal":{"id":"p","roles":["user"]}"#;
        let resource = r#""resource":{"kind":"doc","id":"1","attr":{"n":2}}"#;
        let check = format!(
            r#"{{{principal},"resources":[{{"actions":["{action}","view"],{resource}}}]}}"#
        );
        let plan = format!(r#"{{{principal},"actions":["{action}"],"resource":{{"kind":"doc"}}}}"#);
        let set = format!(
            r#"{{{principal},"actions":["{action}"],"resource":{{"kind":"doc","instances":{{"1":{{"attr":{{"n":2}}}}}}}}}}"#
        );
        let batch = check.replace(",\"view\"", "");
        let access = format!(
            r#"{{"subject":{{"type":"user","id":"p","properties":{{"roles":["user"]}}}},"action":{{"name":"{action}"}},"resource":{{"type":"doc","id":"1","properties":{{"n":2}}}}}}"#
        );
        for (path, body) in [
            ("/api/check/resources", &check),
            ("/api/check/resources?pretty", &check),
            ("/api/plan/resources", &plan),
            ("/api/check", &set),
            ("/api/check_resource_batch", &batch),
            ("/access/v1/evaluation", &access),
        ] {
            pair.check("POST", path, body).await;
        }
        let mut said = Vec::new();
        for address in [&pair.ours.api.1, &pair.theirs.grpc.to_string()] {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
            let mut client = CerbosServiceClient::new(endpoint.connect_lazy());
            let asked: CheckResourcesRequest = read(check.as_bytes(), 1000).unwrap();
            let checked = client.check_resources(asked).await.unwrap().into_inner();
            let asked: PlanResourcesRequest = read(plan.as_bytes(), 1000).unwrap();
            let planned = client.plan_resources(asked).await.unwrap().into_inner();
            // No NaN is equal to another.
            said.push(format!("{:?} {:?}", checked.results, planned.filter));
        }
        assert!(said[0].contains("inf") || said[0].contains("NaN"), "{}", said[0]);
        assert_eq!(said[0], said[1]);
    }
    pair.ours.stop().await.unwrap();
}

/// A member of a gzip file (RFC 1952) that is stored as it is.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = u16::try_from(text.len()).unwrap();
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(text);
    file.extend((!crc).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

#[tokio::test]
async fn what_is_compressed_is_read_over_grpc_and_not_over_http() {
    let pair = Pair::start().await;
    let mut said = Vec::new();
    for address in [&pair.ours.api.1, &pair.theirs.grpc.to_string()] {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut client = CerbosServiceClient::new(endpoint.connect_lazy())
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        for body in CHECKS {
            let Ok(asked) = read::<CheckResourcesRequest>(body.as_bytes(), 4096) else { continue };
            let answer = client.check_resources(asked).await.unwrap();
            let encoding = answer.metadata().get("grpc-encoding").cloned();
            said.push((encoding, answer.into_inner().results));
        }
    }
    let (ours, theirs) = said.split_at(said.len() / 2);
    assert_eq!(ours.len(), CHECKS.len());
    assert_eq!(ours, theirs);
    for body in CHECKS {
        let body = &gzip(body.as_bytes());
        for headers in [&[("content-encoding", "gzip")][..], &[]] {
            let path = "/api/check/resources";
            pair.same(Asked { method: "POST", path, headers, body }).await;
        }
    }
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn grpc_is_answered_as_the_real_pdp_answers_it() {
    let pair = Pair::start().await;
    let resource = Resource { kind: "doc".into(), id: "1".into(), ..Resource::default() };
    let entry = ResourceEntry { actions: vec!["view".into()], resource: Some(resource) };
    let asked = CheckResourcesRequest {
        request_id: "r".into(),
        include_meta: true,
        principal: Some(Principal {
            id: "p".into(),
            roles: vec!["user".into()],
            ..Principal::default()
        }),
        resources: vec![entry],
        ..CheckResourcesRequest::default()
    };
    let http_too = &pair.ours.api.0;
    let mut said = Vec::new();
    for address in [&pair.ours.api.1, http_too, &pair.theirs.grpc.to_string()] {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut client = CerbosServiceClient::new(endpoint.connect_lazy());
        let mut answer = client.check_resources(asked.clone()).await.unwrap();
        assert_eq!(answer.metadata().get("cerbos-version").unwrap(), "0.55.0");
        assert_eq!(answer.get_ref().cerbos_call_id.len(), 26);
        answer.get_mut().cerbos_call_id.clear();
        let info = client.server_info(ServerInfoRequest {}).await.unwrap().into_inner();
        let refused = client.check_resources(CheckResourcesRequest::default()).await.unwrap_err();
        let refused = (refused.code(), refused.message().to_owned(), refused.details().to_vec());
        said.push((answer.into_inner(), info.version, refused));
    }
    assert_eq!(said[0], said[2]);
    assert_eq!(said[1], said[2], "gRPC at the door for HTTP");
    pair.ours.stop().await.unwrap();
}

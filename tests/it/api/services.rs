//! What stands beside the calls: health, reflection, metrics, `ServerInfo`.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::cerbos_api::proto::cerbos::{
    request::v1::ServerInfoRequest, svc::v1::cerbos_service_client::CerbosServiceClient,
};
use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorProto, ServiceDescriptorProto};
use tokio_stream::iter;
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::{v1, v1alpha};

use super::Pair;

const SERVICES: [&str; 2] =
    ["cerbos.svc.v1.CerbosService", "authzen.authorization.v1.AuthorizationService"];

fn channel(address: &str) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy()
}

#[tokio::test]
async fn health_is_told_as_by_the_real_pdp() {
    let pair = Pair::start().await;
    let mut said = Vec::new();
    for address in [&pair.ours.api.1, &pair.ours.api.0, &pair.theirs.grpc.to_string()] {
        let mut client = HealthClient::new(channel(address));
        let mut told = Vec::new();
        for service in ["", SERVICES[0], SERVICES[1], "nobody", "cerbos.svc.v1.CerbosAdminService"]
        {
            let request = HealthCheckRequest { service: service.to_owned() };
            let checked = client.check(request.clone()).await;
            told.push(match checked {
                Ok(answer) => format!("{:?}", answer.into_inner().status()),
                Err(status) => format!("{:?} {}", status.code(), status.message()),
            });
            if service != "nobody" && service != "cerbos.svc.v1.CerbosAdminService" {
                let mut watched = client.watch(request).await.unwrap().into_inner();
                let first = watched.message().await.unwrap().unwrap();
                told.push(format!("{:?}", first.status()));
            }
        }
        said.push(told);
    }
    assert_eq!(said[0], said[2]);
    assert_eq!(said[1], said[2], "gRPC at the door for HTTP");
    pair.ours.stop().await.unwrap();
}

/// Who watches is told that it ends, before it does.
#[tokio::test]
async fn who_watches_our_health_hears_of_the_end() {
    let pair = Pair::start().await;
    let mut client = HealthClient::new(channel(&pair.ours.api.1));
    let request = HealthCheckRequest { service: SERVICES[0].to_owned() };
    let mut watched = client.watch(request).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status, 1);
    let stopping = tokio::spawn(pair.ours.stop());
    assert_eq!(watched.message().await.unwrap().unwrap().status, 2);
    drop(watched);
    drop(client);
    stopping.await.unwrap().unwrap();
}

/// Every field of every message, by its number.
type Fields = BTreeMap<String, (i32, i32, String)>;

fn fields(within: &str, message: &DescriptorProto, fields: &mut Fields) {
    let name = format!("{within}.{}", message.name());
    for field in &message.field {
        let described = (field.number(), field.r#type().into(), field.type_name().to_owned());
        fields.insert(format!("{name}.{}", field.name()), described);
    }
    message.nested_type.iter().for_each(|nested| self::fields(&name, nested, fields));
}

/// Takes what a file says of these services, and what else is needed for it.
fn take(
    response: Option<v1::server_reflection_response::MessageResponse>,
    methods: &mut BTreeSet<String>,
    all: &mut Fields,
    needed: &mut Vec<String>,
) {
    let Some(v1::server_reflection_response::MessageResponse::FileDescriptorResponse(files)) =
        response
    else {
        panic!("{response:?}")
    };
    for file in files.file_descriptor_proto {
        let file = FileDescriptorProto::decode(&*file).unwrap();
        let named = |service: &&ServiceDescriptorProto| {
            SERVICES.contains(&&*format!("{}.{}", file.package(), service.name()))
        };
        for service in file.service.iter().filter(named) {
            for method in &service.method {
                methods.insert(format!(
                    "{}.{} {} {}",
                    service.name(),
                    method.name(),
                    method.input_type(),
                    method.output_type()
                ));
            }
        }
        file.message_type.iter().for_each(|message| fields(file.package(), message, all));
        needed.extend(file.dependency);
    }
}

/// What reflection says of these services: their methods, and the fields of all that they need.
async fn described(address: &str) -> (BTreeSet<String>, Fields) {
    use v1::{
        ServerReflectionRequest as Asked, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest,
    };
    let mut client = ServerReflectionClient::new(channel(address));
    let asked = SERVICES.map(|service| Asked {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol(service.to_owned())),
    });
    let mut answers = client.server_reflection_info(iter(asked)).await.unwrap().into_inner();
    let (mut methods, mut all) = (BTreeSet::new(), Fields::new());
    let mut needed: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(answer) = answers.message().await.unwrap() {
        take(answer.message_response, &mut methods, &mut all, &mut needed);
    }
    while let Some(name) = needed.pop() {
        let is_theirs = name.starts_with("cerbos/") || name.starts_with("authzen/");
        if is_theirs && seen.insert(name.clone()) {
            let asked = Asked {
                host: String::new(),
                message_request: Some(MessageRequest::FileByFilename(name)),
            };
            let answers = client.server_reflection_info(iter([asked])).await.unwrap();
            let answer = answers.into_inner().message().await.unwrap().unwrap();
            take(answer.message_response, &mut methods, &mut all, &mut needed);
        }
    }
    (methods, all)
}

#[tokio::test]
async fn reflection_describes_what_the_real_pdp_describes() {
    let pair = Pair::start().await;
    let ours = described(&pair.ours.api.1).await;
    let theirs = described(&pair.theirs.grpc.to_string()).await;
    assert_eq!(ours.0, theirs.0);
    assert!(ours.1.len() > 100);
    for (name, field) in &ours.1 {
        assert_eq!(Some(field), theirs.1.get(name), "{name}");
    }
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn reflection_lists_our_services_in_both_versions() {
    let pair = Pair::start().await;
    let asked = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let older = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    for address in [&pair.ours.api.1, &pair.theirs.grpc.to_string()] {
        let mut client =
            v1::server_reflection_client::ServerReflectionClient::new(channel(address));
        let answers = client.server_reflection_info(iter([asked.clone()])).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap();
        let listed = format!("{:?}", answer.message_response);
        let mut client =
            v1alpha::server_reflection_client::ServerReflectionClient::new(channel(address));
        let answers = client.server_reflection_info(iter([older.clone()])).await.unwrap();
        let answer = answers.into_inner().message().await.unwrap().unwrap();
        let older = format!("{:?}", answer.message_response);
        for service in SERVICES {
            assert!(listed.contains(service) && older.contains(service), "{listed} {older}");
        }
    }
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn server_info_names_the_version_whose_answers_ours_are() {
    let pair = Pair::start().await;
    let mut versions = Vec::new();
    for address in [&pair.ours.api.1, &pair.theirs.grpc.to_string()] {
        let mut client = CerbosServiceClient::new(channel(address));
        let info = client.server_info(ServerInfoRequest {}).await.unwrap().into_inner();
        versions.push(info.version);
    }
    for address in [&pair.ours.api.0, &pair.theirs.http.to_string()] {
        let info = reqwest::get(format!("http://{address}/api/server_info")).await.unwrap();
        assert_eq!(info.headers()["grpc-metadata-cerbos-version"], "0.55.0");
        let info: serde_json::Value = serde_json::from_str(&info.text().await.unwrap()).unwrap();
        versions.push(info["version"].as_str().unwrap().to_owned());
    }
    assert_eq!(versions, ["0.55.0"; 4]);
    pair.ours.stop().await.unwrap();
}

/// The names of a page of metrics, with the labels of each.
async fn metrics(address: &str) -> BTreeMap<String, BTreeSet<String>> {
    let page = reqwest::get(format!("http://{address}/_cerbos/metrics")).await.unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let page = page.text().await.unwrap();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, labels) = line.split_once(['{', ' ']).unwrap();
        let labels = labels.split_once('}').map_or("", |(labels, _)| labels);
        let labels =
            labels.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        names.entry(name.to_owned()).or_default().extend(labels);
    }
    names
}

#[tokio::test]
async fn metrics_have_the_names_and_labels_of_the_real_pdp() {
    let pair = Pair::start().await;
    let body = r#"{"principal":{"id":"p","roles":["user"]},"resources":[{"actions":["view"],"resource":{"kind":"doc","id":"1"}}]}"#;
    pair.check("POST", "/api/check/resources", body).await;
    pair.check("POST", "/api/check/resources", "{}").await;
    let ours = metrics(&pair.ours.api.0).await;
    let theirs = metrics(&pair.theirs.http.to_string()).await;
    for name in [
        "cerbos_dev_engine_check_latency_milliseconds_bucket",
        "cerbos_dev_engine_check_batch_size_bucket",
        "cerbos_dev_index_entry_count",
        "cerbos_dev_store_last_successful_refresh",
        "rpc_server_call_duration_seconds_bucket",
        "http_server_request_duration_seconds_bucket",
    ] {
        let labels = ours.get(name).unwrap_or_else(|| panic!("{name} is not ours"));
        let known = theirs.get(name).unwrap_or_else(|| panic!("{name} is not theirs"));
        assert!(labels.is_subset(known), "{name}: {labels:?}, {known:?}");
    }
    assert!(ours.keys().any(|name| name.starts_with("portcullis_")));
    pair.ours.stop().await.unwrap();
}

/// A service that there is not, in the words of the real one.
#[tokio::test]
async fn nobody_watches_what_there_is_not() {
    let pair = Pair::start().await;
    let request = HealthCheckRequest { service: "nobody".to_owned() };
    let mut ours = HealthClient::new(channel(&pair.ours.api.1));
    let refused = ours.watch(request.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    // It goes on in case that somebody comes.
    let mut theirs = HealthClient::new(channel(&pair.theirs.grpc.to_string()));
    let mut watched = theirs.watch(request).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status, 3);
    pair.ours.stop().await.unwrap();
}

//! Answers that are JSON, as messages. Our reader is for requests, which have no enumerations: those of
//! answers are taken out before it reads, and put in again.

use portcullis::cerbos_api::{
    json,
    proto::cerbos::{
        effect::v1::Effect,
        engine::v1::plan_resources_filter::Kind,
        response::v1::{CheckResourcesResponse, PlanResourcesResponse},
        schema::v1::{ValidationError, validation_error::Source},
    },
};
use prost::Name;
use serde_json::{Map as JsonMap, Value as Json};

const MOST_BYTES: usize = 1 << 28;

pub(super) trait Answer: Name + Default {
    fn read(text: &str) -> Self;
}

impl Answer for CheckResourcesResponse {
    fn read(text: &str) -> Self {
        let mut said: Json = serde_json::from_str(text).unwrap();
        let mut taken = Vec::new();
        for entry in said["results"].as_array_mut().unwrap() {
            let effects: JsonMap<String, Json> = match entry["actions"].take() {
                Json::Object(effects) => effects,
                other => panic!("effects are {other}"),
            };
            taken.push((effects, sources(entry)));
        }
        let mut answer: Self = message(&said);
        for (entry, (effects, sources)) in answer.results.iter_mut().zip(taken) {
            let number = |name: &Json| Effect::from_str_name(name.as_str().unwrap()).unwrap();
            entry.actions = effects
                .iter()
                .map(|(action, name)| (action.clone(), number(name).into()))
                .collect();
            put(&mut entry.validation_errors, &sources);
        }
        answer
    }
}

impl Answer for PlanResourcesResponse {
    fn read(text: &str) -> Self {
        let mut said: Json = serde_json::from_str(text).unwrap();
        let kind = said["filter"]["kind"].take();
        let sources = sources(&mut said);
        let mut answer: Self = message(&said);
        let kind = Kind::from_str_name(kind.as_str().unwrap()).unwrap();
        answer.filter.as_mut().unwrap().set_kind(kind);
        put(&mut answer.validation_errors, &sources);
        answer
    }
}

/// The rest of an answer.
fn message<M: Name + Default>(said: &Json) -> M {
    json::read(said.to_string().as_bytes(), MOST_BYTES)
        .unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Who did not fit a schema, taken out of each error.
fn sources(entry: &mut Json) -> Vec<Source> {
    let errors = entry.get_mut("validationErrors").and_then(Json::as_array_mut);
    let take = |error: &mut Json| {
        let name = error["source"].take();
        Source::from_str_name(name.as_str().unwrap()).unwrap()
    };
    errors.into_iter().flatten().map(take).collect()
}

fn put(errors: &mut [ValidationError], sources: &[Source]) {
    for (error, source) in errors.iter_mut().zip(sources) {
        error.set_source(*source);
    }
}

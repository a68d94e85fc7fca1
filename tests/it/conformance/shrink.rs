//! Makes a scene with a difference smaller, as long as the difference stays.
//!
//! Policies are JSON here: any member or element may go. What must not go makes the policies be
//! refused on both sides, and then the difference is not there.

use serde_json::Value as Json;

use super::{
    compare::{Difference, Kind},
    decisions::compare_scene,
    ours,
    scene::{Question, Scene, Settings},
};

/// Attempts; each starts a PDP.
const ATTEMPTS: usize = 100;

pub(super) fn scene(scene: Scene, difference: Difference) -> (Scene, Difference) {
    let mut shrinker = Shrinker { scene, difference, attempts: 0 };
    while shrinker.round() && shrinker.attempts < ATTEMPTS {}
    (shrinker.scene, shrinker.difference)
}

struct Shrinker {
    scene: Scene,
    difference: Difference,
    attempts: usize,
}

/// The way to a part of a JSON value.
type Path = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Element(usize),
}

// === impl Shrinker ===

impl Shrinker {
    /// Whether something could be left out.
    fn round(&mut self) -> bool {
        let before = size(&self.scene);
        self.drop_files();
        self.drop_settings();
        for path in self.scene.files.keys().cloned().collect::<Vec<_>>() {
            self.drop_parts(&Part::File(path));
        }
        self.drop_parts(&Part::Question);
        size(&self.scene) < before
    }

    fn attempt(&mut self, scene: &Scene) -> bool {
        // What we refuse needs no PDP, unless loading is the point.
        if self.difference.kind != Kind::Loading && ours::compile(scene).is_err() {
            return false;
        }
        self.attempts += 1;
        let smaller = self.attempts < ATTEMPTS && scene.questions.iter().all(is_valid);
        match smaller.then(|| compare_scene(scene, None)).flatten() {
            Some((scene, difference)) if is_alike(&difference, &self.difference) => {
                (self.scene, self.difference) = (scene, difference);
                true
            }
            _ => false,
        }
    }

    /// Halves first: most files have nothing to do with it.
    fn drop_files(&mut self) {
        let mut chunk = self.scene.files.len().div_ceil(2);
        while chunk > 0 {
            let paths: Vec<String> = self.scene.files.keys().cloned().collect();
            for gone in paths.chunks(chunk) {
                let mut scene = self.scene.clone();
                scene.files.retain(|path, _| !gone.contains(path));
                self.attempt(&scene);
            }
            chunk /= 2;
        }
    }

    fn drop_settings(&mut self) {
        let settings = self.scene.settings.clone();
        for smaller in [
            Settings { default_policy_version: None, ..settings.clone() },
            Settings { default_scope: String::new(), ..settings.clone() },
            Settings { lenient_scope_search: false, ..settings.clone() },
            Settings { strict_evaluation: false, ..settings.clone() },
        ] {
            if smaller != settings {
                self.attempt(&Scene { settings: smaller, ..self.scene.clone() });
            }
        }
    }

    /// Leaves out what can be left out, the largest parts first.
    fn drop_parts(&mut self, part: &Part) {
        let Some(whole) = part.get(&self.scene) else { return };
        self.drop_below(part, &whole, &mut Path::new());
    }

    fn drop_below(&mut self, part: &Part, json: &Json, at: &mut Path) {
        // From the end, so that the numbers of elements before it stay true.
        for (step, child) in children(json).into_iter().rev() {
            at.push(step);
            if !self.drop_at(part, at) {
                self.drop_below(part, &child, at);
            }
            at.pop();
        }
    }

    fn drop_at(&mut self, part: &Part, path: &Path) -> bool {
        let Some(mut smaller) = part.get(&self.scene) else { return false };
        let mut scene = self.scene.clone();
        remove(&mut smaller, path) && {
            part.set(&mut scene, smaller);
            self.attempt(&scene)
        }
    }
}

/// Whether a smaller scene shows the same: policies may be refused for many reasons.
fn is_alike(one: &Difference, other: &Difference) -> bool {
    let reason = |difference: &Difference| {
        let said = format!("{} {}", difference.ours, difference.theirs);
        said.rsplit(": ").next().map(str::to_owned)
    };
    one.kind == other.kind && (one.kind != Kind::Loading || reason(one) == reason(other))
}

/// A JSON value in a scene.
enum Part {
    File(String),
    Question,
}

// === impl Part ===

impl Part {
    fn get(&self, scene: &Scene) -> Option<Json> {
        match self {
            Self::File(path) => scene.files.get(path).cloned(),
            Self::Question => scene.questions.first().map(Question::to_json),
        }
    }

    fn set(&self, scene: &mut Scene, json: Json) {
        match self {
            Self::File(path) => drop(scene.files.insert(path.clone(), json)),
            Self::Question => scene.questions = vec![Question::from_json(&json)],
        }
    }
}

fn size(scene: &Scene) -> usize {
    let files: usize = scene.texts().map(|(_, text)| text.len()).sum();
    files
        + scene.questions.iter().map(|question| question.to_json().to_string().len()).sum::<usize>()
}

fn is_valid(question: &Question) -> bool {
    !question.principal.roles.is_empty()
        && !question.actions.is_empty()
        && !question.principal.id.is_empty()
        && !question.resource.id.is_empty()
}

fn children(json: &Json) -> Vec<(Step, Json)> {
    match json {
        Json::Object(members) => members
            .iter()
            .map(|(name, child)| (Step::Member(name.clone()), child.clone()))
            .collect(),
        Json::Array(items) => {
            items.iter().enumerate().map(|(at, child)| (Step::Element(at), child.clone())).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
    }
}

/// Names that a question cannot be without.
const KEPT: [&str; 8] =
    ["principal", "resource", "actions", "roles", "id", "kind", "apiVersion", "definitions"];

fn remove(json: &mut Json, path: &[Step]) -> bool {
    let Some((last, way)) = path.split_last() else { return false };
    let mut at = json;
    for step in way {
        let next = match step {
            Step::Member(name) => at.get_mut(name),
            Step::Element(index) => at.get_mut(*index),
        };
        let Some(next) = next else { return false };
        at = next;
    }
    match (last, at) {
        (Step::Member(name), Json::Object(members)) if !KEPT.contains(&&**name) => {
            members.remove(name).is_some()
        }
        (Step::Element(index), Json::Array(items)) if *index < items.len() => {
            items.remove(*index);
            true
        }
        _ => false,
    }
}

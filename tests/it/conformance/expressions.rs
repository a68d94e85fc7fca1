//! Expressions, each by itself: is it refused, and if not, what is its value?
//!
//! Every expression is the output of a rule with an action of its own, so that no rule has
//! anything to do with another one, and one question evaluates all of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    ops::Range,
};

use fastrand::Rng;
use portcullis::engine::{
    PolicySet,
    model::{CheckOutput, OutputValue, PolicyVersion, Principal, Resource, Scope},
};
use serde_json::{Value as Json, json};

use super::{
    compare::{self, Difference, Kind},
    expression::{Grower, PRODUCTIONS, Production, Taste, Term, Type, WHOLE, known},
    ours,
    pdp::{self, Compiled, Pdp},
    questions,
    random::Dice,
    scene::{Question, Scene, Settings},
};

/// Expressions in one policy: as many as one question may have actions.
const BATCH: usize = 500;
const FILE: &str = "expressions.json";
/// Questions for one batch.
const QUESTIONS: usize = 3;
/// Rounds of making a difference smaller.
const ROUNDS: usize = 30;

/// What a run exercised.
#[derive(Debug, Default)]
pub(super) struct Exercised {
    pub expressions: usize,
    pub refused: usize,
    /// Answers, of which each expression has one to each question.
    pub values: usize,
    pub errors: usize,
    /// The PDP could not load them after all, or could not send its answer.
    pub faults: usize,
    /// By function: how often it had a value, and how often it was in an expression that failed.
    pub functions: BTreeMap<&'static str, (usize, usize)>,
}

/// Runs until `count` expressions were compared; those that differ, made small.
pub(super) fn run(dice: &mut Rng, count: usize, most: usize) -> (Exercised, Vec<String>) {
    let mut exercised = Exercised::default();
    for production in PRODUCTIONS.iter() {
        exercised.functions.insert(production.name, (0, 0));
    }
    let mut found: Vec<String> = Vec::new();
    while exercised.expressions < count && found.len() < most {
        let size = BATCH.min(count - exercised.expressions);
        let terms: Vec<Term> = (0..size).map(|_| grow(dice, &exercised)).collect();
        let questions: Vec<Question> = (0..QUESTIONS).map(|_| question(dice)).collect();
        let differences = batch(&terms, &questions, Some(&mut exercised));
        for (index, (question, difference)) in differences {
            let question = &questions[question];
            let (term, difference) = shrink(terms[index].clone(), difference, question);
            let expression = term.text();
            if found.len() < most && !found.contains(&expression) {
                // A long run tells at once what it has found.
                println!("{expression}\n{difference}\n");
                found.push(expression);
            }
        }
    }
    (exercised, found)
}

/// An expression around a function. Those that had fewer values so far come more often, and then
/// with parts that seldom fail.
fn grow(dice: &mut Rng, exercised: &Exercised) -> Term {
    let values = |production: &Production| exercised.functions[production.name].0;
    let candidates: Vec<&'static Production> =
        (0..12).map(|_| dice.pick::<Production>(&PRODUCTIONS)).collect();
    if dice.percent(1) {
        return Term::leaf(Type::Plain("dyn"), *dice.pick(WHOLE));
    }
    if dice.percent(50) {
        let rarest = candidates.iter().min_by_key(|production| values(production)).unwrap();
        let taste = Taste { ill_typed: 0, hidden: 0, declared: true };
        let depth = *dice.pick(&[0, 1, 1, 2]);
        return Grower::new(dice, taste).with(rarest, depth);
    }
    let taste = match dice.u32(0..10) {
        0 => Taste { ill_typed: 6, hidden: 0, declared: true },
        1 | 2 => Taste { ill_typed: 0, hidden: 12, declared: true },
        _ => Taste { ill_typed: 0, hidden: 1, declared: true },
    };
    let depth = *dice.pick(&[1, 1, 2, 2, 3, 4]);
    Grower::new(dice, taste).with(candidates[0], depth)
}

fn question(dice: &mut Rng) -> Question {
    let roles = dice.some(&["user", "admin", "manager"], 60);
    let roles = if roles.is_empty() { vec!["user"] } else { roles };
    Question {
        principal: Principal {
            id: (*dice.pick(&["alice", "bob"])).into(),
            roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
            policy_version: PolicyVersion::unset(),
            scope: Scope::unset(),
            attr: questions::attributes(dice),
        },
        resource: Resource {
            kind: "expressions".parse().unwrap(),
            id: (*dice.pick(&["1", "a", "alice"])).into(),
            policy_version: if dice.percent(50) {
                "default".parse().unwrap()
            } else {
                PolicyVersion::unset()
            },
            scope: if dice.percent(70) { Scope::unset() } else { ".".parse().unwrap() },
            attr: questions::attributes(dice),
        },
        actions: Vec::new(),
        claims: questions::claims(dice),
    }
}

type Differences = BTreeMap<usize, (usize, Difference)>;

/// Compares expressions; by index, the first question with a difference.
fn batch(terms: &[Term], questions: &[Question], exercised: Option<&mut Exercised>) -> Differences {
    let texts: Vec<String> = terms.iter().map(Term::text).collect();
    let all: Vec<&str> = texts.iter().map(|text| &**text).collect();
    let mut batch = Batch { terms, questions, exercised, differences: Differences::new() };
    let whole = scene(&all, &[]);
    let (ours, theirs) = (refused_by_us(&whole), refused_by_pdp(&whole));
    let mut loaded = Vec::new();
    for index in 0..terms.len() {
        match (ours.get(&index), theirs.get(&index)) {
            (None, None) => loaded.push(index),
            (Some(_), Some(_)) => {}
            (ours, theirs) => {
                let difference = Difference::new(Kind::Loading, ours, theirs);
                batch.differences.insert(index, (0, difference));
            }
        }
    }
    if let Some(exercised) = &mut batch.exercised {
        exercised.expressions += terms.len();
        exercised.refused += terms.len() - loaded.len();
    }
    batch.evaluate(&loaded);
    batch.differences
}

struct Batch<'b> {
    terms: &'b [Term],
    questions: &'b [Question],
    exercised: Option<&'b mut Exercised>,
    differences: Differences,
}

// === impl Batch ===

impl Batch<'_> {
    /// Asks about expressions that load. Where the PDP does not start with them after all, it is
    /// started with half of them, until the culprit is alone.
    fn evaluate(&mut self, loaded: &[usize]) {
        let texts: Vec<String> = loaded.iter().map(|index| self.terms[*index].text()).collect();
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let scene = scene(&texts, self.questions);
        let Ok(pdp) = Pdp::start(&scene) else {
            if let [_, _, ..] = loaded {
                let (left, right) = loaded.split_at(loaded.len() / 2);
                self.evaluate(left);
                self.evaluate(right);
            } else if let Some(exercised) = &mut self.exercised {
                exercised.faults += 1;
            }
            return;
        };
        let policies = ours::compile(&scene).expect("each of them compiles");
        self.compare(&Both { pdp, policies, loaded, scene: &scene }, 0..loaded.len());
    }

    /// Compares the answers about some of them. Where the PDP cannot send its answer, as that holds
    /// something that is no text, it is asked about half of them, until the culprit is alone.
    fn compare(&mut self, both: &Both<'_>, some: Range<usize>) {
        let Both { pdp, policies, loaded, scene } = both;
        let narrowed = |question: &Question| {
            let actions = question.actions[some.clone()].to_vec();
            Question { actions, ..question.clone() }
        };
        let questions: Vec<Question> = scene.questions.iter().map(narrowed).collect();
        let theirs: Result<Vec<CheckOutput>, _> = pdp.ask(&questions).into_iter().collect();
        let Ok(theirs) = theirs else {
            if some.len() > 1 {
                let middle = some.start + some.len() / 2;
                self.compare(both, some.start..middle);
                self.compare(both, middle..some.end);
            } else if let Some(exercised) = &mut self.exercised {
                exercised.faults += 1;
            }
            return;
        };
        for (at, (question, theirs)) in questions.iter().zip(theirs).enumerate() {
            let (ours, theirs) = (by_index(&ours::ask(policies, question)), by_index(&theirs));
            for position in some.clone() {
                let (index, our, their) = (loaded[position], &ours[&position], &theirs[&position]);
                if let Some(exercised) = &mut self.exercised {
                    exercised.count(&self.terms[index], their);
                }
                if let Some(difference) = compare::values(our, their) {
                    self.differences.entry(index).or_insert((at, difference));
                }
            }
        }
    }
}

/// The PDP and our policies, with the same expressions.
struct Both<'b> {
    pdp: Pdp,
    policies: PolicySet,
    /// Which expressions these are, by the number of their actions.
    loaded: &'b [usize],
    scene: &'b Scene,
}

fn by_index(output: &CheckOutput) -> BTreeMap<usize, OutputValue> {
    let index = |action: &str| action.trim_start_matches('e').parse().unwrap();
    output.outputs.iter().map(|entry| (index(entry.action.as_str()), entry.value.clone())).collect()
}

/// Smaller expressions with a difference of the same kind, as long as there are any.
fn shrink(mut term: Term, mut difference: Difference, question: &Question) -> (Term, Difference) {
    for _ in 0..ROUNDS {
        let size = term.text().len();
        let mut smaller = term.smaller();
        smaller.retain(|smaller| smaller.text().len() < size && known::why(smaller).is_none());
        smaller.sort_by_key(|smaller| smaller.text().len());
        smaller.truncate(BATCH);
        if smaller.is_empty() {
            break;
        }
        let differences = batch(&smaller, std::slice::from_ref(question), None);
        let same = differences.into_iter().find(|(_, (_, other))| other.kind == difference.kind);
        let Some((index, (_, other))) = same else { break };
        (term, difference) = (smaller.swap_remove(index), other);
    }
    (term, difference)
}

/// A policy with these expressions as outputs, each rule on a line of its own.
pub(super) fn scene(expressions: &[&str], questions: &[Question]) -> Scene {
    let mut text = String::from(
        r#"{"apiVersion": "api.cerbos.dev/v1", "resourcePolicy": {"resource": "expressions", "version": "default",
"importDerivedRoles": ["roles"],
"#,
    );
    let (constants, variables) = (constants(), variables());
    write!(
        text,
        "\"constants\": {{\"local\": {constants}}}, \"variables\": {{\"local\": {variables}}}, \"rules\": [",
    )
    .unwrap();
    text.push_str(
        "\n{\"actions\": [\"x\"], \"derivedRoles\": [\"owner\"], \"effect\": \"EFFECT_ALLOW\"}",
    );
    for (index, expression) in expressions.iter().enumerate() {
        let rule = json!({
            "actions": [format!("e{index}")],
            "roles": ["*"],
            "effect": "EFFECT_ALLOW",
            "output": { "when": { "ruleActivated": expression } },
        });
        write!(text, ",\n{rule}").unwrap();
    }
    text.push_str("\n]}}");
    let roles = json!({
        "apiVersion": "api.cerbos.dev/v1",
        "derivedRoles": { "name": "roles", "definitions": [{ "name": "owner", "parentRoles": ["user"] }] },
    });
    let actions: Vec<_> =
        (0..expressions.len()).map(|at| format!("e{at}").parse().unwrap()).collect();
    let globals = json!({ "gi": 7, "gd": 1.5, "gs": "global" });
    Scene {
        files: [(FILE.to_owned(), Json::String(text)), ("roles.json".to_owned(), roles)].into(),
        settings: Settings { globals: globals.as_object().unwrap().clone(), ..Settings::default() },
        questions: questions
            .iter()
            .map(|question| Question { actions: actions.clone(), ..question.clone() })
            .collect(),
    }
}

/// The line of the first expression, counted from 1.
const FIRST_LINE: usize = 5;

fn constants() -> Json {
    json!({
        "cs": "abc", "cn": 5, "cb": true, "cl": [1, "a", 2.5], "cm": { "a": 1 }, "cz": null, "ce": "",
    })
}

fn variables() -> Json {
    json!({
        "vi": "1 + 1",
        "vd": "R.attr.n1",
        "vs": "P.attr.s1 + C.cs",
        "vb": "R.attr.b1 == true",
        "vt": "timestamp(\"2021-05-01T13:34:12+01:00\")",
        "vdu": "duration(\"1h\")",
        "vh": "hierarchy(\"a.b\")",
        "vopt": "optional.of(1)",
        "bad": "1 / 0",
        "vj": "[1] + [2]",
        "vno": "optional.none()",
        "vsp": "spiffeID(\"spiffe://a/b\")",
        "vl": "[1, 2]",
        "vm": "{\"a\": 1}",
        "type": "type(1)",
    })
}

/// By index, why an expression does not compile.
fn refused_by_us(scene: &Scene) -> BTreeMap<usize, String> {
    let Err(errors) = ours::compile(scene) else { return BTreeMap::new() };
    let errors = errors.iter().map(|error| {
        let line = error.place.unwrap_or_else(|| panic!("a place: {error}")).line;
        (line.checked_sub(FIRST_LINE).unwrap_or_else(|| panic!("{error}")), error.message.clone())
    });
    errors.collect()
}

fn refused_by_pdp(scene: &Scene) -> BTreeMap<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    pdp::write(scene, folder.path());
    let errors = match pdp::compile(folder.path()) {
        Compiled::Accepted => return BTreeMap::new(),
        Compiled::Refused(errors) => errors,
        Compiled::Crashed(printed) => {
            let kept = std::env::temp_dir().join("conformance-crash.json");
            fs::copy(folder.path().join(FILE), &kept).unwrap();
            panic!("Cerbos's compiler crashed over {}: {printed}", kept.display());
        }
    };
    let errors = errors["compileErrors"]["errors"].as_array().unwrap_or_else(|| panic!("{errors}"));
    let errors = errors.iter().map(|error| {
        let line = error["position"]["line"].as_u64().unwrap_or_else(|| panic!("{error}"));
        let index = usize::try_from(line).unwrap() - FIRST_LINE;
        (index, error["description"].as_str().unwrap_or_default().to_owned())
    });
    errors.collect()
}

// === impl Exercised ===

impl Exercised {
    /// The functions that had fewer values than that, with the numbers of values and errors.
    pub(in crate::conformance) fn rarer_than(&self, least: usize) -> Vec<String> {
        let mut rare: Vec<_> =
            self.functions.iter().filter(|(_, (values, _))| *values < least).collect();
        rare.sort_by_key(|(_, (values, _))| *values);
        rare.iter()
            .map(|(name, (values, errors))| format!("{values:6} {errors:6} {name}"))
            .collect()
    }

    fn count(&mut self, term: &Term, value: &OutputValue) {
        let mut functions = BTreeSet::new();
        match value {
            OutputValue::Value(_) => {
                self.values += 1;
                term.certain(&mut functions);
            }
            OutputValue::Error(_) => {
                self.errors += 1;
                term.mentioned(&mut functions);
            }
        }
        for function in functions {
            let (values, errors) = self.functions.entry(function).or_default();
            match value {
                OutputValue::Value(_) => *values += 1,
                OutputValue::Error(_) => *errors += 1,
            }
        }
    }
}

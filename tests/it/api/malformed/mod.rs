//! Requests that are wrong, in every way that we could think of: what the real PDP says of them, we say.
//!
//! The tables are made out of good requests. Where we differ on purpose it stands in a list of
//! differences, in which no entry may be idle, and in `docs/compatibility.md`.

mod bodies;
mod calls;
mod frames;
mod good;
mod limits;
mod requests;

use futures_util::{StreamExt, stream};

use super::{Asked, Pair, Said};

/// Under way at a time.
const AT_ONCE: usize = 8;

/// Where we differ, and why.
struct Difference<T> {
    why: &'static str,
    /// What is asked (its kind, then its path), what we say, what they say.
    is_it: fn(&str, &T, &T) -> bool,
}

/// Fails with all of those that are not explained, the first ones in full.
#[track_caller]
fn judge<T: std::fmt::Debug + PartialEq>(
    answers: &[(String, T, T)],
    differences: &[Difference<T>],
) {
    let mut met = vec![0; differences.len()];
    let mut unexplained = Vec::new();
    for (kind, ours, theirs) in answers.iter().filter(|(_, ours, theirs)| ours != theirs) {
        match differences.iter().position(|one| (one.is_it)(kind, ours, theirs)) {
            Some(index) => met[index] += 1,
            None => unexplained.push(format!("{kind}\n  ours: {ours:?}\ntheirs: {theirs:?}")),
        }
    }
    let shown: Vec<_> = unexplained.iter().take(30).map(String::as_str).collect();
    let (count, all) = (unexplained.len(), answers.len());
    assert!(unexplained.is_empty(), "{count} of {all} differ:\n{}", shown.join("\n"));
    for (difference, met) in differences.iter().zip(met) {
        assert!(met > 0, "nothing differs because {}", difference.why);
    }
}

/// Asks both about all of them.
async fn compare<'a>(
    pair: &Pair,
    asked: impl IntoIterator<Item = (String, Asked<'a>)>,
) -> Vec<(String, Said, Said)> {
    let answers = stream::iter(asked).map(|(kind, asked)| async move {
        let (ours, theirs) = pair.send(asked).await;
        (kind, ours, theirs)
    });
    answers.buffer_unordered(AT_ONCE).collect().await
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_as_the_real_pdp_says_it() {
    let pair = Pair::start().await;
    let bodies: Vec<_> = good::all()
        .into_iter()
        .flat_map(|(path, good)| bodies::all(&good).into_iter().map(move |body| (path, body)))
        .collect();
    assert!(bodies.len() > 3000, "{}", bodies.len());
    let asked = bodies.iter().map(|(path, body)| {
        let kind = format!("{} ({path})", body.kind);
        (kind, Asked { method: "POST", path, headers: &[], body: &body.bytes })
    });
    let answers = compare(&pair, asked).await;
    judge(&answers, &DIFFERENCES);
    pair.ours.stop().await.unwrap();
}

const DIFFERENCES: [Difference<Said>; 0] = [];

//! Whatever happens in whatever order, no revoked token passes.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

use super::{HORIZON, at, issued, list, revocation};
use crate::revocation::{Insertion, Revocation, Whom};

/// A revocation, its instant, and how much time passes before it.
type Step = (Whom<'static>, i64, i64);

const SUBJECTS: [&str; 4] = ["ada", "eve", "max", "zoe"];
const SESSIONS: [&str; 3] = ["s1", "s2", "s3"];

fn whom() -> impl Strategy<Value = Whom<'static>> {
    prop_oneof![
        6 => prop::sample::select(&SUBJECTS).prop_map(Whom::Subject),
        4 => prop::sample::select(&SUBJECTS).prop_map(Whom::Sessionless),
        4 => prop::sample::select(&SESSIONS).prop_map(Whom::Session),
        1 => Just(Whom::Everybody),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((whom(), -120_i64..=10, 0_i64..=30), 0..40)
}

/// What the list should know, without any bound.
fn is_revoked(told: &[(Whom<'_>, i64)], subject: &str, session: Option<&str>, at: i64) -> bool {
    told.iter().any(|(whom, until)| {
        at <= *until
            && match whom {
                Whom::Everybody => true,
                Whom::Subject(of) => *of == subject,
                Whom::Sessionless(of) => *of == subject && session.is_none(),
                Whom::Session(of) => Some(*of) == session,
            }
    })
}

/// All tokens that a verifier would still accept.
fn tokens(now: i64) -> impl Iterator<Item = (&'static str, Option<&'static str>, i64)> {
    let sessions = SESSIONS.map(Some).into_iter().chain([None]);
    let pairs = SUBJECTS
        .into_iter()
        .flat_map(move |subject| sessions.clone().map(move |session| (subject, session)));
    pairs.flat_map(move |(subject, session)| {
        (now - HORIZON + 1..=now + 10).map(move |at| (subject, session, at))
    })
}

proptest! {
    #[test]
    fn no_revoked_token_passes(steps in steps(), capacity in 1_usize..8, sweeps in any::<u64>()) {
        let mut list = list(capacity);
        let (mut told, mut now) = (Vec::new(), 10_000);
        for (number, (whom, offset, pause)) in steps.into_iter().enumerate() {
            now += pause;
            list.insert(&revocation(whom, now + offset), at(now));
            told.push((whom, now + offset));
            if sweeps >> (number % 64) & 1 == 1 {
                list.expire(at(now));
            }
            assert!(list.len() <= capacity + 1, "bounded");
        }
        for (subject, session, at) in tokens(now) {
            if is_revoked(&told, subject, session, at) {
                assert!(list.refuses(&issued(subject, session, at)), "{subject} {session:?} {at}");
            }
        }
    }

    #[test]
    fn a_list_with_room_refuses_nothing_else(steps in steps()) {
        let mut list = list(1000);
        let (mut told, mut now) = (Vec::new(), 10_000);
        for (whom, offset, pause) in steps {
            now += pause;
            let insertion = list.insert(&revocation(whom, now + offset), at(now));
            assert_ne!(insertion, Insertion::Merged);
            told.push((whom, now + offset));
        }
        for (subject, session, at) in tokens(now) {
            let refused = list.refuses(&issued(subject, session, at));
            assert_eq!(refused, is_revoked(&told, subject, session, at), "{subject} {session:?} {at}");
        }
    }

    #[test]
    fn order_and_repetition_do_not_matter(steps in steps(), seed in any::<u64>()) {
        let now = at(10_000);
        let revocations: Vec<Revocation> =
            steps.iter().map(|(whom, offset, _)| revocation(*whom, 10_000 + offset)).collect();
        let mut shuffled = revocations.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        let (mut one, mut other) = (list(1000), list(1000));
        for revocation in &revocations {
            one.insert(revocation, now);
        }
        for revocation in shuffled.iter().chain(&revocations) {
            other.insert(revocation, now);
        }
        // What a list says of itself makes the same list again.
        let mut copy = list(1000);
        for revocation in one.iter() {
            copy.insert(&revocation, now);
        }
        for (subject, session, at) in tokens(10_000) {
            let token = issued(subject, session, at);
            assert_eq!(one.refuses(&token), other.refuses(&token));
            assert_eq!(one.refuses(&token), copy.refuses(&token));
        }
    }
}

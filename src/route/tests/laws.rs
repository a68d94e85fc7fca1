use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};

use super::{raw, read, route};
use crate::request::CanonicalPath;
use crate::route::{Found, RouteTable};

const SEGMENTS: [&str; 6] = ["a", "b", "c", "A", "{x}", "{y}"];

fn templates() -> impl Strategy<Value = Vec<String>> {
    let segment = proptest::sample::select(SEGMENTS.to_vec());
    let segments = proptest::collection::vec(segment, 0..4);
    let end = proptest::sample::select(vec!["", "", "", "/", "/{*rest}"]);
    let template = (segments, end).prop_map(|(segments, end)| {
        let segments: String = segments
            .iter()
            .enumerate()
            // A name may be there once.
            .map(|(index, segment)| format!("/{}", segment.replace('}', &format!("{index}}}"))))
            .collect();
        if segments.is_empty() && end.is_empty() {
            "/".to_owned()
        } else {
            format!("{segments}{end}")
        }
    });
    proptest::collection::vec(template, 1..6)
}

fn paths() -> impl Strategy<Value = String> {
    let segment = proptest::sample::select(vec!["a", "b", "c", "A", "B", "d", "%C3%A9"]);
    let end = proptest::sample::select(vec!["", "", "/"]);
    (proptest::collection::vec(segment, 0..5), end).prop_map(|(segments, end)| {
        let path: String = segments.iter().map(|segment| format!("/{segment}")).collect();
        if path.is_empty() { "/".to_owned() } else { format!("{path}{end}") }
    })
}

/// As many templates as build beside those before them.
fn buildable(templates: Vec<String>) -> (Vec<String>, RouteTable) {
    let build = |templates: &[String]| {
        RouteTable::build(templates.iter().map(|path| route(path, path)).collect())
    };
    let mut kept = Vec::new();
    for template in templates {
        kept.push(template);
        if build(&kept).is_err() {
            kept.pop();
        }
    }
    let table = build(&kept).unwrap();
    (kept, table)
}

fn segments(template: &str) -> Vec<&str> {
    template.split('/').skip(1).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

/// Whether a path matches a template if case is ignored.
fn matches(template: &str, path: &CanonicalPath) -> bool {
    let template = segments(template);
    let path: Vec<&str> = path.segments().map(|segment| segment.decoded).collect();
    let rest = template.iter().position(|segment| segment.starts_with("{*"));
    let fits = |(segment, value): (&&str, &&str)| match is_parameter(segment) {
        true => !value.is_empty(),
        false => segment.eq_ignore_ascii_case(value),
    };
    match rest {
        Some(_) if path.len() < template.len() => false,
        None if path.len() != template.len() => false,
        _ => template.iter().zip(&path).all(fits),
    }
}

/// Whether one template is at least as specific as another in every segment.
fn is_at_least(left: &str, right: &str) -> bool {
    let rank = |segments: &[&str], index: usize| match segments.get(index) {
        Some(segment) if segment.starts_with("{*") => 0,
        Some(segment) if is_parameter(segment) => 1,
        Some(_) => 2,
        None => 0,
    };
    let (left, right) = (segments(left), segments(right));
    (0..left.len().max(right.len())).all(|index| {
        // Beyond what takes all that is left, the other is more specific, whatever it has there.
        let beyond = |segments: &[&str]| index >= segments.len();
        beyond(&right) || (!beyond(&left) && rank(&left, index) >= rank(&right, index))
    })
}

/// Whether the value of a parameter is a literal that stands beside it in another template.
fn has_literal_value(templates: &[String], template: &str, path: &CanonicalPath) -> bool {
    let own = segments(template);
    let values: Vec<&str> = path.segments().map(|segment| segment.decoded).collect();
    let kind =
        |segment: &str| if is_parameter(segment) { "{}".to_owned() } else { segment.to_owned() };
    own.iter().enumerate().filter(|(_, segment)| is_parameter(segment)).any(|(index, segment)| {
        let is_rest = segment.starts_with("{*");
        let is_whole = values.iter().skip(index + 1).all(|value| value.is_empty());
        templates.iter().any(|other| {
            let other = segments(other);
            let beside = (0..index).all(|before| {
                other.get(before).is_some_and(|segment| kind(segment) == kind(own[before]))
            });
            beside
                && other.get(index).is_some_and(|literal| {
                    !is_parameter(literal) && literal.eq_ignore_ascii_case(values[index])
                })
                && (!is_rest || is_whole)
        })
    })
}

/// The same answer as [`RouteTable::find`], from the rules alone and looking at every template.
fn find_naively<'t>(templates: &'t [String], path: &CanonicalPath) -> Option<&'t str> {
    let matching: Vec<&String> =
        templates.iter().filter(|template| matches(template, path)).collect();
    let best =
        matching.iter().find(|left| matching.iter().all(|right| is_at_least(left, right)))?;
    let exact = segments(best)
        .iter()
        .zip(path.segments())
        .all(|(segment, value)| is_parameter(segment) || *segment == value.encoded);
    (exact && !has_literal_value(templates, best, path)).then_some(best)
}

proptest! {
    #[test]
    fn finding_agrees_with_looking_at_every_template(templates in templates(), path in paths()) {
        let (templates, table) = buildable(templates);
        let request = read(raw("GET", "h", &path));
        let found = match table.find(&request) {
            Found::Protected(matched) => Some(matched.template()),
            _ => None,
        };
        let naive = find_naively(&templates, &request.path);
        prop_assert_eq!(found.as_deref(), naive, "{:?} {}", templates, path);
    }

    #[test]
    fn of_the_templates_that_match_one_is_the_most_specific(templates in templates(), path in paths()) {
        let (templates, _) = buildable(templates);
        let request = read(raw("GET", "h", &path));
        let matching: Vec<&String> =
            templates.iter().filter(|template| matches(template, &request.path)).collect();
        let is_best = |left: &&&String| matching.iter().all(|right| is_at_least(left, right));
        prop_assert_eq!(matching.iter().filter(is_best).count(), matching.len().min(1));
    }

    #[test]
    fn whether_two_routes_go_together_does_not_depend_on_their_order(templates in templates()) {
        for left in &templates {
            for right in &templates {
                let build = |paths: [&String; 2]| {
                    RouteTable::build(paths.map(|path| route(path, path)).into()).is_ok()
                };
                prop_assert_eq!(build([left, right]), build([right, left]));
            }
        }
    }

    #[test]
    fn the_example_of_an_error_matches_both_routes(templates in templates()) {
        let specs = templates.iter().map(|path| route(path, path)).collect();
        for error in RouteTable::build(specs).err().unwrap_or_default() {
            if let crate::route::RouteProblem::Ambiguous { other, example } = error.problem {
                let request = read(raw("GET", "h", &example));
                prop_assert!(matches(&error.place, &request.path), "{} {}", error.place, example);
                prop_assert!(matches(&other, &request.path), "{} {}", other, example);
            }
        }
    }
}

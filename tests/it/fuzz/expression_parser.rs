//! A text → an expression that can be evaluated, or what is wrong with it.

use portcullis::engine::{
    cel::{Issue, Names, compile},
    model::Value,
};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let names = Names {
        variables: [("owner".into(), 0), ("member".into(), 1)].into(),
        constants: [("limit".into(), Value::from(7.0)), ("name".into(), Value::from("x"))].into(),
    };
    match compile(text, &names) {
        Ok(expression) => {
            assert_eq!(expression.source(), text);
            assert!(expression.named_variables().iter().all(|slot| *slot < 2));
        }
        Err(issues) => {
            assert!(!issues.is_empty());
            for issue in issues {
                assert!(!issue.to_string().is_empty());
                if let Issue::Invalid { position: Some((line, _)), .. } = issue {
                    assert!(line <= text.split('\n').count() + 1, "line {line} of {text:?}");
                }
            }
        }
    }
}

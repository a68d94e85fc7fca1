//! A condition where only its truth counts: a part that fails is as good as one that is false.
//!
//! This holds for the condition itself and for what its `and` and `or` are made of, as long as no
//! failure denies. There `has(R.attr.x)` is superfluous beside what fails without `R.attr.x`.

use super::{operand::Operand, operator};
use crate::engine::cel::Constant;

/// The condition without what makes no difference. `None`: it never holds.
pub(super) fn settle(operand: Operand) -> Option<Operand> {
    let operand = prune(operand)?;
    let mut conjuncts = Vec::new();
    collect(&operand, &mut conjuncts);
    let superfluous: Vec<Operand> = conjuncts
        .iter()
        .filter_map(|conjunct| Some((*conjunct, present(conjunct)?)))
        .filter(|(_, name)| {
            let others = conjuncts.iter().filter(|other| present(other).is_none());
            others.into_iter().any(|other| needs(other, name))
        })
        .map(|(conjunct, _)| conjunct.clone())
        .collect();
    without(operand, &superfluous)
}

/// Takes out what is never true.
fn prune(operand: Operand) -> Option<Operand> {
    match operand {
        Operand::Value(Constant::Bool(true)) => Some(operand),
        Operand::Value(_) => None,
        Operand::Expression { operator, operands } => {
            match (&*operator, <Box<[Operand; 2]>>::try_from(operands)) {
                (operator::AND, Ok(sides)) => {
                    let [left, right] = *sides;
                    Some(Operand::expression(operator::AND, vec![prune(left)?, prune(right)?]))
                }
                (operator::OR, Ok(sides)) => {
                    let [left, right] = *sides;
                    match (settle(left), settle(right)) {
                        (Some(left), Some(right)) if left == right => Some(left),
                        (Some(left), Some(right)) => {
                            Some(Operand::expression(operator::OR, vec![left, right]))
                        }
                        (one, other) => one.or(other),
                    }
                }
                (operator::IN, Ok(sides)) if is_hopeless(&sides) => None,
                (_, Ok(sides)) => Some(Operand::Expression { operator, operands: sides }),
                (_, Err(operands)) => Some(Operand::Expression { operator, operands }),
            }
        }
        Operand::Variable(_) | Operand::Whole { .. } => Some(operand),
    }
}

/// Nothing is in an empty list, or in what is neither list nor map.
fn is_hopeless([_, container]: &[Operand; 2]) -> bool {
    match container {
        Operand::Value(Constant::List(items)) => items.is_empty(),
        Operand::Value(_) => true,
        Operand::Variable(_) | Operand::Expression { .. } | Operand::Whole { .. } => false,
    }
}

fn collect<'o>(operand: &'o Operand, conjuncts: &mut Vec<&'o Operand>) {
    match operand {
        Operand::Expression { operator, operands } if **operator == *operator::AND => {
            operands.iter().for_each(|operand| collect(operand, conjuncts));
        }
        other => conjuncts.push(other),
    }
}

/// What `has` asks for, where it is a variable.
fn present(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Expression { operator, operands } if **operator == *operator::HAS => {
            match &**operands {
                [Operand::Variable(name)] => Some(name),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether it is never true where there is no such variable.
fn needs(operand: &Operand, name: &str) -> bool {
    match operand {
        Operand::Value(_) | Operand::Whole { .. } => false,
        Operand::Variable(read) => {
            read.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        Operand::Expression { operator, operands } => match (&**operator, &**operands) {
            (operator::AND, sides) => sides.iter().any(|side| needs(side, name)),
            (operator::OR, sides) => sides.iter().all(|side| needs(side, name)),
            (operator::IF, [condition, ..]) => needs(condition, name),
            (operator, operands) if operator::is_strict(operator) => {
                operands.iter().any(|operand| needs(operand, name))
            }
            (operator, [range, ..]) if operator::loop_kind(operator).is_some() => {
                needs(range, name)
            }
            _ => false,
        },
    }
}

/// The conjuncts that are left; some always are.
fn without(operand: Operand, superfluous: &[Operand]) -> Option<Operand> {
    if superfluous.contains(&operand) {
        return None;
    }
    match operand {
        Operand::Expression { operator, operands } if *operator == *operator::AND => {
            let kept =
                operands.into_vec().into_iter().filter_map(|side| without(side, superfluous));
            let mut kept: Vec<Operand> = kept.collect();
            if kept.len() > 1 {
                return Some(Operand::expression(operator::AND, kept));
            }
            kept.pop()
        }
        other => Some(other),
    }
}

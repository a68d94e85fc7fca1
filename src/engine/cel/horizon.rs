//! How long an answer holds that reads the clock.
//!
//! Where `now()` only stands on one side of `<`, `<=`, `>` or `>=`, the answer changes when that side
//! reaches the other one, and not before. Every comparison of that kind that is evaluated brings the
//! horizon nearer; up to it, each would say what it has said, so the whole evaluation would be the
//! same. Wherever else the clock is read, nothing is known.

use std::cell::Cell;

use jiff::Timestamp;

use super::{
    eval::{Evaluated, Run},
    functions::Call as Arguments,
    node::{Call, Kind, Node},
    time::MAX_SECONDS,
    value::V,
};

/// How an expression reads the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClockReading {
    #[default]
    Never,
    /// In comparisons that tell when their answer changes.
    Compared,
    /// In ways that can change the answer at any time.
    Free,
}

/// The first instant at which an answer may no longer hold; it holds from the question's own `now` on.
#[derive(Debug)]
pub struct Horizon(Cell<Timestamp>);

/// Where in a comparison the side is that moves with the clock, and whereto.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moving {
    /// The left side grows.
    LeftUp,
    /// The left side shrinks.
    LeftDown,
    RightUp,
    RightDown,
}

#[derive(Clone, Copy)]
enum Course {
    Up,
    Down,
}

// === impl Horizon ===

impl Default for Horizon {
    fn default() -> Self {
        Self(Cell::new(Timestamp::MAX))
    }
}

impl Horizon {
    #[must_use]
    pub fn get(&self) -> Timestamp {
        self.0.get()
    }

    /// Sets it anew and returns what it was.
    pub fn replace(&self, horizon: Timestamp) -> Timestamp {
        self.0.replace(horizon)
    }

    pub fn bring_to(&self, horizon: Timestamp) {
        self.0.set(self.0.get().min(horizon));
    }
}

// === impl Moving ===

impl Moving {
    /// For a call of this name, if it is a comparison of what moves with what does not.
    pub(super) fn of(name: &str, args: &[Node]) -> Option<Self> {
        let ([left, right], "_<_" | "_<=_" | "_>_" | "_>=_") = (args, name) else { return None };
        match (course(left), course(right)) {
            (Some(Course::Up), None) if is_free_of_clock(right) => Some(Self::LeftUp),
            (Some(Course::Down), None) if is_free_of_clock(right) => Some(Self::LeftDown),
            (None, Some(Course::Up)) if is_free_of_clock(left) => Some(Self::RightUp),
            (None, Some(Course::Down)) if is_free_of_clock(left) => Some(Self::RightDown),
            _ => None,
        }
    }
}

/// How a value moves that is the clock, shifted by or measured from something fixed. One operation at
/// most: its own overflow is the only one to think of.
fn course(node: &Node) -> Option<Course> {
    let Kind::Call(Call { group, args, .. }) = &node.kind else { return None };
    match (group.name, &**args) {
        ("now", []) => Some(Course::Up),
        ("timeSince", [since]) if is_free_of_clock(since) => Some(Course::Up),
        ("_+_" | "_-_", [clock, fixed]) if is_now(clock) && is_free_of_clock(fixed) => {
            Some(Course::Up)
        }
        ("_+_", [fixed, clock]) if is_now(clock) && is_free_of_clock(fixed) => Some(Course::Up),
        ("_-_", [fixed, clock]) if is_now(clock) && is_free_of_clock(fixed) => Some(Course::Down),
        _ => None,
    }
}

fn is_now(node: &Node) -> bool {
    matches!(&node.kind, Kind::Call(call) if call.group.name == "now")
}

fn is_free_of_clock(node: &Node) -> bool {
    reading(node) == ClockReading::Never
}

/// How the expression reads the clock, variables apart.
pub(super) fn reading(node: &Node) -> ClockReading {
    let mut most = ClockReading::Never;
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        match &node.kind {
            Kind::Call(call) if call.moving.is_some() => most = ClockReading::Compared,
            Kind::Call(call) if call.group.reads_clock() => return ClockReading::Free,
            _ => left.extend(node.parts()),
        }
    }
    most
}

// === impl Run ===

impl<'a> Run<'a> {
    /// Nothing is known of what comes these nanoseconds after now, or later.
    fn bring_horizon_to(&self, nanoseconds: i128) {
        let Some(frame) = self.frame else { return };
        let instant = frame.input.now.as_nanosecond().saturating_add(nanoseconds);
        let horizon = Timestamp::from_nanosecond(instant);
        frame.horizon.bring_to(horizon.unwrap_or(Timestamp::MAX));
    }

    /// A comparison with the clock. Where it fails nothing is known of later.
    #[inline(never)]
    pub(super) fn compare_with_clock(&self, call: &'a Call, moving: Moving) -> Evaluated<'a> {
        let result = self.compare_sides(call, moving);
        if result.is_err() {
            self.bring_horizon_to(0);
        }
        result
    }

    fn compare_sides(&self, call: &'a Call, moving: Moving) -> Evaluated<'a> {
        let mut args = [V::Null; 2];
        for (value, arg) in args.iter_mut().zip(&call.args) {
            *value = self.eval(arg)?;
        }
        let [left, right] = args;
        self.bring_horizon_to(match moving {
            Moving::LeftUp => until_up(left, right),
            Moving::LeftDown => until_down(left, right),
            Moving::RightUp => until_up(right, left),
            Moving::RightDown => until_down(right, left),
        });
        call.group.call(&Arguments { run: self, only: call.only, args: &args, pattern: None })
    }
}

/// Nanoseconds for which a growing value is on the same side of a fixed one, without overflow.
fn until_up(moving: V<'_>, fixed: V<'_>) -> i128 {
    let Some((moving, most)) = position(moving) else { return 0 };
    let ahead = position(fixed).map(|(fixed, _)| fixed.saturating_sub(moving));
    match ahead {
        Some(ahead) if ahead >= 0 => ahead.min(most.saturating_sub(moving)),
        Some(_) => most.saturating_sub(moving),
        None => 0,
    }
}

fn until_down(moving: V<'_>, fixed: V<'_>) -> i128 {
    let Some((moving, _)) = position(moving) else { return 0 };
    let least = i128::from(i64::MIN);
    let below = position(fixed).map(|(fixed, _)| moving.saturating_sub(fixed));
    match below {
        Some(below) if below >= 0 => below.min(moving.saturating_sub(least)),
        Some(_) => moving.saturating_sub(least),
        None => 0,
    }
}

/// A value in nanoseconds, and the greatest of its type.
fn position(value: V<'_>) -> Option<(i128, i128)> {
    match value {
        V::Timestamp(moment) => Some((moment.as_nanoseconds(), LAST)),
        V::Duration(nanoseconds) => Some((i128::from(nanoseconds), i128::from(i64::MAX))),
        _ => None,
    }
}

/// The last whole second that a timestamp can be.
const LAST: i128 = MAX_SECONDS as i128 * 1_000_000_000;

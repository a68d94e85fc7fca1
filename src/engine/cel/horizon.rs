//! How long an answer holds that reads the clock.
//!
//! Where `now()`, or an attribute that is the time of the request, only stands on one side of `<`,
//! `<=`, `>` or `>=`, the answer changes when that side
//! reaches the other one, and not before. Every comparison of that kind that is evaluated brings the
//! horizon nearer; up to it, each would say what it has said, so the whole evaluation would be the
//! same. Wherever else the clock is read, nothing is known.

use std::cell::Cell;

use jiff::Timestamp;

use super::{
    eval::{Evaluated, Run},
    functions::Call as Arguments,
    node::{Call, Kind, Node, Path, Root},
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
pub struct Horizon {
    first: Cell<Timestamp>,
    clock_was_read: Cell<bool>,
}

/// A comparison of which a side moves with the clock, or may.
#[derive(Debug)]
pub(super) struct Moving {
    left: Side,
    right: Side,
}

#[derive(Debug)]
enum Side {
    Still,
    Moves { course: Course, clock: Clock },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Up,
    Down,
}

/// What is read as the time.
#[derive(Debug)]
enum Clock {
    Now,
    /// An attribute of the resource, for questions in which it is the time
    /// ([`CheckInput::now_attributes`](crate::engine::model::CheckInput)).
    Attribute(Box<str>),
}

// === impl Horizon ===

impl Default for Horizon {
    fn default() -> Self {
        Self { first: Cell::new(Timestamp::MAX), clock_was_read: Cell::new(false) }
    }
}

impl Horizon {
    #[must_use]
    pub fn get(&self) -> Timestamp {
        self.first.get()
    }

    /// Sets it anew and returns what it was.
    pub fn replace(&self, horizon: Timestamp) -> Timestamp {
        self.first.replace(horizon)
    }

    pub fn bring_to(&self, horizon: Timestamp) {
        self.first.set(self.first.get().min(horizon));
    }

    /// Whether an evaluation has come to `now()` or `timeSince()`, and not only could have.
    #[must_use]
    pub fn clock_was_read(&self) -> bool {
        self.clock_was_read.get()
    }

    pub(super) fn note_reading(&self) {
        self.clock_was_read.set(true);
    }
}

// === impl Moving ===

impl Moving {
    /// For a call of this name, if it is a comparison of what can move with what does not.
    pub(super) fn of(name: &str, args: &[Node]) -> Option<Self> {
        let ([left, right], "_<_" | "_<=_" | "_>_" | "_>=_") = (args, name) else { return None };
        match (side(left)?, side(right)?) {
            (Side::Still, Side::Still) => None,
            (Side::Moves { clock: Clock::Now, .. }, Side::Moves { clock: Clock::Now, .. }) => None,
            (left, right) => Some(Self { left, right }),
        }
    }

    /// The attributes that may be the time, and all other parts of the comparison's sides.
    pub(super) fn reads<'n>(&self, args: &'n [Node]) -> (Vec<&str>, Vec<&'n Node>) {
        let (mut times, mut rest) = (Vec::new(), Vec::new());
        for (side, arg) in [&self.left, &self.right].into_iter().zip(args) {
            let Side::Moves { clock: Clock::Attribute(name), .. } = side else {
                rest.push(arg);
                continue;
            };
            times.push(&**name);
            // The time is the side itself, or what is shifted by the other one of its two parts.
            if clock(arg).is_none() {
                let parts = arg.parts();
                let time = parts.iter().position(|part| is_attribute(part, name));
                let others = parts.into_iter().enumerate().filter(|(at, _)| Some(*at) != time);
                rest.extend(others.map(|(_, part)| part));
            }
        }
        (times, rest)
    }
}

fn is_attribute(node: &Node, name: &str) -> bool {
    matches!(clock(node), Some(Clock::Attribute(attribute)) if *attribute == *name)
}

/// `None`: nothing is known of how it moves.
fn side(node: &Node) -> Option<Side> {
    if let Some((course, clock)) = course(node) {
        return Some(Side::Moves { course, clock });
    }
    is_free_of_clock(node).then_some(Side::Still)
}

/// How a value moves that is the clock, shifted by or measured from something fixed. One operation at
/// most: its own overflow is the only one to think of.
fn course(node: &Node) -> Option<(Course, Clock)> {
    let Kind::Call(Call { group, args, .. }) = &node.kind else { return None };
    match (group.name, &**args) {
        ("timeSince", [since]) if is_free_of_clock(since) => Some((Course::Up, Clock::Now)),
        ("_+_", [left, right]) => shifted(left, right, Course::Up),
        ("_-_", [left, right]) => shifted(left, right, Course::Down),
        _ => clock(node).map(|clock| (Course::Up, clock)),
    }
}

/// `right_course`: how the whole moves where the right side is the clock. What could be a clock
/// beside `now()` is fixed, and whoever reads the expression depends on its value.
fn shifted(left: &Node, right: &Node, right_course: Course) -> Option<(Course, Clock)> {
    let ways = [(left, right, Course::Up), (right, left, right_course)];
    let found = ways.into_iter().filter(|(_, fixed, _)| is_free_of_clock(fixed));
    let mut found = found.filter_map(|(node, _, course)| Some((course, clock(node)?)));
    let first = found.next()?;
    match (&first, found.next()) {
        ((_, Clock::Attribute(_)), Some(second @ (_, Clock::Now))) => Some(second),
        _ => Some(first),
    }
}

fn clock(node: &Node) -> Option<Clock> {
    let Kind::Call(Call { group, args, .. }) = &node.kind else { return None };
    match (group.name, &**args) {
        ("now", []) => Some(Clock::Now),
        ("timestamp", [text]) => match &text.kind {
            Kind::Path(Path { root: Root::ResourceAttributes, keys }) => match &**keys {
                [key] => Some(Clock::Attribute(key.name.clone())),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
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

    /// A comparison with what may be the clock. Where it fails nothing is known of later.
    #[inline(never)]
    pub(super) fn compare_with_clock(&self, call: &'a Call, moving: &'a Moving) -> Evaluated<'a> {
        let courses = (self.course(&moving.left), self.course(&moving.right));
        let result = self.compare_sides(call, courses);
        if result.is_err() && courses != (None, None) {
            self.bring_horizon_to(0);
        }
        result
    }

    fn compare_sides(
        &self,
        call: &'a Call,
        courses: (Option<Course>, Option<Course>),
    ) -> Evaluated<'a> {
        let mut args = [V::Null; 2];
        for (value, arg) in args.iter_mut().zip(&call.args) {
            *value = self.eval(arg)?;
        }
        let [left, right] = args;
        match courses {
            (None, None) => (),
            (Some(course), None) => self.bring_horizon_to(until(course, left, right)),
            (None, Some(course)) => self.bring_horizon_to(until(course, right, left)),
            (Some(_), Some(_)) => self.bring_horizon_to(0),
        }
        call.group.call(&Arguments { run: self, only: call.only, args: &args, pattern: None })
    }

    /// How a side moves in this question.
    fn course(&self, side: &Side) -> Option<Course> {
        match side {
            Side::Still => None,
            Side::Moves { course, clock: Clock::Now } => Some(*course),
            Side::Moves { course, clock: Clock::Attribute(name) } => {
                let attributes = self.frame?.input.now_attributes;
                attributes.contains(name).then_some(*course)
            }
        }
    }
}

fn until(course: Course, moving: V<'_>, fixed: V<'_>) -> i128 {
    match course {
        Course::Up => until_up(moving, fixed),
        Course::Down => until_down(moving, fixed),
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

//! Random choices from one seed, which is printed: a run can be repeated.

use fastrand::Rng;

pub(super) trait Dice {
    fn percent(&mut self, percent: u32) -> bool;
    fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T;
    /// Some of the items, in their order; none is taken twice.
    fn some<T: Clone>(&mut self, items: &[T], percent: u32) -> Vec<T>;
}

impl Dice for Rng {
    fn percent(&mut self, percent: u32) -> bool {
        self.u32(0..100) < percent
    }

    fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.usize(0..items.len())]
    }

    fn some<T: Clone>(&mut self, items: &[T], percent: u32) -> Vec<T> {
        items.iter().filter(|_| self.percent(percent)).cloned().collect()
    }
}

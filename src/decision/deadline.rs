//! How long a decision may wait for the world.
//!
//! Whoever asks has a time of its own, and what it makes of no answer is not ours to say: an Envoy with
//! `failure_mode_allow` lets the request pass. So there is an answer before that time is over.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, timeout_at};

/// The instant from which on there is no point in waiting.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The part of an asker's time that is left for the ways there and back,
const MARGIN: u32 = 4;

/// and the most of it.
const MOST_MARGIN: Duration = Duration::from_millis(100);

// === impl Deadline ===

impl Deadline {
    /// For an asker who waits for as long as `patience` says, if it is said; in no case later than
    /// `longest`.
    #[must_use]
    pub fn after(start: Instant, patience: Option<Duration>, longest: Duration) -> Self {
        let patience = patience.map(|patience| patience - (patience / MARGIN).min(MOST_MARGIN));
        Self(start + patience.map_or(longest, |patience| patience.min(longest)))
    }

    /// What comes of the future, unless it has to wait for too long. One that is ready at once needs no
    /// timer.
    pub async fn within<T>(self, mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            Poll::Ready(value) => Some(value),
            Poll::Pending => timeout_at(self.0, future).await.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        pin::pin,
    };

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_before_the_asker_goes() {
        let ms = Duration::from_millis;
        for (patience, longest, expected) in [
            (None, 5000, 5000),
            (Some(200), 5000, 150),
            (Some(8), 5000, 6),
            (Some(400), 5000, 300),
            (Some(1000), 5000, 900),
            (Some(60_000), 5000, 5000),
            (Some(0), 5000, 0),
            (Some(1000), 300, 300),
        ] {
            let start = Instant::now();
            let deadline = Deadline::after(start, patience.map(ms), ms(longest));
            assert_eq!(deadline.within(pin!(pending::<()>())).await, None);
            // The timer's unit is a millisecond.
            let took = start.elapsed();
            assert!(took >= ms(expected) && took <= ms(expected + 1), "{patience:?}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_ready_is_an_answer_and_so_is_what_comes_in_time() {
        let longest = Duration::from_secs(1);
        let deadline = Deadline::after(Instant::now(), None, longest);
        assert_eq!(deadline.within(pin!(sleep(longest / 2))).await, Some(()));
        assert_eq!(deadline.within(pin!(sleep(longest))).await, None);
        // Too late to wait, but nobody has to.
        assert_eq!(deadline.within(pin!(ready(7))).await, Some(7));
    }
}

//! When requests are due in the open model: a pure function of elapsed time.
//!
//! A [`Schedule`] says how many arrivals there are until a time, and when the n-th comes. It is
//! computed from n each time and never by adding up gaps: errors do not add up either, however long
//! a run is.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Distribution as _, Exp1};

use super::clock::nanoseconds;
use crate::scenario::model::{Arrivals, Stage};

const SECOND: f64 = 1e9;

/// The rate of arrivals over time: stages one after the other, each constant or a straight ramp.
#[derive(Clone, Debug)]
pub struct Schedule {
    segments: Vec<Segment>,
    /// Its end in nanoseconds.
    end: u64,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    /// Its begin in seconds.
    start: f64,
    seconds: f64,
    /// Arrivals before it.
    before: f64,
    /// Arrivals within it.
    arrivals: f64,
    /// Arrivals a second at its begin and at its end.
    from: f64,
    to: f64,
}

impl Schedule {
    /// The schedule of these stages.
    pub fn new(stages: &[Stage]) -> Self {
        let (mut start, mut before, mut end) = (0.0, 0.0, 0_u64);
        let mut segments = Vec::with_capacity(stages.len());
        for stage in stages {
            let seconds = stage.time.as_secs_f64();
            let arrivals = (stage.from + stage.to) / 2.0 * seconds;
            segments.push(Segment {
                start,
                seconds,
                before,
                arrivals,
                from: stage.from,
                to: stage.to,
            });
            start += seconds;
            before += arrivals;
            end = end.saturating_add(nanoseconds(stage.time));
        }
        Self { segments, end }
    }

    /// When the schedule ends, in nanoseconds.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// When arrival number `n` comes, in nanoseconds, counted from 0 at the start. Fractions are
    /// times between arrivals. `None` where the schedule ends before.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are finite, not negative, and far below 2^63 ns"
    )]
    pub fn at(&self, n: f64) -> Option<u64> {
        let segment = self
            .segments
            .iter()
            .find(|s| n < s.before + s.arrivals || (s.arrivals > 0.0 && n == s.before))?;
        let m = n - segment.before;
        if m <= 0.0 {
            return Some((segment.start * SECOND) as u64);
        }
        // from * x + slope / 2 * x^2 = m, solved for x; in this form it is exact for slope 0 too.
        let slope = (segment.to - segment.from) / segment.seconds;
        let root = (segment.from * segment.from + 2.0 * slope * m)
            .max(0.0)
            .sqrt();
        let x = 2.0 * m / (segment.from + root);
        let at = (segment.start + x) * SECOND;
        (at < self.end as f64).then_some(at as u64)
    }

    /// Arrivals between two times in nanoseconds.
    pub fn arrivals(&self, from: u64, to: u64) -> f64 {
        self.until(to) - self.until(from)
    }

    fn until(&self, ns: u64) -> f64 {
        let t = ns as f64 / SECOND;
        self.segments
            .iter()
            .map(|s| {
                let x = (t - s.start).clamp(0.0, s.seconds);
                let slope = (s.to - s.from) / s.seconds;
                s.from * x + slope / 2.0 * x * x
            })
            .sum()
    }
}

/// The arrivals of one worker, in order.
#[derive(Clone, Debug)]
pub struct Pacer {
    schedule: Schedule,
    /// The number of the next arrival among those of all workers.
    n: f64,
    workers: f64,
    random: Option<Box<ChaCha8Rng>>,
    next: Option<u64>,
}

impl Pacer {
    /// The arrivals of worker `worker` of `workers`. Constant arrivals are dealt out in turn, so
    /// that all workers together keep the schedule; of a Poisson process each worker has an
    /// independent part, whose sum is the whole process.
    pub fn new(
        schedule: Schedule,
        arrivals: Arrivals,
        seed: u64,
        worker: usize,
        workers: usize,
    ) -> Self {
        let random = (arrivals == Arrivals::Poisson).then(|| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(worker as u64);
            Box::new(random)
        });
        let mut pacer = Self {
            schedule,
            n: 0.0,
            workers: workers as f64,
            random,
            next: None,
        };
        pacer.n = match pacer.random {
            Some(_) => pacer.gap(),
            None => worker as f64,
        };
        pacer.next = pacer.schedule.at(pacer.n);
        pacer
    }

    /// When the next request is due, in nanoseconds since the start. `None`: none is left.
    pub fn next(&self) -> Option<u64> {
        self.next
    }

    /// Goes on to the arrival after that.
    pub fn advance(&mut self) {
        self.n += self.gap();
        self.next = self.schedule.at(self.n);
    }

    fn gap(&mut self) -> f64 {
        match &mut self.random {
            None => self.workers,
            Some(random) => {
                let unit: f64 = Exp1.sample(random);
                unit * self.workers
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn stage(from: f64, to: f64, ms: u64) -> Stage {
        Stage {
            from,
            to,
            time: Duration::from_millis(ms),
        }
    }

    fn all(mut pacer: Pacer) -> Vec<u64> {
        let mut times = Vec::new();
        while let Some(at) = pacer.next() {
            times.push(at);
            pacer.advance();
        }
        times
    }

    fn constant(stages: &[Stage], worker: usize, workers: usize) -> Vec<u64> {
        all(Pacer::new(
            Schedule::new(stages),
            Arrivals::Constant,
            1,
            worker,
            workers,
        ))
    }

    #[test]
    fn a_constant_rate_has_equal_gaps_and_does_not_drift() {
        let times = constant(&[stage(3_000.0, 3_000.0, 10_000)], 0, 1);
        assert_eq!(times.len(), 30_000);
        for (n, at) in times.iter().enumerate() {
            let exact = n as u64 * 1_000_000 / 3;
            assert!(at.abs_diff(exact) <= 2, "{n}: {at} {exact}");
        }
    }

    #[test]
    fn workers_share_one_schedule() {
        let stages = [stage(1_000.0, 5_000.0, 700), stage(5_000.0, 5_000.0, 300)];
        let whole = constant(&stages, 0, 1);
        let mut parts: Vec<u64> = (0..3).flat_map(|w| constant(&stages, w, 3)).collect();
        parts.sort_unstable();
        assert_eq!(whole, parts);
    }

    #[test]
    fn a_ramp_brings_the_mean_of_its_ends() {
        let times = constant(
            &[stage(0.0, 2_000.0, 1_000), stage(500.0, 500.0, 1_000)],
            0,
            1,
        );
        let until = |ns: u64| times.iter().filter(|at| **at < ns).count();
        // A quarter of the ramp's arrivals lies in its first half.
        assert!(until(500_000_000).abs_diff(250) <= 1);
        assert!(until(1_000_000_000).abs_diff(1_000) <= 1);
        assert!(times.len().abs_diff(1_500) <= 1);
        let down = constant(&[stage(1_000.0, 0.0, 1_000)], 0, 1);
        assert!(down.len().abs_diff(500) <= 1);
    }

    #[test]
    fn poisson_arrivals_have_the_rate_and_the_spread_of_their_process() {
        let poisson = |seed| {
            all(Pacer::new(
                Schedule::new(&[stage(10_000.0, 10_000.0, 10_000)]),
                Arrivals::Poisson,
                seed,
                0,
                1,
            ))
        };
        let times = poisson(7);
        assert_eq!(times, poisson(7));
        assert_ne!(times, poisson(8));
        // 100,000 expected, with a standard deviation of 316.
        assert!(times.len().abs_diff(100_000) < 2_000, "{}", times.len());
        let gaps: Vec<f64> = times.windows(2).map(|w| (w[1] - w[0]) as f64).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        // The standard deviation of an exponential distribution is its mean.
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.05);
    }

    proptest! {
        #[test]
        fn arrivals_are_in_order_and_as_many_as_the_rate_says(
            stages in proptest::collection::vec((0.0..5_000.0, 0.0..5_000.0, 1_u64..500), 1..5)
        ) {
            let stages: Vec<Stage> = stages.into_iter().map(|(a, b, ms)| stage(a, b, ms)).collect();
            let schedule = Schedule::new(&stages);
            let times = constant(&stages, 0, 1);
            prop_assert!(times.is_sorted());
            prop_assert!(times.iter().all(|at| *at < schedule.end()));
            let expected = schedule.arrivals(0, schedule.end());
            prop_assert!((times.len() as f64 - expected).abs() <= 1.5, "{} {expected}", times.len());
        }
    }
}

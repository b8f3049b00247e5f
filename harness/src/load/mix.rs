//! What the next request is: an exchange and a delivery, drawn by their shares.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::job::Job;
use crate::scenario::model::LoadDelivery;

/// Draws requests from the shares of a case.
#[derive(Debug)]
pub(super) struct Mix {
    random: ChaCha8Rng,
    /// The index of the first exchange among the turns.
    first: u16,
    exchanges: Table,
    deliveries: Table,
    kinds: Vec<LoadDelivery>,
}

/// How one request reaches the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// In one write.
    Whole,
    /// Each byte by itself.
    EachByte,
    /// In two writes, cut after so many bytes.
    Cut(u32),
}

/// Upper ends of shares, scaled to 32 bits. Empty where there is no choice.
#[derive(Debug)]
struct Table(Vec<u32>);

impl Table {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "shares lie between 0 and 1"
    )]
    fn new(shares: &[f64]) -> Self {
        if shares.len() < 2 {
            return Self(Vec::new());
        }
        let total: f64 = shares.iter().sum();
        let mut sum = 0.0;
        let mut ends: Vec<u32> = shares
            .iter()
            .map(|share| {
                sum += share / total;
                (sum * f64::from(u32::MAX)) as u32
            })
            .collect();
        if let Some(last) = ends.last_mut() {
            *last = u32::MAX;
        }
        Self(ends)
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        let drawn = random.next_u32();
        self.0.iter().position(|end| drawn <= *end).unwrap_or(0)
    }
}

impl Mix {
    /// The mix of one worker; each draws differently.
    pub(super) fn new(job: &Job, worker: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(job.seed);
        // The pacers have the streams from 0 on.
        random.set_stream((1 << 32) + worker as u64);
        let deliveries = &job.load.delivery;
        Self {
            random,
            first: job.opening as u16,
            exchanges: Table::new(&job.shares),
            deliveries: Table::new(&deliveries.iter().map(|d| d.1).collect::<Vec<_>>()),
            kinds: deliveries.iter().map(|d| d.0).collect(),
        }
    }

    /// The turn of the next request.
    pub(super) fn turn(&mut self) -> u16 {
        self.first + self.exchanges.draw(&mut self.random) as u16
    }

    /// How a request of so many bytes is delivered.
    pub(super) fn split(&mut self, bytes: usize) -> Split {
        let Some(kind) = self.kinds.get(self.deliveries.draw(&mut self.random)) else {
            return Split::Whole;
        };
        match kind {
            LoadDelivery::EachByte if bytes > 1 => Split::EachByte,
            LoadDelivery::Random if bytes > 1 => {
                let places = u32::try_from(bytes - 1).unwrap_or(u32::MAX);
                Split::Cut(1 + self.random.next_u32() % places)
            }
            _ => Split::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept() {
        let table = Table::new(&[0.9, 0.1]);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let second = (0..10_000).filter(|_| table.draw(&mut random) == 1).count();
        // 1,000 expected, with a standard deviation of 30.
        assert!(second.abs_diff(1_000) < 200, "{second}");
        assert_eq!(Table::new(&[1.0]).draw(&mut random), 0);
    }
}

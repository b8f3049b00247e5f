//! Counts what was proved of one delivery.

use std::collections::BTreeMap;

use harness_net::Proof;

/// Proofs of one delivery, counted in pieces.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Pieces by the proof that they have.
    pub proofs: BTreeMap<Proof, u64>,
    /// Pieces that needed a proof and have none.
    pub missing: u64,
}

impl Tally {
    /// A piece has this proof.
    pub fn proved(&mut self, proof: Proof) {
        *self.proofs.entry(proof).or_default() += 1;
    }

    /// A piece was delivered in a way that proves nothing.
    pub fn unproved(&mut self, how: Proof) {
        *self.proofs.entry(how).or_default() += 1;
        self.missing += 1;
    }

    /// A piece was not seen to arrive.
    pub fn missed(&mut self) {
        self.missing += 1;
    }

    /// True where every piece that needed a proof has one.
    pub fn complete(&self) -> bool {
        self.missing == 0
    }

    /// Adds another delivery's counts.
    pub fn add(&mut self, other: &Self) {
        for (proof, n) in &other.proofs {
            *self.proofs.entry(*proof).or_default() += n;
        }
        self.missing += other.missing;
    }
}

//! What the workers of a load case are given: addresses, encoded bytes, and numbers.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use harness_net::{Endpoint, SocketOptions, Transport};

use crate::scenario::model::Load;

/// A load case with everything that its workers need, decided before the first connection.
#[derive(Clone, Debug)]
pub struct Job {
    /// The target's address.
    pub endpoint: Endpoint,
    /// Options of every connection.
    pub options: SocketOptions,
    /// What is exchanged: the opening, then the exchanges of the load, then the closing.
    pub turns: Vec<Turn>,
    /// How many of `turns` belong to the opening.
    pub opening: usize,
    /// How many of `turns` belong to the closing.
    pub closing: usize,
    /// The share of each exchange between opening and closing, in that order.
    pub shares: Vec<f64>,
    /// How long one answer, or one connection, may take.
    pub timeout: Duration,
    /// The seed of everything random.
    pub seed: u64,
    /// What the scenario asks for.
    pub load: Load,
}

/// One exchange, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its name.
    pub name: String,
    /// The bytes that are sent; none where the server speaks first.
    pub request: Vec<u8>,
    /// The bytes that must come back; none where there is no answer.
    pub reply: Vec<u8>,
}

impl Job {
    /// The options of connections, one for each source address that is to be used. Where several
    /// writes can follow each other without an answer, Nagle's algorithm would hold them back (RFC
    /// 896): it is off unless the profile says otherwise.
    pub(super) fn sources(&self) -> Vec<SocketOptions> {
        let writes_follow = self.load.pipeline_depth > 1 || !self.load.delivery.is_empty();
        let tcp = self.endpoint.transport() == Transport::Tcp;
        (0..self.load.sources.max(1))
            .map(|i| SocketOptions {
                nodelay: self
                    .options
                    .nodelay
                    .or((tcp && writes_follow).then_some(true)),
                bind: (self.load.sources > 0)
                    .then(|| source(i))
                    .or(self.options.bind),
                ..self.options.clone()
            })
            .collect()
    }
}

/// The source address with this number: 127.1.0.2 and on. All of 127/8 is loopback (RFC 1122
/// section 3.2.1.3); 127.0/16 is left alone, so that its ports stay free for others.
fn source(number: u32) -> IpAddr {
    let [.., third] = (number / 250).to_be_bytes();
    let [.., last] = (number % 250 + 2).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 1, third, last))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenario::model::MAX_SOURCES;

    #[test]
    fn sources_differ_and_are_loopback() {
        let all: BTreeSet<IpAddr> = (0..MAX_SOURCES).map(source).collect();
        assert_eq!(all.len(), MAX_SOURCES as usize);
        assert!(all.iter().all(IpAddr::is_loopback));
    }
}

//! What was said on one connection so far, as far as later messages may refer to it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use harness_net::Endpoint;
use harness_wire::{Field, IntType};

/// Who said a message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Request,
    /// The server.
    Reply,
}

impl Side {
    /// Its word in references.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
        }
    }
}

/// One message that was said.
#[derive(Clone, Debug)]
struct Said {
    exchange: String,
    side: Side,
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

/// What was said on one connection so far, and what is its own.
#[derive(Clone, Debug)]
pub struct Conversation {
    number: u64,
    endpoint: Endpoint,
    ids: u64,
    said: Vec<Said>,
    asked: Vec<Asked>,
    turn: usize,
}

/// A request that bears an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its exchange.
    pub exchange: String,
    /// The bytes of its id.
    pub id: Vec<u8>,
}

/// To which request a reply belongs, by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Belongs<'a> {
    /// To the one whose reply is awaited.
    Awaited,
    /// To one that was answered before.
    Answered(&'a Asked),
    /// To one whose turn comes later.
    Later(&'a Asked),
    /// To none on this connection.
    None,
}

/// Ids of neighbouring connections lie far apart, so that an answer on the wrong one shows. This is
/// the golden ratio of 2^64: its multiples spread evenly in every width.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Conversation {
    /// The length of the text that `{conn}` stands for.
    pub const NAME_LEN: usize = 16;

    /// The conversation on a connection that was just opened. `number` differs between the
    /// connections of a run.
    pub fn new(number: u64, endpoint: Endpoint) -> Self {
        Self {
            number,
            endpoint,
            ids: 0,
            said: Vec::new(),
            asked: Vec::new(),
            turn: 0,
        }
    }

    /// The conversation on a connection that was just opened, with a number of its own.
    pub fn open(endpoint: &Endpoint) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::new(NEXT.fetch_add(1, Ordering::Relaxed), endpoint.clone())
    }

    /// A text of [`Conversation::NAME_LEN`] hexadecimal digits, unique among connections, those of
    /// other runs included as far as chance allows.
    pub fn name(&self) -> String {
        static RUN: LazyLock<u32> = LazyLock::new(|| {
            let now = jiff::Timestamp::now().as_nanosecond();
            // The low bits alone differ between runs.
            (now ^ i128::from(std::process::id()) << 20) as u32
        });
        format!("{:08x}{:08x}", *RUN, self.number as u32)
    }

    /// Where the connection leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A number for a request: never 0, and another than those of the requests around it.
    pub fn fresh_id(&mut self, int: IntType) -> i128 {
        let values = int.max().clamp(1, i128::from(u64::MAX));
        let at = self.number.wrapping_mul(SPREAD).rotate_left(32);
        let id = 1 + (i128::from(at) + i128::from(self.ids)) % values;
        self.ids += 1;
        id
    }

    /// Keeps the id of a request; answers its place among them.
    pub fn ask(&mut self, exchange: &str, id: Vec<u8>) -> usize {
        self.turn = self.asked.len();
        self.asked.push(Asked {
            exchange: exchange.to_owned(),
            id,
        });
        self.turn
    }

    /// Says that the reply to the request at this place is awaited now.
    pub fn await_reply(&mut self, place: usize) {
        self.turn = place;
    }

    /// The request whose reply is awaited, where requests bear ids.
    pub fn awaited(&self) -> Option<&Asked> {
        self.asked.get(self.turn)
    }

    /// To which request a reply with this id belongs.
    pub fn belongs(&self, id: &[u8]) -> Belongs<'_> {
        // A profile may give several requests one id: then the awaited one has it too.
        if self.awaited().is_some_and(|asked| asked.id == id) {
            return Belongs::Awaited;
        }
        // The latest first: small ids come again after a while.
        match self.asked.iter().rposition(|asked| asked.id == id) {
            None => Belongs::None,
            Some(place) if place < self.turn => Belongs::Answered(&self.asked[place]),
            Some(place) => Belongs::Later(&self.asked[place]),
        }
    }

    /// Forgets what was said in an exchange that is about to begin again.
    pub fn begin(&mut self, exchange: &str) {
        self.said.retain(|said| said.exchange != exchange);
    }

    /// Keeps a message.
    pub fn record(&mut self, exchange: &str, side: Side, bytes: &[u8], fields: &[Field]) {
        self.said.push(Said {
            exchange: exchange.to_owned(),
            side,
            bytes: bytes.to_vec(),
            fields: fields.to_vec(),
        });
    }

    /// The bytes of a field as they came, or were sent: of several messages the first that has it.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn field(&self, exchange: &str, side: Side, field: &str) -> Result<Vec<u8>, String> {
        let of = |said: &&Said| said.exchange == exchange && said.side == side;
        let mut all = self.said.iter().filter(of).peekable();
        if all.peek().is_none() {
            return Err(format!(
                "the {} of the exchange `{exchange}` was not seen on this connection",
                side.word()
            ));
        }
        all.find_map(|said| {
            let found = said.fields.iter().find(|f| &*f.name == field)?;
            let pieces = found
                .ranges
                .iter()
                .filter_map(|r| said.bytes.get(r.clone()));
            Some(pieces.flatten().copied().collect())
        })
        .ok_or_else(|| {
            format!(
                "the {} of the exchange `{exchange}` has no field `{field}`",
                side.word()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_with_one_id_take_their_replies_in_turn() {
        let mut said = conversation(1);
        let first = said.ask("a", vec![1, 2]);
        let second = said.ask("a", vec![1, 2]);
        said.ask("b", vec![3, 4]);
        for turn in [first, second] {
            said.await_reply(turn);
            assert_eq!(said.belongs(&[1, 2]), Belongs::Awaited);
            assert!(matches!(said.belongs(&[3, 4]), Belongs::Later(_)));
        }
    }

    fn conversation(number: u64) -> Conversation {
        Conversation::new(number, "tcp://127.0.0.1:9".parse().unwrap())
    }

    #[test]
    fn ids_are_fresh_and_fit() {
        for int in ["u8", "i8", "u16be", "u64le", "i64be"] {
            let int: IntType = int.parse().unwrap();
            let mut one = conversation(7);
            let ids: Vec<i128> = (0..100).map(|_| one.fresh_id(int)).collect();
            assert!(ids.iter().all(|id| int.holds(*id) && *id > 0), "{int}");
            let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
            assert_eq!(distinct.len(), 100, "{int}");
        }
        let of = |n| conversation(n).fresh_id("u16be".parse().unwrap());
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn names_are_unique_and_of_one_length() {
        let (a, b) = (conversation(1).name(), conversation(2).name());
        assert_ne!(a, b);
        assert_eq!((a.len(), b.len()), (16, Conversation::NAME_LEN));
    }
}

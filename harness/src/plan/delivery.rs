//! Deliveries: in which pieces the bytes of a conversation reach the peer.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::scenario::model::{
    Capability, Case, DeliverySpec, Exchange, Profile, Reply, Reset, Step, StepKind,
};

/// The most cuts that are tried of one message; of longer ones a stated sample is taken.
const MAX_CUTS: usize = 4096;
/// The most pairs of cuts that are tried of one message.
const MAX_PAIRS: usize = 2048;
/// Messages up to this length get every pair of cuts.
const EVERY_PAIR: usize = 24;
/// The longest front of a message that is sent byte by byte.
const MAX_BYTES: usize = 8192;
/// The most messages that `merge` puts together where the scenario names no upper end.
const MERGE_TO: usize = 8;

/// The classes of delivery, by which results are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Each message in one write.
    Whole,
    /// One chosen cut or several.
    Cut,
    /// Each cut in turn.
    EachCut,
    /// Pairs of cuts.
    FieldPairs,
    /// Each byte by itself.
    EachByte,
    /// Random partitions.
    Random,
    /// Several messages in one write.
    Merge,
}

impl Class {
    /// Its word in the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Cut => "cut",
            Self::EachCut => "each_cut",
            Self::FieldPairs => "field_pairs",
            Self::EachByte => "each_byte",
            Self::Random => "random",
            Self::Merge => "merge",
        }
    }
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its class.
    pub class: Class,
    /// What it does.
    pub how: How,
}

/// What a delivery does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Each message in one write.
    Whole,
    /// One exchange's request is cut; what else is played is whole.
    Cut {
        /// The index in the profile's `exchanges`.
        exchange: usize,
        /// Offsets, ascending, each inside the message.
        cuts: Vec<usize>,
    },
    /// Requests in one write.
    Merge {
        /// Indices in the profile's `exchanges`, one a message.
        exchanges: Vec<usize>,
        /// The exchange of which the first half follows in the same write.
        half: Option<usize>,
        /// Bytes in that write.
        bytes: usize,
    },
}

impl Delivery {
    /// The plain delivery.
    pub const WHOLE: Self = Self {
        class: Class::Whole,
        how: How::Whole,
    };

    /// A short name that `--delivery` takes, such as `cut:ls@2`.
    pub fn id(&self, profile: &Profile) -> String {
        match &self.how {
            How::Whole => "whole".to_owned(),
            How::Cut { exchange, cuts } => {
                let name = name(profile, *exchange);
                if self.class == Class::EachByte {
                    return format!("bytes:{name}");
                }
                let mut id = format!("cut:{name}@");
                for (i, cut) in cuts.iter().enumerate() {
                    let _ = write!(id, "{}{cut}", if i == 0 { "" } else { "," });
                }
                id
            }
            How::Merge {
                exchanges, half, ..
            } => {
                format!(
                    "merge:{}{}",
                    exchanges.len(),
                    if half.is_some() { "+half" } else { "" }
                )
            }
        }
    }

    /// What it does, in words.
    pub fn words(&self, profile: &Profile) -> String {
        match &self.how {
            How::Whole => "each message whole".to_owned(),
            How::Cut { exchange, cuts } => {
                let len = request_len(&profile.exchanges[*exchange]);
                let name = name(profile, *exchange);
                match cuts.as_slice() {
                    [cut] => {
                        let place = place(&profile.exchanges[*exchange], *cut);
                        format!("request `{name}` cut at {cut} of {len}{place}")
                    }
                    _ if self.class == Class::EachByte => {
                        format!("request `{name}`, {len} bytes, byte by byte")
                    }
                    [a, b] => format!("request `{name}` cut at {a} and {b} of {len}"),
                    _ => format!(
                        "request `{name}`, {len} bytes, in {} pieces",
                        cuts.len() + 1
                    ),
                }
            }
            How::Merge {
                exchanges, half, ..
            } => {
                let names: Vec<_> = exchanges.iter().map(|e| name(profile, *e)).collect();
                let half = match half {
                    Some(e) => format!(", with the first half of `{}`", name(profile, *e)),
                    None => String::new(),
                };
                let n = exchanges.len();
                let requests = if n == 1 { "request" } else { "requests" };
                format!("{n} {requests} in one write ({}){half}", names.join(", "))
            }
        }
    }
}

fn name(profile: &Profile, exchange: usize) -> &str {
    profile.exchanges.get(exchange).map_or("?", |e| &e.name)
}

fn request_len(exchange: &Exchange) -> usize {
    exchange
        .request
        .as_ref()
        .map_or(0, |m| m.encoded.bytes.len())
}

/// Where a cut lies among the fields: `, inside length (bytes 0..4)` or `, between length and body`.
fn place(exchange: &Exchange, cut: usize) -> String {
    let Some(message) = &exchange.request else {
        return String::new();
    };
    let mut before = None;
    for field in &message.encoded.fields {
        for range in &field.ranges {
            if range.start < cut && cut < range.end {
                return format!(
                    ", inside {} (bytes {}..{})",
                    field.name, range.start, range.end
                );
            }
            if range.end == cut && !range.is_empty() {
                before = Some(&field.name);
            }
            if range.start == cut
                && !range.is_empty()
                && let Some(before) = before
            {
                return format!(", between {before} and {}", field.name);
            }
        }
    }
    String::new()
}

/// The deliveries of a case against a target, in the order of the case's `deliver` list. What is
/// left out of a list that grew too long is told in `notes`.
pub fn deliveries(
    case: &Case,
    profile: &Profile,
    seed: u64,
    notes: &mut Vec<String>,
) -> Vec<Delivery> {
    let played = played(&case.steps, profile);
    let mut out = Vec::new();
    for spec in &case.deliver {
        match spec {
            DeliverySpec::Whole => out.push(Delivery::WHOLE),
            DeliverySpec::Merge {
                from,
                to,
                plus_half,
            } => {
                merges(&mut out, &played, profile, *from, *to, *plus_half);
            }
            _ => {
                for &exchange in &played {
                    cut_lists(&mut out, spec, exchange, case, profile, seed, notes);
                }
            }
        }
    }
    // A random partition may be one that another class has already.
    let mut seen = BTreeSet::new();
    out.retain(|d| seen.insert(d.id(profile)));
    if !profile.idempotent && profile.reset == Reset::None {
        let all = out.len();
        let mut classes = BTreeSet::new();
        out.retain(|d| classes.insert(d.class));
        if out.len() < all {
            notes.push(format!(
                "{} of {all} deliveries, one of each class: the target is not idempotent and has no reset",
                out.len()
            ));
        }
    }
    out
}

/// The exchanges that the case's `play` steps play, each once, in the profile's order.
pub fn played(steps: &[Step], profile: &Profile) -> Vec<usize> {
    fn walk(steps: &[Step], profile: &Profile, found: &mut BTreeSet<usize>) {
        for step in steps {
            match &step.kind {
                StepKind::Play {
                    exchanges: None, ..
                } => found.extend(0..profile.exchanges.len()),
                StepKind::Play {
                    exchanges: Some(names),
                    ..
                } => found.extend(
                    names
                        .iter()
                        .filter_map(|n| profile.exchanges.iter().position(|e| &e.name == n)),
                ),
                StepKind::Repeat { steps, .. } | StepKind::Timed { steps, .. } => {
                    walk(steps, profile, found);
                }
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(steps, profile, &mut found);
    found.into_iter().collect()
}

fn cut_lists(
    out: &mut Vec<Delivery>,
    spec: &DeliverySpec,
    exchange: usize,
    case: &Case,
    profile: &Profile,
    seed: u64,
    notes: &mut Vec<String>,
) {
    let len = request_len(&profile.exchanges[exchange]);
    // A message of one byte has no inside; a stream-only delivery has no meaning for datagrams.
    if len < 2 || !profile.transport.is_stream() {
        return;
    }
    let mut push = |class, cuts| {
        out.push(Delivery {
            class,
            how: How::Cut { exchange, cuts },
        })
    };
    match spec {
        DeliverySpec::Cut { at } => {
            let cuts: Vec<_> = at.iter().copied().filter(|c| *c < len).collect();
            if !cuts.is_empty() {
                push(Class::Cut, cuts);
            }
        }
        DeliverySpec::EachCut => {
            let cuts = sample(&profile.exchanges[exchange], len, MAX_CUTS);
            if cuts.len() < len - 1 {
                notes.push(format!(
                    "request `{}`: {} of its {} cuts, all around field borders and spread evenly",
                    name(profile, exchange),
                    cuts.len(),
                    len - 1
                ));
            }
            for cut in cuts {
                push(Class::EachCut, vec![cut]);
            }
        }
        DeliverySpec::FieldPairs => {
            for (a, b) in pairs(&profile.exchanges[exchange], len) {
                push(Class::FieldPairs, vec![a, b]);
            }
        }
        DeliverySpec::EachByte => {
            if len > MAX_BYTES {
                notes.push(format!(
                    "request `{}`: its first {MAX_BYTES} bytes byte by byte, the other {} in one piece",
                    name(profile, exchange),
                    len - MAX_BYTES
                ));
            }
            push(Class::EachByte, (1..=MAX_BYTES.min(len - 1)).collect());
        }
        DeliverySpec::Random { runs } => {
            for run in 0..*runs {
                let key = format!("{seed}/{}/{}/{run}", case.id, name(profile, exchange));
                push(Class::Random, random_cuts(&key, len));
            }
        }
        DeliverySpec::Whole | DeliverySpec::Merge { .. } => {}
    }
}

/// All cuts where they are few; else all within 8 bytes of a field border, and the rest evenly.
fn sample(exchange: &Exchange, len: usize, most: usize) -> Vec<usize> {
    if len - 1 <= most {
        return (1..len).collect();
    }
    let mut cuts = BTreeSet::new();
    for border in borders(exchange, len) {
        cuts.extend((border.saturating_sub(8)..=border + 8).filter(|c| (1..len).contains(c)));
    }
    let step = len.div_ceil(most.saturating_sub(cuts.len()).max(1));
    cuts.extend((1..len).step_by(step));
    cuts.into_iter().collect()
}

/// Pairs of cuts: every pair of short messages, pairs next to field borders of longer ones.
fn pairs(exchange: &Exchange, len: usize) -> Vec<(usize, usize)> {
    let points: Vec<usize> = if len <= EVERY_PAIR {
        (1..len).collect()
    } else {
        let near: BTreeSet<_> = borders(exchange, len)
            .into_iter()
            .flat_map(|b| [b.saturating_sub(1), b, b + 1])
            .filter(|c| (1..len).contains(c))
            .collect();
        near.into_iter().collect()
    };
    let mut out = Vec::new();
    for (i, a) in points.iter().enumerate() {
        for b in &points[i + 1..] {
            if out.len() < MAX_PAIRS {
                out.push((*a, *b));
            }
        }
    }
    out
}

fn borders(exchange: &Exchange, len: usize) -> BTreeSet<usize> {
    let mut all = BTreeSet::from([0, len]);
    for field in exchange.request.iter().flat_map(|m| &m.encoded.fields) {
        for range in &field.ranges {
            all.extend([range.start, range.end]);
        }
    }
    all
}

/// Between 1 and 16 cuts. The key, not the order of calls, decides them: a filtered run repeats
/// exactly what the full run did.
fn random_cuts(key: &str, len: usize) -> Vec<usize> {
    let mut rng = ChaCha8Rng::from_seed(Sha256::digest(key.as_bytes()).into());
    let mut below = |n: usize| (rng.next_u64() % n as u64) as usize;
    let count = 1 + below(16.min(len - 1));
    let cuts: BTreeSet<_> = (0..count).map(|_| 1 + below(len - 1)).collect();
    cuts.into_iter().collect()
}

fn merges(
    out: &mut Vec<Delivery>,
    played: &[usize],
    profile: &Profile,
    from: usize,
    to: Option<usize>,
    plus_half: bool,
) {
    if profile.without.contains(&Capability::Pipelining) || !profile.transport.is_stream() {
        return;
    }
    let fit: Vec<usize> = played
        .iter()
        .copied()
        .filter(|e| {
            let e = &profile.exchanges[*e];
            e.request.is_some() && !matches!(e.reply, Reply::Closes)
        })
        .collect();
    if fit.is_empty() {
        return;
    }
    for n in from..=to.unwrap_or(MERGE_TO.max(from)) {
        let exchanges: Vec<usize> = fit.iter().copied().cycle().take(n).collect();
        let half = plus_half.then(|| fit[n % fit.len()]);
        let whole: usize = exchanges
            .iter()
            .map(|e| request_len(&profile.exchanges[*e]))
            .sum();
        let bytes = whole + half.map_or(0, |e| request_len(&profile.exchanges[e]).div_ceil(2));
        out.push(Delivery {
            class: Class::Merge,
            how: How::Merge {
                exchanges,
                half,
                bytes,
            },
        });
    }
}

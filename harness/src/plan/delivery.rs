//! Deliveries: in which pieces the bytes of a conversation reach the peer.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use harness_wire::Encoded;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::scenario::model::{
    Capability, Case, DeliverySpec, Exchange, Profile, Reply, Reset, Role, Step, StepKind,
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
    /// What the harness sends in one exchange is cut: a request, or to a client a reply. What else
    /// is played is whole.
    Cut {
        /// The index in the profile's `exchanges`.
        exchange: usize,
        /// Offsets, ascending, each inside the message.
        cuts: Vec<usize>,
    },
    /// Requests in one write, or to a client replies.
    Merge {
        /// Indices in the profile's `exchanges`, one a message.
        exchanges: Vec<usize>,
        /// The exchange of which the first half follows in the same write.
        half: Option<usize>,
        /// True: the last message of the opening begins that write.
        opening: bool,
        /// Bytes in that write, as far as they are known.
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
                exchanges,
                half,
                opening,
                ..
            } => {
                let half = if half.is_some() { "+half" } else { "" };
                let opening = if *opening { "opening+" } else { "" };
                let id = format!("merge:{opening}{}{half}", exchanges.len());
                match exchanges.first() {
                    // A client's conversation has one order: merges differ in where they begin.
                    Some(first) if profile.role == Role::Client => {
                        format!("{id}@{}", name(profile, *first))
                    }
                    _ => id,
                }
            }
        }
    }

    /// What it does, in words.
    pub fn words(&self, profile: &Profile) -> String {
        match &self.how {
            How::Whole => "each message whole".to_owned(),
            How::Cut { exchange, cuts } => {
                let sent = sent(profile, *exchange);
                let len = sent.bytes.len();
                let what = format!("{} `{}`", profile.role.says(), name(profile, *exchange));
                match cuts.as_slice() {
                    [cut] => format!("{what} cut at {cut} of {len}{}", place(&sent, *cut)),
                    _ if self.class == Class::EachByte => {
                        format!("{what}, {len} bytes, byte by byte")
                    }
                    [a, b] => format!("{what} cut at {a} and {b} of {len}"),
                    _ => format!("{what}, {len} bytes, in {} pieces", cuts.len() + 1),
                }
            }
            How::Merge {
                exchanges,
                opening: true,
                ..
            } => {
                let last = profile.opening.last().map_or("?", |e| &e.name);
                let first = exchanges.first().map_or("?", |e| name(profile, *e));
                format!("the opening's last message (`{last}`) and request `{first}` in one write")
            }
            How::Merge {
                exchanges, half, ..
            } => {
                let names: Vec<_> = exchanges.iter().map(|e| name(profile, *e)).collect();
                let half = match half {
                    Some(e) => format!(", with the first half of `{}`", name(profile, *e)),
                    None => String::new(),
                };
                let (n, names) = (exchanges.len(), names.join(", "));
                let s = if n == 1 { "" } else { "s" };
                let what = profile.role.says();
                format!("{n} {what}{s} in one write ({names}){half}")
            }
        }
    }
}

fn name(profile: &Profile, exchange: usize) -> &str {
    profile.exchanges.get(exchange).map_or("?", |e| &e.name)
}

/// What the harness sends in an exchange.
fn sent(profile: &Profile, exchange: usize) -> Cow<'_, Encoded> {
    let exchange = profile.exchanges.get(exchange);
    exchange
        .and_then(|e| e.sent(profile.role))
        .unwrap_or_default()
}

/// The exchanges among these of which the length of what is sent is known only once it was said.
pub(super) fn open<'a>(played: &'a [usize], profile: &'a Profile) -> impl Iterator<Item = &'a str> {
    let exchanges = played.iter().map(|i| &profile.exchanges[*i]);
    let open = exchanges.filter(|e| e.request.as_ref().is_some_and(|m| m.shape().is_none()));
    open.map(|e| &*e.name)
}

/// Where a cut lies among the fields: `, inside length (bytes 0..4)` or `, between length and body`.
fn place(message: &Encoded, cut: usize) -> String {
    let mut before = None;
    for field in &message.fields {
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
                StepKind::Play(play) => match &play.exchanges {
                    None => found.extend(0..profile.exchanges.len()),
                    Some(names) => found.extend(
                        names
                            .iter()
                            .filter_map(|n| profile.exchanges.iter().position(|e| &e.name == n)),
                    ),
                },
                other => walk(other.inner(), profile, found),
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
    let sent = sent(profile, exchange);
    let len = sent.bytes.len();
    let what = || format!("{} `{}`", profile.role.says(), name(profile, exchange));
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
            let cuts = sample(&sent, len, MAX_CUTS);
            if cuts.len() < len - 1 {
                notes.push(format!(
                    "{}: {} of its {} cuts, all around field borders and spread evenly",
                    what(),
                    cuts.len(),
                    len - 1
                ));
            }
            for cut in cuts {
                push(Class::EachCut, vec![cut]);
            }
        }
        DeliverySpec::FieldPairs => {
            for (a, b) in pairs(&sent, len) {
                push(Class::FieldPairs, vec![a, b]);
            }
        }
        DeliverySpec::EachByte => {
            if len > MAX_BYTES {
                notes.push(format!(
                    "{}: its first {MAX_BYTES} bytes byte by byte, the other {} in one piece",
                    what(),
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
fn sample(sent: &Encoded, len: usize, most: usize) -> Vec<usize> {
    if len - 1 <= most {
        return (1..len).collect();
    }
    let mut cuts = BTreeSet::new();
    for border in borders(sent, len) {
        cuts.extend((border.saturating_sub(8)..=border + 8).filter(|c| (1..len).contains(c)));
    }
    let step = len.div_ceil(most.saturating_sub(cuts.len()).max(1));
    cuts.extend((1..len).step_by(step));
    cuts.into_iter().collect()
}

/// Pairs of cuts: every pair of short messages, pairs next to field borders of longer ones.
fn pairs(sent: &Encoded, len: usize) -> Vec<(usize, usize)> {
    let points: Vec<usize> = if len <= EVERY_PAIR {
        (1..len).collect()
    } else {
        let near: BTreeSet<_> = borders(sent, len)
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

fn borders(sent: &Encoded, len: usize) -> BTreeSet<usize> {
    let mut all = BTreeSet::from([0, len]);
    for field in &sent.fields {
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
    let mut push = |exchanges: Vec<usize>, half: Option<usize>| {
        let len = |e: &usize| sent(profile, *e).bytes.len();
        let whole: usize = exchanges.iter().map(len).sum();
        let bytes = whole + half.map_or(0, |e| len(&e).div_ceil(2));
        out.push(Delivery {
            class: Class::Merge,
            how: How::Merge {
                exchanges,
                half,
                opening: false,
                bytes,
            },
        });
    };
    let most = to.unwrap_or(MERGE_TO.max(from));
    match profile.role {
        Role::Server => {
            for n in from..=most {
                // What changes the target is not said twice.
                if !profile.idempotent && n + usize::from(plus_half) > fit.len() {
                    break;
                }
                let exchanges = fit.iter().copied().cycle().take(n).collect();
                push(exchanges, plus_half.then(|| fit[n % fit.len()]));
            }
        }
        // A client plays its conversation once: neighbours in it can be merged.
        Role::Client => {
            let extra = usize::from(plus_half);
            for n in from..=most.min(fit.len()) {
                for run in fit.windows(n + extra).filter(|run| follow(run)) {
                    push(run[..n].to_vec(), run.get(n).copied());
                }
            }
        }
    }
    // A client whose opening ends with a message of its own need not wait before the first request.
    let last = profile.opening.last();
    let speaks = |e: &&Exchange| e.request.is_some() && matches!(e.reply, Reply::None);
    if let (Role::Server, Some(last)) = (profile.role, last.filter(speaks)) {
        out.push(Delivery {
            class: Class::Merge,
            how: How::Merge {
                exchanges: vec![fit[0]],
                half: None,
                opening: true,
                bytes: last.sent_len(profile.role) + sent(profile, fit[0]).bytes.len(),
            },
        });
    }
}

/// True where each of these exchanges comes right after the one before it.
fn follow(run: &[usize]) -> bool {
    run.windows(2).all(|two| two[0] + 1 == two[1])
}

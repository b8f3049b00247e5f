//! A first meeting with a target about which nothing is known yet: what it says unasked, what it
//! answers to some messages, and whether it hangs up.

use std::time::{Duration, Instant};

use harness_net::{NetError, SocketOptions};
use harness_wire::Framing;

use super::Interrupt;
use super::datagram::Flow;
use super::frames::FrameReader;
use super::line::Line;
use super::play::until_quiet;
use crate::target::Target;
use crate::verdict::{Match, Received, Stop};

/// What is said, and how long answers are awaited.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// The messages as they go over the wire, each sent when the one before it was answered.
    pub messages: &'a [Vec<u8>],
    /// Where an answer ends. `None`: where the target pauses for `quiet`, or closes.
    pub framing: Option<&'a dyn Framing>,
    /// How long a greeting is awaited before the first message.
    pub greeting: Duration,
    /// How long each answer may take.
    pub patience: Duration,
    /// The pause that ends an answer without framing.
    pub quiet: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// What the target said before it was asked.
    pub greeting: Vec<u8>,
    /// One answer a message, up to the first that was not whole.
    pub answers: Vec<Received>,
    /// True where the target closed the connection by itself after its last answer.
    pub closed: bool,
}

impl Meeting {
    /// Meets the target on a connection of its own.
    ///
    /// # Errors
    /// What socket(2), connect(2) or an option answered.
    pub fn with(
        target: &Target,
        manner: &Manner<'_>,
        interrupt: &Interrupt,
    ) -> Result<Self, NetError> {
        if target.endpoint().transport().is_stream() {
            Self::stream(target, manner, interrupt)
        } else {
            Self::datagrams(target, manner, interrupt)
        }
    }

    /// Meets the target twice at once. True where the first connection outlives the second
    /// meeting: a target may take the same message from elsewhere for its client's return.
    ///
    /// # Errors
    /// What socket(2), connect(2) or an option answered.
    pub fn outlives_another(
        target: &Target,
        manner: &Manner<'_>,
        interrupt: &Interrupt,
    ) -> Result<bool, NetError> {
        if !target.endpoint().transport().is_stream() {
            return Ok(true);
        }
        let (mut first, met) = Self::begin(target, manner, interrupt)?;
        if met.closed {
            return Ok(true);
        }
        let second = Self::stream(target, manner, interrupt)?;
        first.pump();
        Ok(!first.is_over() && second.answers.len() == met.answers.len())
    }

    fn stream(
        target: &Target,
        manner: &Manner<'_>,
        interrupt: &Interrupt,
    ) -> Result<Self, NetError> {
        Self::begin(target, manner, interrupt).map(|(_, met)| met)
    }

    fn begin(
        target: &Target,
        manner: &Manner<'_>,
        interrupt: &Interrupt,
    ) -> Result<(Line, Self), NetError> {
        let now = Instant::now();
        let options = SocketOptions::default();
        let by = now + manner.patience;
        let mut line = Line::connect(
            "main",
            target.endpoint(),
            &options,
            by,
            now,
            interrupt.clone(),
        )?;
        let mut met = Self {
            greeting: unasked(&mut line, manner),
            answers: Vec::new(),
            closed: false,
        };
        for message in manner.messages {
            let deadline = Instant::now() + manner.patience;
            let answer = match line.write(message, deadline) {
                Ok(()) => answer(&mut line, manner, deadline),
                Err(stop) => Received {
                    bytes: Vec::new(),
                    stop,
                },
            };
            let whole = answer.stop == Stop::Complete;
            met.answers.push(answer);
            if !whole {
                return Ok((line, met));
            }
        }
        let after = line.receive(Instant::now() + manner.quiet, Duration::ZERO, &[], |b| {
            Ok(if b.is_empty() {
                Match::NotYet
            } else {
                Match::Never
            })
        });
        met.closed = matches!(after.stop, Stop::End | Stop::Error(_));
        Ok((line, met))
    }

    fn datagrams(
        target: &Target,
        manner: &Manner<'_>,
        interrupt: &Interrupt,
    ) -> Result<Self, NetError> {
        let options = SocketOptions::default();
        let clock = Instant::now();
        let mut flow = Flow::connect(
            "main",
            target.endpoint(),
            &options,
            clock,
            interrupt.clone(),
        )?;
        let mut answers = Vec::new();
        for message in manner.messages {
            let deadline = Instant::now() + manner.patience;
            let answer = match flow.send(message, deadline) {
                Ok(()) => flow.recv(None, deadline).received,
                Err(name) => Received {
                    bytes: Vec::new(),
                    stop: Stop::Error(name),
                },
            };
            let whole = answer.stop == Stop::Complete;
            answers.push(answer);
            if !whole {
                break;
            }
        }
        Ok(Self {
            greeting: Vec::new(),
            answers,
            closed: false,
        })
    }
}

/// What the target says before anything is asked of it: nothing tells how long that may take.
fn unasked(line: &mut Line, manner: &Manner<'_>) -> Vec<u8> {
    let began = line.receive(Instant::now() + manner.greeting, Duration::ZERO, &[], |b| {
        Ok(if b.is_empty() {
            Match::NotYet
        } else {
            Match::Met(0)
        })
    });
    if began.stop == Stop::Complete {
        answer(line, manner, Instant::now() + manner.patience).bytes
    } else {
        Vec::new()
    }
}

fn answer(line: &mut Line, manner: &Manner<'_>, deadline: Instant) -> Received {
    match manner.framing {
        Some(framing) if framing.has_boundaries() => {
            let mut frames = FrameReader::new(vec![framing.decoder()]);
            line.receive(deadline, Duration::ZERO, &[], |b| frames.read(b, None))
        }
        _ => until_quiet(line, deadline, manner.quiet),
    }
}

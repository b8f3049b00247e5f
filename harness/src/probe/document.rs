//! The text of the scenario file that a probe runs, and that the user can keep.

use std::fmt::Write as _;

use harness_net::Transport;

use super::yaml::{bytes, quoted};
use super::{Manners, Order, Subject};

/// The longest answer that is written out. Longer ones are learned anew in each run.
const WRITTEN_OUT: usize = 4096;
/// Sizes of datagrams around buffers that programs use: 512 (RFC 1035), 1,024, an Ethernet frame,
/// 2,048, 8,192, and the largest over IPv4 (RFC 768: 65,535 less 28 bytes of headers).
const DATAGRAMS: [u32; 11] = [
    1, 511, 513, 1023, 1025, 1473, 1500, 2049, 8193, 65_506, 65_507,
];

/// The scenario file: the target as it was met, and what is done to it.
pub fn document(subject: &Subject, manners: &Manners) -> String {
    let mut out = String::from(
        "# What was sent, and what came back both times when nothing was cut or merged.\n",
    );
    let profiles = profiles(subject, manners);
    for profile in &profiles {
        profile.write(&mut out, subject, manners);
        out.push_str("---\n");
    }
    if subject.transport.is_stream() {
        stream_cases(&mut out, subject, manners, &profiles);
    } else {
        datagram_cases(&mut out, subject);
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// The name of the profile that scenarios and all cases but some cuts use.
const TARGET: &str = "probed";

/// The target with a part of the conversation in front, and another under the deliveries.
struct Profile {
    name: String,
    /// Messages that open each connection.
    opening: usize,
    /// Messages from here to `to` are swept.
    to: usize,
    /// True where what is swept can be sent more than once on a connection.
    reuse: bool,
}

/// One profile where messages do not depend on each other. Else one a message, each behind those
/// before it; the last of them is the whole conversation.
fn profiles(subject: &Subject, manners: &Manners) -> Vec<Profile> {
    let all = subject.messages.len();
    match &manners.order {
        Order::Free => vec![Profile {
            name: TARGET.to_owned(),
            opening: 0,
            to: all,
            reuse: !manners.closes,
        }],
        Order::Chained(repeats) => (0..all)
            .rev()
            .map(|i| Profile {
                name: if i + 1 == all {
                    TARGET.to_owned()
                } else {
                    format!("{TARGET}-m{}", i + 1)
                },
                opening: i,
                to: i + 1,
                reuse: repeats.get(i).copied().unwrap_or(false)
                    && !(manners.closes && i + 1 == all),
            })
            .collect(),
    }
}

impl Profile {
    fn write(&self, out: &mut String, subject: &Subject, manners: &Manners) {
        line(out, &format!("target: {}", self.name));
        line(out, &subject.origin);
        if subject.started && subject.transport != Transport::Tcp {
            line(out, &format!("transport: {}", subject.transport));
        }
        line(out, "frames:");
        line(out, "  wire: raw");
        if let Some(frame) = &subject.frame {
            line(out, &format!("  answer: {}", frame.yaml));
        }
        let mut without = Vec::new();
        if !self.reuse && subject.transport.is_stream() {
            without.extend(["reuse", "pipelining"]);
        }
        if manners.displaces {
            without.push("concurrency");
        }
        if !without.is_empty() {
            line(
                out,
                &format!("without: [{}]     # as it was met", without.join(", ")),
            );
        }
        if !manners.greeting.is_empty() || self.opening > 0 {
            line(out, "opening:");
        }
        if !manners.greeting.is_empty() {
            let greeting = bytes(&manners.greeting);
            line(
                out,
                &format!("  - greeting: {{reply: {{wire: {greeting}}}}}"),
            );
        }
        exchanges(out, subject, manners, 0..self.opening);
        line(out, "exchanges:");
        exchanges(out, subject, manners, self.opening..self.to);
    }
}

fn exchanges(
    out: &mut String,
    subject: &Subject,
    manners: &Manners,
    which: std::ops::Range<usize>,
) {
    let all = subject.messages.iter().zip(&manners.answers).enumerate();
    for (i, (message, answer)) in all.skip(which.start).take(which.len()) {
        let request = bytes(message);
        let reply = match (answer.len(), &subject.frame) {
            (0, _) => "[]".to_owned(),
            (n, _) if n <= WRITTEN_OUT => format!("{{wire: {}}}", bytes(answer)),
            (_, Some(_)) => "{answer: learned}".to_owned(),
            (_, None) => "{wire: learned}".to_owned(),
        };
        line(out, &format!("  - m{}:", i + 1));
        line(out, &format!("      request: {{wire: {request}}}"));
        line(out, &format!("      reply: {reply}"));
    }
}

/// One case: its id, title, why, sources, and the lines that follow.
struct Case<'a> {
    id: &'a str,
    title: &'a str,
    why: &'a str,
    cite: &'a str,
    level: &'a str,
    rest: &'a [&'a str],
}

fn case(out: &mut String, case: &Case<'_>) {
    let Case {
        id,
        title,
        why,
        cite,
        level,
        rest,
    } = case;
    let _ = write!(
        out,
        "  - id: {id}\n    title: {title}\n    why: {}\n    cite: [{cite}]\n    level: {level}\n",
        quoted(why)
    );
    for text in *rest {
        line(out, &format!("    {text}"));
    }
}

fn stream_cases(out: &mut String, subject: &Subject, manners: &Manners, profiles: &[Profile]) {
    out.push_str(
        "scenario: probe\nabout: A stream has no boundaries, and clients may leave at any time.\n",
    );
    line(out, &format!("target: {TARGET}"));
    line(out, "cases:");
    for profile in profiles.iter().rev() {
        let (suffix, title, target) = if profiles.len() == 1 {
            (String::new(), "Each message".to_owned(), String::new())
        } else {
            (
                format!("_m{}", profile.to),
                format!("Message {}, behind those before it,", profile.to),
                format!("target: {}", profile.name),
            )
        };
        let cuts = "deliver: [whole, each_cut, field_pairs, each_byte, {random: {runs: 100}}]";
        let merges =
            "deliver: [{merge: {messages: \"2..\"}}, {merge: {messages: \"1..\", plus: half}}]";
        let mut rest = vec![cuts];
        rest.extend((!target.is_empty()).then_some(target.as_str()));
        case(
            out,
            &Case {
                id: &format!("probe.cut{suffix}"),
                title: &format!("{title} survives every cut"),
                why: "recv(2) may return any part of what was sent.",
                cite: "RFC 9293 section 3.7",
                level: "must",
                rest: &rest,
            },
        );
        if profile.reuse {
            rest[0] = merges;
            rest.push("needs: [pipelining]");
            case(
                out,
                &Case {
                    id: &format!("probe.merge{suffix}"),
                    title: "Messages that arrive together are answered one by one",
                    why: "Messages that are sent one after the other may be read at once. Where the \
                          protocol forbids a second request before the first answer, say `without: \
                          [pipelining]`.",
                    cite: "RFC 9293 section 3.7",
                    level: "should",
                    rest: &rest,
                },
            );
        }
    }
    let first = subject.messages.first().map_or(&[][..], Vec::as_slice);
    let half = bytes(&first[..first.len().div_ceil(2).min(first.len())]);
    let (whole, answer) = (
        bytes(first),
        manners.answers.first().map_or(&[][..], Vec::as_slice),
    );
    if !answer.is_empty() && answer.len() <= WRITTEN_OUT {
        let mut steps = vec!["steps:".to_owned(), "  - connect: a".to_owned()];
        if !manners.greeting.is_empty() {
            steps.push(format!("  - recv: {{exact: {}}}", bytes(&manners.greeting)));
        }
        steps.push(format!("  - send: {{whole: {whole}}}"));
        steps.push("  - shutdown: a".to_owned());
        steps.push(format!("  - recv: {{exact: {}}}", bytes(answer)));
        let rest: Vec<&str> = steps.iter().map(String::as_str).collect();
        case(
            out,
            &Case {
                id: "probe.half_close",
                title: "A request is answered after the client has sent its FIN",
                why: "FIN says that no more will be sent, not that nobody listens.",
                cite: "RFC 9293 section 3.6",
                level: "should",
                rest: &rest,
            },
        );
    }
    for (id, title, end) in [
        (
            "probe.reset_inside",
            "A client that resets inside a message harms nobody else",
            "reset: a",
        ),
        (
            "probe.fin_inside",
            "A client that leaves inside a message harms nobody else",
            "close: a",
        ),
        (
            "probe.stops_inside",
            "A client that stops inside a message holds up nobody else",
            "",
        ),
    ] {
        let mut steps = vec!["steps:".to_owned(), "  - connect: a".to_owned()];
        if !manners.greeting.is_empty() {
            steps.push(format!("  - recv: {{exact: {}}}", bytes(&manners.greeting)));
        }
        steps.push(format!("  - send: {{parts: [{half}]}}"));
        if !end.is_empty() {
            steps.push(format!("  - {end}"));
        }
        steps.push("  - connect: b".to_owned());
        steps.push("  - play: {exchanges: all, on: b}".to_owned());
        if !manners.closes {
            steps.push("  - close: b".to_owned());
        }
        if subject.started {
            steps.push("  - expect: target_alive".to_owned());
            steps.push("  - expect: target_idle".to_owned());
        }
        let rest: Vec<&str> = steps.iter().map(String::as_str).collect();
        let level = if end.is_empty() { "should" } else { "must" };
        case(
            out,
            &Case {
                id,
                title,
                why: "Connections end at any byte, and slow clients exist.",
                cite: "RFC 9293 section 3.6",
                level,
                rest: &rest,
            },
        );
    }
    restart(out, subject);
}

fn restart(out: &mut String, subject: &Subject) {
    if !(subject.started && subject.transport == Transport::Tcp) {
        return;
    }
    case(
        out,
        &Case {
            id: "probe.restart",
            title: "It can start again while its port is in TIME_WAIT",
            why: "The side that closes first keeps the port in TIME_WAIT; without SO_REUSEADDR bind \
                  fails then.",
            cite: "RFC 9293 section 3.6.1, socket(7)",
            level: "should",
            rest: &[
                "steps:",
                "  - connect: a",
                "  - play: {exchanges: all, on: a}",
                "  - stop_target: {signal: KILL}",
                "  - close: a",
                "  - require: {port_state: TIME_WAIT}",
                "  - start_target: {within: 10s}",
            ],
        },
    );
}

fn datagram_cases(out: &mut String, subject: &Subject) {
    out.push_str(
        "scenario: probe\nabout: Each datagram is a message of its own, whatever its size.\n",
    );
    out.push_str("target: probed\ncases:\n");
    case(
        out,
        &Case {
            id: "probe.repeat",
            title: "Each message is answered each time",
            why: "One datagram is one message.",
            cite: "RFC 768",
            level: "must",
            rest: &["steps:", "  - repeat: {times: 20, steps: [play: all]}"],
        },
    );
    let sizes: Vec<String> = DATAGRAMS
        .iter()
        .map(|n| format!("  - send: {{on: b, whole: {{fill: {{byte: 0x61, size: {n}}}}}}}"))
        .collect();
    let alive = if subject.started {
        "  - expect: target_alive"
    } else {
        ""
    };
    let mut steps = vec!["steps:", "  - connect: b", "  - send: {on: b, whole: \"\"}"];
    steps.extend(["  - connect: main", "  - play: all"]);
    steps.push(alive);
    steps.retain(|s| !s.is_empty());
    case(
        out,
        &Case {
            id: "probe.empty",
            title: "An empty datagram ends nothing",
            why: "A datagram of no bytes is a message; only on a stream does 0 mean the end.",
            cite: "recv(2)",
            level: "must",
            rest: &steps,
        },
    );
    let mut steps = vec!["steps:", "  - connect: b"];
    steps.extend(sizes.iter().map(String::as_str));
    steps.extend(["  - connect: main", "  - play: all", alive]);
    steps.retain(|s| !s.is_empty());
    case(
        out,
        &Case {
            id: "probe.sizes",
            title: "Datagrams of any size leave it able to answer",
            why: "A datagram may be larger than the buffer that it is read into.",
            cite: "RFC 768, udp(7)",
            level: "must",
            rest: &steps,
        },
    );
}

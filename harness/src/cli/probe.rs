//! `harness probe`: no YAML; a message or some, under every delivery.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use harness_net::Transport;

use super::execution::{self, Prepared, carry_out, outputs, refuse_remote};
use super::{Screen, unescape};
use crate::conform::{Interrupt, Manner, Meeting};
use crate::exit;
use crate::plan::{Facts, Overrides, Plan};
use crate::probe::{FrameChoice, Manners, Order, Subject, document, flow};
use crate::quote;
use crate::scenario::model::{Document, Origin};
use crate::scenario::{self, TargetOverride};
use crate::target::Target;
use crate::verdict::{self, Received, Stop};

/// The name of the scenario in reports where it is not saved.
const UNSAVED: &str = "probe.yaml";

/// How long a target that ended may take to be there again.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The arguments of `probe`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the target runs: tcp://HOST:PORT, udp://HOST:PORT, unix:///PATH
    #[arg(
        value_name = "ADDRESS",
        required_unless_present = "start",
        conflicts_with = "start"
    )]
    address: Option<String>,
    /// Start this command, with {port} or {path} where it is to listen
    #[arg(long, value_name = "COMMAND")]
    start: Option<String>,
    /// The started command listens on UDP
    #[arg(long, requires = "start")]
    udp: bool,
    /// A message, with \r \n \t \0 \xHH \\; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    send: Vec<String>,
    /// A message in hexadecimal; may be repeated; sent after those of --send
    #[arg(long, value_name = "HEX")]
    send_hex: Vec<String>,
    /// A message from a file; may be repeated; sent after those of --send-hex
    #[arg(long, value_name = "FILE")]
    send_file: Vec<PathBuf>,
    /// How messages and answers lie in bytes: line, crlf, nul, a length such as u32be, or what
    /// `frames:` takes. Without it an answer ends where the target pauses
    #[arg(long, value_name = "FRAME")]
    frame: Option<String>,
    /// How long a greeting is awaited before the first message
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = humantime::parse_duration)]
    greeting: Duration,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// The pause that ends an answer without a frame
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = humantime::parse_duration)]
    quiet: Duration,
    /// Write the scenario that is run into this file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    execution: execution::Args,
}

/// Meets the target twice, writes the scenario, runs it.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    match prepare(args, screen) {
        Ok(prepared) => {
            let code = carry_out(&args.execution, &prepared, screen);
            if args.save.is_none() && code != exit::OK {
                screen.note(&format!(
                    "the rerun commands need the scenario: `--save {UNSAVED}` writes it"
                ));
            }
            code
        }
        Err((code, why)) => {
            screen.note(&format!("error: {why}"));
            code
        }
    }
}

type Refusal = (u8, String);

fn usage(why: impl ToString) -> Refusal {
    (exit::USAGE, why.to_string())
}

fn unjudged(why: impl ToString) -> Refusal {
    (exit::UNJUDGED, why.to_string())
}

fn prepare(args: &Args, screen: &Screen) -> Result<Prepared, Refusal> {
    let outputs = outputs(&args.execution).map_err(usage)?;
    let subject = subject(args, screen)?;
    let seed = args.execution.seed();
    let settings = args
        .execution
        .settings(format!("--seed {seed}"))
        .map_err(usage)?;
    let path = args.save.as_deref().unwrap_or(Path::new(UNSAVED));
    let nothing_known = Manners {
        greeting: Vec::new(),
        answers: vec![Vec::new(); subject.messages.len()],
        closes: false,
        order: Order::Free,
        displaces: false,
    };
    let draft = parse(path, &document(&subject, &nothing_known), screen)?;
    let plan = |documents: &[Document]| {
        let overrides = Overrides {
            seed,
            ..Overrides::default()
        };
        let plan = Plan::new(documents, &overrides, &Facts::here()).map_err(usage)?;
        if !args.execution.allow_remote {
            refuse_remote(&plan).map_err(usage)?;
        }
        Ok(plan)
    };
    plan(std::slice::from_ref(&draft))?;
    let manners = meet(args, &subject, &draft, &settings.launcher, screen)?;
    let text = document(&subject, &manners);
    if let Some(file) = &args.save {
        fs::write(file, &text)
            .map_err(|e| usage(format!("{} cannot be written: {e}", file.display())))?;
        screen.note(&format!("scenario written to {}", file.display()));
    }
    let documents = vec![parse(path, &text, screen)?];
    Ok(Prepared {
        plan: plan(&documents)?,
        documents,
        settings,
        outputs,
    })
}

/// The probe's own text, which the language accepts wherever the arguments allow it.
fn parse(path: &Path, text: &str, screen: &Screen) -> Result<Document, Refusal> {
    scenario::parse(path, text).map_err(|diagnostics| {
        usage(format!(
            "the scenario of this probe is refused:\n{}",
            diagnostics.render(screen.colour_err).trim_end()
        ))
    })
}

fn subject(args: &Args, screen: &Screen) -> Result<Subject, Refusal> {
    let spec = args.address.as_ref().or(args.start.as_ref());
    let spec = spec.ok_or_else(|| usage("give an address, or a command with --start"))?;
    let refused = |d: scenario::Diagnostics| usage(d.render(screen.colour_err).trim_end());
    let (origin, started, transport) = match scenario::load_target(spec).map_err(refused)? {
        TargetOverride::Origin(Origin::Connect(endpoint)) if args.start.is_none() => {
            (format!("connect: {endpoint}"), false, endpoint.transport())
        }
        TargetOverride::Origin(Origin::Start(command)) if args.start.is_some() => {
            let path = command.argv.iter().any(|a| a.contains("{path}"));
            let transport = match (path, args.udp) {
                (true, _) => Transport::Unix,
                (false, true) => Transport::Udp,
                (false, false) => Transport::Tcp,
            };
            let dir = std::env::current_dir()
                .map_err(|e| usage(format!("the working directory is not known: {e}")))?;
            let dir = dir.display().to_string();
            let argv = flow(&command.argv);
            let dir = flow(&[dir]);
            let dir = dir.trim_start_matches('[').trim_end_matches(']');
            (
                format!("start: {{argv: {argv}, dir: {dir}, within: 10s}}"),
                true,
                transport,
            )
        }
        _ => {
            return Err(usage(format!(
                "`{spec}` is neither an address such as tcp://127.0.0.1:7000 nor a command given \
                 with --start"
            )));
        }
    };
    let frame = args.frame.as_deref().map(FrameChoice::parse);
    let frame = frame.transpose().map_err(usage)?;
    let mut messages = Vec::new();
    for given in messages_given(args)? {
        messages.push(match &frame {
            Some(frame) => frame.message(&given).map_err(usage)?,
            None => given,
        });
    }
    if messages.is_empty() {
        return Err(usage(
            "nothing is to be sent: give --send TEXT, --send-hex HEX or --send-file FILE",
        ));
    }
    if transport.is_stream() && messages.iter().any(Vec::is_empty) {
        return Err(usage("an empty message is nothing on a stream"));
    }
    Ok(Subject {
        origin,
        started,
        transport,
        messages,
        frame,
    })
}

fn messages_given(args: &Args) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut all = Vec::new();
    for text in &args.send {
        all.push(unescape::text(text).map_err(|e| usage(format!("--send: {e}")))?);
    }
    for text in &args.send_hex {
        all.push(unescape::hex(text).map_err(|e| usage(format!("--send-hex: {e}")))?);
    }
    for file in &args.send_file {
        let bytes = fs::read(file);
        all.push(bytes.map_err(|e| usage(format!("--send-file {}: {e}", file.display())))?);
    }
    Ok(all)
}

/// Two meetings, on connections of their own, in which nothing is cut or merged.
fn meet(
    args: &Args,
    subject: &Subject,
    draft: &Document,
    launcher: &Path,
    screen: &Screen,
) -> Result<Manners, Refusal> {
    let profile = draft
        .profiles
        .first()
        .ok_or_else(|| unjudged("the probe has no target"))?;
    let target = Target::start(&Arc::clone(profile), launcher, &|| false).map_err(unjudged)?;
    let manner = Manner {
        messages: &subject.messages,
        framing: subject.frame.as_ref().map(|f| f.framing.as_ref()),
        greeting: args.greeting,
        patience: args.timeout,
        quiet: args.quiet,
    };
    let mut met = Vec::new();
    for _ in 0..2 {
        if let Some(exit) = revive(&target)? {
            screen.note(&format!(
                "the target ended with {exit} when its first client had left, and is started again"
            ));
        }
        let meeting = Meeting::with(&target, &manner, &Interrupt::default())
            .map_err(|e| unjudged(format!("no connection to {}: {e}", target.endpoint())))?;
        whole(args, subject, &meeting, &target)?;
        met.push(meeting);
    }
    let (Some(second), Some(first)) = (met.pop(), met.pop()) else {
        return Err(unjudged("the target was not met"));
    };
    agree(&first, &second)?;
    for (i, answer) in first.answers.iter().enumerate() {
        screen.note(&format!(
            "message {} is answered with {}",
            i + 1,
            quote::bytes(&answer.bytes)
        ));
    }
    let known: Vec<Vec<u8>> = first.answers.into_iter().map(|a| a.bytes).collect();
    let order = order(&target, &manner, &known)?;
    if matches!(order, Order::Chained(_)) && known.len() > 1 {
        screen.note(
            "the answers depend on the order of the messages: each is tried behind those before it",
        );
    }
    revive(&target)?;
    let interrupt = Interrupt::default();
    let displaces = !Meeting::outlives_another(&target, &manner, &interrupt).map_err(unjudged)?;
    if displaces {
        screen.note("a second client ends the first one's connection: deliveries go one by one");
    }
    if subject.started {
        // What it did is known; how it ends here does not matter.
        let _ = target.stop(true);
    }
    Ok(Manners {
        greeting: first.greeting,
        answers: known,
        closes: first.closed,
        order,
        displaces,
    })
}

/// Starts a target again that ended with its last client. Answers how it ended.
fn revive(target: &Target) -> Result<Option<harness_net::Exit>, Refusal> {
    let exit = target.exited().filter(|_| target.is_started());
    if exit.is_some() {
        // It is gone: this clears what it left behind.
        let _ = target.stop(true);
        target
            .start_again(READY_WITHIN, &|| false)
            .map_err(unjudged)?;
    }
    Ok(exit)
}

/// Finds out whether messages depend on those before them: in another order, and each twice, they
/// get the same answers where they do not.
fn order(target: &Target, manner: &Manner<'_>, known: &[Vec<u8>]) -> Result<Order, Refusal> {
    if !target.endpoint().transport().is_stream() {
        return Ok(Order::Free);
    }
    let all = manner.messages.len();
    // What does not answer as before may not answer at all.
    let patience = manner.patience.min(manner.quiet * 5);
    let same = |order: &[usize]| -> Result<bool, Refusal> {
        revive(target)?;
        let messages: Vec<Vec<u8>> = order.iter().map(|i| manner.messages[*i].clone()).collect();
        let manner = Manner {
            messages: &messages,
            patience,
            ..*manner
        };
        let met = Meeting::with(target, &manner, &Interrupt::default()).map_err(unjudged)?;
        let answers = met.answers.iter().map(|a| &a.bytes);
        Ok(answers.eq(order.iter().map(|i| &known[*i])))
    };
    let rotated: Vec<usize> = (1..all).chain([0]).collect();
    let doubled: Vec<usize> = (0..all).flat_map(|i| [i, i]).collect();
    if (all == 1 || same(&rotated)?) && same(&doubled)? {
        return Ok(Order::Free);
    }
    let mut repeats = Vec::with_capacity(all);
    for i in 0..all {
        let again: Vec<usize> = (0..=i).chain([i]).collect();
        repeats.push(same(&again)?);
    }
    Ok(Order::Chained(repeats))
}

/// Refuses a meeting in which some answer was not whole: nothing could be compared with it.
fn whole(
    args: &Args,
    subject: &Subject,
    meeting: &Meeting,
    target: &Target,
) -> Result<(), Refusal> {
    for (i, answer) in meeting.answers.iter().enumerate() {
        let Received { bytes, stop } = answer;
        let what = format!(
            "message {} of {}, sent whole, {}",
            i + 1,
            subject.messages.len(),
            quote::bytes(&subject.messages[i])
        );
        let came = if bytes.is_empty() {
            String::new()
        } else {
            format!("; before that came {}", quote::bytes(bytes))
        };
        match stop {
            Stop::Complete => {}
            Stop::Invalid(error) => {
                let frame = args.frame.as_deref().unwrap_or_default();
                return Err(usage(format!(
                    "the answer to {what} is no frame `{frame}`: {error}{came}\n\
                     --frame does not describe this target; without it an answer ends where the \
                     target pauses"
                )));
            }
            Stop::Deadline(_) if !bytes.is_empty() && args.frame.is_some() => {
                let frame = args.frame.as_deref().unwrap_or_default();
                return Err(usage(format!(
                    "the answer to {what} is no whole frame `{frame}` after {}{came}\n\
                     --frame does not describe this target; without it an answer ends where the \
                     target pauses",
                    verdict::time(args.timeout)
                )));
            }
            stop => {
                let ended = target.exited().map_or_else(String::new, |exit| {
                    format!("; the target ended with {exit}")
                });
                return Err(unjudged(format!(
                    "{what} gets no answer: {}{came}{ended}\n\
                     nothing can be compared with that; is the message right, and complete?",
                    verdict::then(stop)
                )));
            }
        }
    }
    Ok(())
}

fn agree(first: &Meeting, second: &Meeting) -> Result<(), Refusal> {
    let differ = |what: &str, a: &[u8], b: &[u8]| {
        let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
        unjudged(format!(
            "{what} differs between two connections, from byte {at} on:\n  {}\n  {}\n\
             a probe compares whole answers; write a profile that names what varies as `volatile`",
            quote::bytes(a),
            quote::bytes(b)
        ))
    };
    if first.greeting != second.greeting {
        return Err(differ("the greeting", &first.greeting, &second.greeting));
    }
    for (i, (a, b)) in first.answers.iter().zip(&second.answers).enumerate() {
        if a.bytes != b.bytes {
            let what = format!("the answer to message {}", i + 1);
            return Err(differ(&what, &a.bytes, &b.bytes));
        }
    }
    if first.closed != second.closed {
        return Err(unjudged(
            "the target closed after its last answer on one connection, and not on another",
        ));
    }
    Ok(())
}

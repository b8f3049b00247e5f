//! Runs the command of each request, and answers with its status and all its output.

#[cfg(test)]
mod shown;

use std::sync::Arc;

use harness_net::Transport;

use crate::command::{COMMAND_MAX, MALFORMED, Outcome, PIPE, Runner, Started};
use crate::inbox::Inbox;
use crate::service::{Factory, Kind, Service, Setup, Sockets, faults};
use crate::session::{Flow, Output, READ, Session};
use crate::{Model, habits};

faults! { Bug:
    HeaderWhole "header_assumed_whole" ("S5", ["exec-framing"], [HeaderWhole])
        "takes the 4-byte length from one read, and closes if that returns fewer bytes";
    BodyWhole "body_assumed_whole" ("S5", ["exec-framing"], [BodyWhole])
        "takes one read for the whole command, whatever the length said";
    Unframed "request_unframed" ("S5", ["exec-framing"], [OneRead])
        "takes one read for one request and ignores its length";
    TwoWrites "header_and_body_in_two_writes" ("S5", ["nagle"], [ReplySplit])
        "writes the length and the rest of a reply apart, without TCP_NODELAY: 40 ms a reply"
        with Sockets::NAGLE;
    Negative "negative_length_accepted" ("FRAME-LEN-03", ["exec-framing"], [NoLengthLimit, Residue])
        "takes the length for signed, and a negative one for an empty command";
    NoLimit "no_length_limit" ("FRAME-LEN-04", ["exec-framing"], [NoLengthLimit])
        "waits for as much as any length promises, up to 4 GiB";
    LittleEndian "little_endian_length" ("FRAME-LEN-01", ["exec-framing"], [WrongByteOrder])
        "reads and writes lengths with the least significant byte first";
    Overread "next_request_overread" ("FRAME-CUT-02", ["exec-framing", "load/exec"], [Overread])
        "reads in pieces of 1,024 bytes and drops what lies behind the request";
    CutAt1024 "command_cut_at_1024" ("FRAME-CMD-01", ["exec-framing"], [CutAtBuffer])
        "runs the first 1,024 bytes of a command";
    ReplyShort "reply_length_without_status" ("S5", ["exec-framing"], [WrongLength, Residue])
        "leaves the status byte out of the reply's length, so that the next reply shifts";
    HidesStdout "stderr_hides_stdout" ("SRV-EXEC-01", ["exec-framing"], [WrongContent])
        "answers with the error output alone as soon as there is some";
    StatusLost "exit_status_lost" ("SRV-EXEC-01", ["exec-framing"], [WrongContent])
        "answers with status 0, whatever the command's was";
    PipeDeadlock "pipe_deadlock" ("SRV-PIPE-01", ["exec-framing"], [FullPipe, NoAnswer])
        "reads stdout to its end before stderr, and hangs when that holds more than a pipe does";
    ReadsOnce "output_read_once" ("SRV-OUT-01", ["exec-framing", "short-recv"], [CutAtBuffer])
        "reads each output pipe once, so that no answer is longer than a pipe's 64 KiB";
    StdinOpen "stdin_left_open" ("SRV-PIPE-02", ["exec-framing"], [NoAnswer])
        "never closes the command's stdin, so that commands that read it hang";
    Background "background_child_holds_reply" ("SRV-PIPE-02", ["exec-framing"], [NoAnswer])
        "answers only when the command's background processes have ended too";
    Undecodable "undecodable_command_kills" ("FRAME-CMD-01", ["exec-framing"], [BadInputIsFatal])
        "ends the whole server when a command is not UTF-8";
    Nul "nul_in_command_kills" ("SRV-EXEC-01", ["exec-framing"], [BadInputIsFatal])
        "ends the whole server when a command contains a NUL byte";
    NoEmpty "empty_answer_not_sent" ("SRV-EMPTY-01", ["exec-framing"], [NoAnswer])
        "sends nothing when a command has no output, so that the client waits for ever";
    EmptyIgnored "empty_request_ignored" ("FRAME-LEN-02", ["exec-framing"], [NoAnswer])
        "does not answer a request of length 0";
    + shared:
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["disconnects", "exec-framing"]),
        habits::DIES_ON_RESET.caught_by(&["disconnects", "exec-framing"]),
        habits::HALF_CLOSE_DROPS_REPLY.caught_by(&["exec-framing"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["exec-framing", "load/exec"]),
        habits::PARTIAL_WRITE_IGNORED.caught_by(&["exec-framing", "short-recv"]),
        habits::NO_REUSEADDR.caught_by(&["reuseaddr"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "exec",
    about: "runs the command of each request, and answers with its status and all its output",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "request: u32 big-endian length of at most 64 KiB, then the command; reply: u32 \
               big-endian length of the rest, one status byte, stdout, then stderr; a longer \
               request gets status 2 and the connection closes",
    runs_commands: true,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: shown::SHOWN,
};

/// Sessions that run commands, for whoever lets clients come so far.
pub(super) fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    let runner = Runner {
        one_pipe_after_the_other: bug == Some(Bug::PipeDeadlock),
        stdin_left_open: bug == Some(Bug::StdinOpen),
        waits_for_background: bug == Some(Bug::Background),
        ..setup.runner
    };
    Arc::new(move || {
        Box::new(Exec {
            bug,
            runner: runner.clone(),
            inbox: Inbox::default(),
            step: Step::Length,
            stuck: false,
        })
    })
}

/// What is read next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Length,
    Command(usize),
}

struct Exec {
    bug: Option<Bug>,
    runner: Runner,
    inbox: Inbox,
    step: Step,
    /// `pipe_deadlock`: waits for a command that waits for it.
    stuck: bool,
}

impl Exec {
    /// Handles every request that is there, until one needs a process.
    fn advance(&mut self, out: &mut Output) -> Flow {
        loop {
            let size = match self.step {
                Step::Length => {
                    let Some(bytes) = self.inbox.take_u32() else {
                        return Flow::Continue;
                    };
                    match self.length(bytes) {
                        Ok(size) => size,
                        Err(why) => {
                            self.reply(Outcome::refused(MALFORMED, &why), out);
                            return Flow::Close;
                        }
                    }
                }
                Step::Command(size) => size,
            };
            self.step = Step::Command(size);
            let Some(command) = self.inbox.take(size) else {
                return Flow::Continue;
            };
            let command = command.to_vec();
            self.step = Step::Length;
            match self.execute(&command, out) {
                Flow::Continue => {}
                other => return other,
            }
            if self.bug == Some(Bug::Overread) {
                self.inbox.clear();
            }
        }
    }

    fn length(&self, bytes: [u8; 4]) -> Result<usize, String> {
        let length = match self.bug {
            Some(Bug::LittleEndian) => u32::from_le_bytes(bytes),
            Some(Bug::Negative) => u32::try_from(i32::from_be_bytes(bytes)).unwrap_or(0),
            _ => u32::from_be_bytes(bytes),
        };
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if size > COMMAND_MAX && self.bug != Some(Bug::NoLimit) {
            return Err(format!(
                "request of {length} bytes; at most {COMMAND_MAX} are allowed"
            ));
        }
        Ok(size)
    }

    fn execute(&mut self, command: &[u8], out: &mut Output) -> Flow {
        let mut command = command;
        match self.bug {
            Some(Bug::CutAt1024) => command = command.get(..1024).unwrap_or(command),
            Some(Bug::EmptyIgnored) if command.is_empty() => return Flow::Continue,
            Some(Bug::Undecodable) if str::from_utf8(command).is_err() => {
                return Flow::Crash("a command cannot be decoded as UTF-8".to_owned());
            }
            Some(Bug::Nul) if command.contains(&0) => {
                return Flow::Crash("a command contains a NUL byte".to_owned());
            }
            _ => {}
        }
        match self.runner.start(command) {
            Started::Job(job) => return Flow::Run(job),
            Started::Done(outcome) => self.reply(outcome, out),
        }
        Flow::Continue
    }

    fn reply(&mut self, mut outcome: Outcome, out: &mut Output) {
        match self.bug {
            Some(Bug::HidesStdout) if !outcome.stderr.is_empty() => outcome.stdout.clear(),
            Some(Bug::StatusLost) => outcome.status = 0,
            Some(Bug::ReadsOnce) => {
                outcome.stdout.truncate(PIPE);
                outcome.stderr.truncate(PIPE);
            }
            Some(Bug::NoEmpty) if outcome.stdout.is_empty() && outcome.stderr.is_empty() => return,
            // Built-in commands have no pipe that could fill; they hang where a process would.
            Some(Bug::PipeDeadlock) if outcome.stderr.len() > PIPE => {
                self.stuck = true;
                return;
            }
            _ => {}
        }
        let output = outcome.stdout.len() + outcome.stderr.len();
        let size = match self.bug {
            Some(Bug::ReplyShort) => output,
            _ => output + 1,
        };
        // The output limit is far below 4 GiB.
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let length = match self.bug {
            Some(Bug::LittleEndian) => size.to_le_bytes(),
            _ => size.to_be_bytes(),
        };
        let rest: [&[u8]; 3] = [&[outcome.status], &outcome.stdout, &outcome.stderr];
        if self.bug == Some(Bug::TwoWrites) {
            out.write(&length);
            out.write_parts(&rest);
        } else {
            out.write_parts(&[&length, rest[0], rest[1], rest[2]]);
        }
    }
}

impl Session for Exec {
    fn want(&self) -> usize {
        match (self.bug, self.step) {
            (Some(Bug::HeaderWhole), Step::Length) => 4,
            (Some(Bug::HeaderWhole), Step::Command(size)) => size - self.inbox.len(),
            (Some(Bug::BodyWhole), Step::Length) => 4 - self.inbox.len(),
            (Some(Bug::BodyWhole), Step::Command(size)) => size,
            (Some(Bug::Unframed | Bug::Overread), _) => 1024,
            _ => READ,
        }
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        match (self.bug, self.step) {
            _ if self.stuck => return Flow::Continue,
            (Some(Bug::Unframed), _) => {
                return self.execute(read.get(4..).unwrap_or_default(), out);
            }
            (Some(Bug::HeaderWhole), Step::Length) if read.len() < 4 => return Flow::Close,
            (Some(Bug::BodyWhole), Step::Command(_)) => {
                self.step = Step::Length;
                return self.execute(read, out);
            }
            _ => {}
        }
        self.inbox.push(read);
        self.advance(out)
    }

    fn ran(&mut self, outcome: Outcome, out: &mut Output) -> Flow {
        self.reply(outcome, out);
        if self.stuck {
            return Flow::Continue;
        }
        if self.bug == Some(Bug::Overread) {
            self.inbox.clear();
        }
        self.advance(out)
    }
}

//! Runs each read as a command and answers with its bare output: the problem that framing solves.

use std::sync::Arc;

use harness_net::Transport;

use crate::command::{Outcome, Runner, Started};
use crate::service::{Factory, Kind, Service, Setup, faults};
use crate::session::{Flow, Output, Session};
#[cfg(test)]
use crate::tests::{In::Read, Shown};
use crate::{Model, habits};

/// The size of its reads in bytes, and with that the longest command.
const BUFFER: usize = 1024;

faults! { Bug:
    ShortBuffer "short_buffer" ("S4", ["unframed"], [CutAtBuffer])
        "reads commands into a buffer of 8 bytes, so that longer ones run in parts";
    CutAt1024 "output_cut_at_1024" ("SRV-OUT-01", ["unframed"], [CutAtBuffer])
        "sends the first 1,024 bytes of an output and forgets the others";
    HidesStdout "stderr_hides_stdout" ("SRV-EXEC-01", ["unframed"], [WrongContent])
        "answers with the error output alone as soon as there is some";
    EmptyPadded "empty_answer_padded" ("SRV-EMPTY-01", ["unframed"], [WrongContent])
        "answers a command without output with a line end, as if that had been its output";
    Undecodable "undecodable_command_kills" ("FRAME-CMD-01", ["unframed"], [BadInputIsFatal])
        "ends the whole server when a command is not UTF-8";
    + shared:
        habits::SPIN_ON_EOF.caught_by(&["unframed"]),
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["unframed"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "exec-unframed",
    about: "runs each read as a command and answers with its bare output, to show what goes wrong",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "no messages: whatever one read(2) into 1,024 bytes returns is a command, and its \
               stdout, then its stderr, are the answer; the status is not sent",
    runs_commands: true,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: &[
        Shown::reads(
            "short_buffer",
            &[Read(b"echo aecho b")],
            "aecho b\\n continue",
            "aec\\n continue; ho: not found\\n continue",
        ),
        Shown::reads(
            "output_cut_at_1024",
            &[Read(b"bytes 1500")],
            "<1500 bytes> continue",
            "<1024 bytes> continue",
        ),
        Shown::reads(
            "stderr_hides_stdout",
            &[Read(b"both o e")],
            "o\\ne\\n continue",
            "e\\n continue",
        ),
        Shown::reads(
            "empty_answer_padded",
            &[Read(b"true")],
            "continue",
            "\\n continue",
        ),
        Shown::reads(
            "undecodable_command_kills",
            &[Read(b"echo \xff")],
            "\\xff\\n continue",
            "crash",
        ),
    ],
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    let runner = setup.runner;
    Arc::new(move || {
        Box::new(Unframed {
            bug,
            runner: runner.clone(),
        })
    })
}

struct Unframed {
    bug: Option<Bug>,
    runner: Runner,
}

impl Unframed {
    fn answer(&self, mut outcome: Outcome, out: &mut Output) {
        match self.bug {
            Some(Bug::HidesStdout) if !outcome.stderr.is_empty() => outcome.stdout.clear(),
            Some(Bug::EmptyPadded) if outcome.stdout.is_empty() && outcome.stderr.is_empty() => {
                outcome.stdout.push(b'\n');
            }
            Some(Bug::CutAt1024) => {
                outcome.stdout.truncate(BUFFER);
                outcome.stderr.truncate(BUFFER - outcome.stdout.len());
            }
            _ => {}
        }
        out.write_parts(&[&outcome.stdout, &outcome.stderr]);
    }
}

impl Session for Unframed {
    fn want(&self) -> usize {
        match self.bug {
            Some(Bug::ShortBuffer) => 8,
            _ => BUFFER,
        }
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        if self.bug == Some(Bug::Undecodable) && str::from_utf8(read).is_err() {
            return Flow::Crash("a command cannot be decoded as UTF-8".to_owned());
        }
        match self.runner.start(read) {
            Started::Job(job) => return Flow::Run(job),
            Started::Done(outcome) => self.answer(outcome, out),
        }
        Flow::Continue
    }

    fn ran(&mut self, outcome: Outcome, out: &mut Output) -> Flow {
        self.answer(outcome, out);
        Flow::Continue
    }
}

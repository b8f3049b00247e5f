//! Tells what each of its read calls returned: the recorder that proves deliveries.

use std::io::Write;
use std::sync::Arc;

use harness_net::Transport;

use crate::service::{Factory, Kind, Service, Setup, faults};
use crate::session::{Flow, Output, Session};
#[cfg(test)]
use crate::tests::{
    In::{End, Fill, Read},
    Shown,
};
use crate::{Model, habits};

/// The size of its reads, so large that no delivery of a sweep is cut by the buffer.
const BUFFER: usize = 1 << 20;

/// Most bytes that the report may have before further reads are only counted.
const REPORT_MAX: usize = 4 << 20;

faults! { Bug:
    ShortBuffer "short_buffer" ("S4", ["nagle", "sticky"], [CutAtBuffer])
        "reads into a buffer of 3 bytes, so that one message takes several reads";
    EofCounted "eof_counted" ("S20", ["sticky"], [EofAsMessage])
        "counts the read that returned 0 as a read of data";
    Joined "reads_joined" ("S3", ["burst", "short-recv", "sticky"], [WrongContent])
        "adds all reads up, as a stream behind a library buffer looks";
    + shared:
        habits::NO_REUSEADDR.caught_by(&["reuseaddr"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "reads",
    about: "tells, when the client has sent its last byte, how many bytes each read returned",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "raw bytes in; after the client's FIN one decimal number a line, a line a read(2) \
               into a buffer of 1 MiB, then it closes; beyond 4 MiB of lines, a last line \
               `more N` counts the others",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: &[
        Shown::reads(
            "short_buffer",
            &[Read(b"hello"), End],
            "continue; 5\\n close",
            "continue; continue; 3\\n2\\n close",
        ),
        Shown::reads(
            "eof_counted",
            &[Read(b"a"), End],
            "continue; 1\\n close",
            "continue; 1\\n0\\n close",
        ),
        Shown::reads(
            "reads_joined",
            &[Read(b"ab"), Fill(b'c', 3), End],
            "continue; continue; 2\\n3\\n close",
            "continue; continue; 5\\n close",
        ),
    ],
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    Arc::new(move || {
        Box::new(Reads {
            bug,
            report: Vec::new(),
            more: 0,
            total: 0,
        })
    })
}

struct Reads {
    bug: Option<Bug>,
    report: Vec<u8>,
    /// Reads that the report has no room for.
    more: u64,
    total: u64,
}

impl Reads {
    /// Writing to memory cannot fail.
    fn line(&mut self, number: u64) {
        let _ = writeln!(self.report, "{number}");
    }
}

impl Session for Reads {
    fn want(&self) -> usize {
        match self.bug {
            Some(Bug::ShortBuffer) => 3,
            _ => BUFFER,
        }
    }

    fn input(&mut self, read: &[u8], _out: &mut Output) -> Flow {
        self.total += read.len() as u64;
        if self.report.len() >= REPORT_MAX {
            self.more += 1;
        } else if self.bug != Some(Bug::Joined) {
            self.line(read.len() as u64);
        }
        Flow::Continue
    }

    fn end(&mut self, out: &mut Output) -> Flow {
        match self.bug {
            Some(Bug::EofCounted) => self.line(0),
            Some(Bug::Joined) => self.line(self.total),
            _ => {}
        }
        if self.more > 0 {
            let _ = writeln!(self.report, "more {}", self.more);
        }
        out.write(&self.report);
        Flow::Close
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_stays_bounded() {
        let mut reads = Reads {
            bug: None,
            report: vec![b'\n'; REPORT_MAX - 1],
            more: 0,
            total: 0,
        };
        let mut out = Output::default();
        for _ in 0..4 {
            reads.input(b"a", &mut out);
        }
        reads.end(&mut out);
        let report = out.writes().next().unwrap();
        assert!(report.ends_with(b"\n1\nmore 3\n"));
        assert_eq!(report.len(), REPORT_MAX - 1 + 2 + 7);
    }
}

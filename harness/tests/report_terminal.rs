//! The terminal report of constructed runs, as people see it.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails with the test")]

use harness::report::{self, Options};
use harness::run::Run;

mod report_samples;
use report_samples as samples;

const WIDE: Options = Options {
    colour: false,
    width: 100,
    unicode: true,
};
const NARROW: Options = Options {
    colour: false,
    width: 60,
    unicode: true,
};
const ASCII: Options = Options {
    colour: false,
    width: 100,
    unicode: false,
};

fn terminal(run: &Run, options: &Options) -> String {
    let mut out = Vec::new();
    (report::find("terminal").unwrap().render)(run, &mut out, options).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn passing() {
    insta::assert_snapshot!(terminal(&samples::passing(), &WIDE));
}

#[test]
fn every_verdict() {
    insta::assert_snapshot!(terminal(&samples::every_verdict(), &WIDE));
}

#[test]
fn every_verdict_narrow() {
    insta::assert_snapshot!(terminal(&samples::every_verdict(), &NARROW));
}

#[test]
fn every_verdict_ascii() {
    insta::assert_snapshot!(terminal(&samples::every_verdict(), &ASCII));
}

#[test]
fn passing_ascii() {
    insta::assert_snapshot!(terminal(&samples::passing(), &ASCII));
}

#[test]
fn thresholds() {
    insta::assert_snapshot!(terminal(&samples::thresholds(), &WIDE));
}

#[test]
fn long_bytes() {
    insta::assert_snapshot!(terminal(&samples::long_bytes(), &WIDE));
}

#[test]
fn partial() {
    insta::assert_snapshot!(terminal(&samples::partial(), &WIDE));
}

#[test]
fn nothing_run() {
    insta::assert_snapshot!(terminal(&samples::run(Vec::new()), &WIDE));
}

//! `harness explain`: why a case exists, where its rule stands, what is done and observed.

use std::fmt::Write as _;

use super::{Paths, Screen, load};
use crate::exit;
use crate::plan::{Facts, glob};
use crate::scenario::model::{Case, Level, Scenario, Step};

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The case's id; `*` and `?` match as in a shell
    id: String,
    #[command(flatten)]
    paths: Paths,
}

/// Explains the cases that match.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    let documents = match load::load(&args.paths.or_shipped(), screen) {
        Ok(documents) => documents,
        Err(code) => return code,
    };
    let mut out = String::new();
    for scenario in documents.iter().flat_map(|d| &d.scenarios) {
        for case in scenario.cases.iter().filter(|c| glob(&args.id, &c.id)) {
            explain(&mut out, scenario, case);
        }
    }
    if out.is_empty() {
        return screen.usage_error(format!(
            "no case has the id `{}`; `harness list` shows them",
            args.id
        ));
    }
    screen.out(&out);
    exit::OK
}

fn explain(out: &mut String, scenario: &Scenario, case: &Case) {
    let _ = writeln!(out, "{}: {}", case.id, case.title);
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "  {name:<9} {text}");
    };
    line("scenario", &scenario.name);
    line(
        "defined",
        &format!("{}:{}", case.at.file.display(), case.at.line),
    );
    if let Some(why) = &case.why {
        line("why", why.trim());
    }
    for cite in &case.cite {
        line("source", cite);
    }
    let weight = match case.level {
        Level::Must => "must: a failure fails the run",
        Level::Should => "should: a failure is a warning",
        Level::May => "may: a failure is information",
    };
    line("level", weight);
    let Some(profile) = case.target.as_ref().or(scenario.target.as_ref()) else {
        line("target", "any: give one with --target");
        steps(out, &case.steps, 1);
        return;
    };
    line(
        "target",
        &format!(
            "{} ({})",
            profile.name,
            crate::target::describe(profile).how
        ),
    );
    let mut notes = Vec::new();
    let deliveries = match &case.load {
        None => crate::plan::deliveries(case, profile, 0, &mut notes),
        Some(load) => {
            line("load", &crate::load::words(load));
            Vec::new()
        }
    };
    let mut classes: Vec<(&str, usize)> = Vec::new();
    for delivery in &deliveries {
        match classes.last_mut() {
            Some((name, n)) if *name == delivery.class.name() => *n += 1,
            _ => classes.push((delivery.class.name(), 1)),
        }
    }
    for (name, n) in classes {
        line("delivers", &format!("{name}: {n}"));
    }
    for note in &notes {
        line("note", note);
    }
    let fate = crate::plan::fate(case, profile, &Facts::here());
    if fate != crate::plan::Fate::Run {
        line("here", &format!("{fate:?}"));
    }
    steps(out, &case.steps, 1);
}

fn steps(out: &mut String, all: &[Step], depth: usize) {
    for step in all {
        let _ = writeln!(
            out,
            "  {:<9} {}{}",
            if depth == 1 { "step" } else { "" },
            "  ".repeat(depth - 1),
            step.kind.words()
        );
        steps(out, step.kind.inner(), depth + 1);
    }
}

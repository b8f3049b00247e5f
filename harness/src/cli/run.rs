//! `harness run`: the main job.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness_net::Transport;

use super::execution::{self, Prepared, carry_out, outputs, refuse_remote};
use super::{Screen, load};
use crate::exit;
use crate::plan::{Facts, Overrides, Plan};
use crate::scenario::model::{Document, Origin, Profile, Role};
use crate::scenario::{self, TargetOverride};

/// The arguments of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Scenario files or folders; folders are searched, `invalid` folders in them skipped
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Run against this target: a profile file, a command with {port}, or a URL
    #[arg(long, value_name = "PROFILE|COMMAND|URL")]
    target: Option<String>,
    /// Plant this fault in the reference servers and clients that have it, or in one of them
    #[arg(long, value_name = "[SERVER:]FAULT")]
    fault: Option<String>,
    /// Run only cases whose id matches this glob, or that have this tag; may be repeated
    #[arg(long, value_name = "GLOB|TAG")]
    filter: Vec<String>,
    /// Run only this delivery, as the report of a failure names it
    #[arg(long, value_name = "ID")]
    delivery: Option<String>,
    /// Run load cases of folders too; those of files that are named, or that --filter matches, run anyway
    #[arg(long)]
    load: bool,
    /// Also take the known failures of this file into account; may be repeated
    #[arg(long, value_name = "FILE")]
    known_failures: Vec<PathBuf>,
    #[command(flatten)]
    execution: execution::Args,
}

/// Loads, plans, runs, renders.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    match prepare(args, screen) {
        Ok(prepared) => carry_out(&args.execution, &prepared, screen),
        Err(code) => code,
    }
}

fn prepare(args: &Args, screen: &Screen) -> Result<Prepared, u8> {
    let outputs = outputs(&args.execution).map_err(|e| screen.usage_error(e))?;
    let mut documents = load::load(&args.paths, screen)?;
    documents.extend(known_failures(args, &documents, screen)?);
    let mut documents = with_suite(documents, screen)?;
    let mut overrides = Overrides {
        filter: args.filter.clone(),
        delivery: args.delivery.clone(),
        seed: args.execution.seed(),
        load: args.load,
        named: args.paths.iter().filter(|p| p.is_file()).cloned().collect(),
        ..Overrides::default()
    };
    if let Some(spec) = &args.target {
        match scenario::load_target(spec) {
            Err(diagnostics) => {
                screen.note(diagnostics.render(screen.colour_err).trim_end());
                return Err(exit::USAGE);
            }
            Ok(TargetOverride::Profile(profile)) => overrides.target = Some(profile),
            Ok(TargetOverride::Origin(mut origin)) => {
                if let Origin::Start(command) = &mut origin {
                    // What is typed is meant from where it is typed.
                    command.dir = std::env::current_dir().ok();
                }
                replace(&mut documents, &|profile| {
                    if let (Role::Client, Origin::Connect(to)) = (profile.role, &origin) {
                        return Err(format!(
                            "--target {to} cannot be tested with `{}`, which is a client: give a \
                             command with {{port}}, which is started once for each delivery",
                            profile.name
                        ));
                    }
                    let transport = transport_of(&origin, profile.transport);
                    Ok(Profile {
                        origin: origin.clone(),
                        transport,
                        ..profile.clone()
                    })
                })
                .map_err(|e: String| screen.usage_error(e))?;
            }
        }
    }
    if let Some(fault) = &args.fault {
        plant(&mut documents, &mut overrides, fault).map_err(|e| screen.usage_error(e))?;
    }
    let plan =
        Plan::new(&documents, &overrides, &Facts::here()).map_err(|e| screen.usage_error(e))?;
    if plan.load_left_out > 0 {
        let cases = plan.load_left_out;
        screen.note(&format!(
            "{cases} load cases are left out: give --load, or name their files"
        ));
    }
    if !args.execution.allow_remote {
        refuse_remote(&plan).map_err(|e| screen.usage_error(e))?;
    }
    let settings = args
        .execution
        .settings(overrides.seed, rerun_with(args, overrides.seed))
        .map_err(|e| screen.usage_error(e))?;
    Ok(Prepared {
        documents,
        plan,
        settings,
        outputs,
    })
}

/// The documents of `--known-failures` that are not among the others already.
fn known_failures(args: &Args, given: &[Document], screen: &Screen) -> Result<Vec<Document>, u8> {
    if args.known_failures.is_empty() {
        return Ok(Vec::new());
    }
    let mut documents = load::load(&args.known_failures, screen)?;
    for document in &documents {
        if document.known_failures.is_empty() || !document.scenarios.is_empty() {
            return Err(screen.usage_error(format!(
                "--known-failures {}: the file holds {}",
                document.file.display(),
                match document.known_failures.is_empty() {
                    true => "no known failures; it begins with `known_failures:`",
                    false => "scenarios too; name it as one of the paths",
                }
            )));
        }
    }
    let same = |a: &Path, b: &Path| fs::canonicalize(a).ok() == fs::canonicalize(b).ok();
    documents.retain(|d| !given.iter().any(|g| same(&g.file, &d.file)));
    Ok(documents)
}

/// Puts the shipped suite behind each file that has a profile and no scenario.
fn with_suite(documents: Vec<Document>, screen: &Screen) -> Result<Vec<Document>, u8> {
    let mut all = Vec::with_capacity(documents.len());
    for document in documents {
        let alone = document
            .profiles
            .first()
            .filter(|_| document.scenarios.is_empty());
        let suite = alone.map(crate::suite::against).transpose();
        all.push(document);
        match suite {
            Ok(suite) => all.extend(suite.into_iter().flatten()),
            Err(diagnostics) => {
                screen.note(diagnostics.render(screen.colour_err).trim_end());
                return Err(exit::UNJUDGED);
            }
        }
    }
    Ok(all)
}

fn rerun_with(args: &Args, seed: u64) -> String {
    let mut parts = Vec::new();
    if let Some(target) = &args.target {
        parts.push(format!("--target '{target}'"));
    }
    if let Some(fault) = &args.fault {
        parts.push(format!("--fault {fault}"));
    }
    parts.push(format!("--seed {seed}"));
    parts.join(" ")
}

/// The transport of a profile whose origin is replaced: that of the new address, or Unix where the
/// command takes a path instead of a port.
fn transport_of(origin: &Origin, profiles: Transport) -> Transport {
    match origin {
        Origin::Connect(endpoint) => endpoint.transport(),
        Origin::Start(command) => {
            let takes = |what: &str| command.argv.iter().any(|a| a.contains(what));
            if takes("{path}") && !takes("{port}") && !profiles.is_unix() {
                Transport::Unix
            } else {
                profiles
            }
        }
        Origin::Builtin(_) | Origin::Client(_) | Origin::None => profiles,
    }
}

/// Puts another profile in the place of every profile that a scenario or case names. Profiles that
/// were shared stay shared.
fn replace(
    documents: &mut [Document],
    with: &dyn Fn(&Profile) -> Result<Profile, String>,
) -> Result<(), String> {
    let mut done: HashMap<usize, Arc<Profile>> = HashMap::new();
    let mut change = |slot: &mut Option<Arc<Profile>>| -> Result<(), String> {
        // A case that is its own peer stays so.
        if let Some(profile) = slot.as_ref().filter(|p| !matches!(p.origin, Origin::None)) {
            let key = Arc::as_ptr(profile) as usize;
            if let std::collections::hash_map::Entry::Vacant(e) = done.entry(key) {
                e.insert(Arc::new(with(profile)?));
            }
            *slot = done.get(&key).cloned();
        }
        Ok(())
    };
    for scenario in documents.iter_mut().flat_map(|d| &mut d.scenarios) {
        change(&mut scenario.target)?;
        for case in &mut scenario.cases {
            change(&mut case.target)?;
        }
    }
    Ok(())
}

/// Plants a fault in every reference server and client that has it; one at least must.
fn plant(documents: &mut [Document], overrides: &mut Overrides, fault: &str) -> Result<(), String> {
    let planted = std::cell::Cell::new(false);
    let (server, name) = match fault.split_once(':') {
        Some((server, name)) => (Some(server), name),
        None => (None, fault),
    };
    let with = |profile: &Profile| {
        let mut profile = profile.clone();
        let (whose, faults, place) = match &mut profile.origin {
            Origin::Builtin(b) => {
                let service = harness_targets::find(&b.server).map_err(|e| e.to_string())?;
                (&b.server, service.faults, &mut b.fault)
            }
            Origin::Client(c) => {
                let client = harness_targets::find_client(&c.client).map_err(|e| e.to_string())?;
                (&c.client, client.faults, &mut c.fault)
            }
            Origin::Start(_) | Origin::Connect(_) | Origin::None => return Ok(profile),
        };
        let meant = server.is_none_or(|s| s == whose);
        // A profile that names a fault of its own is a counterexample; it stays as it is.
        let has = |f: &harness_targets::Fault| f.name == name && f.exists_over(profile.transport);
        if meant && place.is_none() && faults.iter().any(has) {
            *place = Some(name.to_owned());
            planted.set(true);
        }
        Ok(profile)
    };
    replace(documents, &with)?;
    if let Some(profile) = &overrides.target {
        overrides.target = Some(Arc::new(with(profile)?));
    }
    if planted.get() {
        Ok(())
    } else {
        Err(format!(
            "--fault {fault} is no fault of the reference servers and clients in what was given; \
             `harness serve --list` and `harness client --list` show them"
        ))
    }
}

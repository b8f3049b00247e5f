//! `harness run`: the main job.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use harness_net::Transport;

use super::execution::{self, Prepared, carry_out, outputs, refuse_remote};
use super::{Screen, load};
use crate::exit;
use crate::plan::{Facts, Overrides, Plan};
use crate::scenario::model::{Document, Origin, Profile};
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
    /// Plant this fault in the reference servers that have it, or in one of them
    #[arg(long, value_name = "[SERVER:]FAULT")]
    fault: Option<String>,
    /// Run only cases whose id matches this glob, or that have this tag; may be repeated
    #[arg(long, value_name = "GLOB|TAG")]
    filter: Vec<String>,
    /// Run only this delivery, as the report of a failure names it
    #[arg(long, value_name = "ID")]
    delivery: Option<String>,
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
    let mut documents = with_suite(load::load(&args.paths, screen)?, screen)?;
    let mut overrides = Overrides {
        filter: args.filter.clone(),
        delivery: args.delivery.clone(),
        seed: args.execution.seed(),
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
    if !args.execution.allow_remote {
        refuse_remote(&plan).map_err(|e| screen.usage_error(e))?;
    }
    let settings = args
        .execution
        .settings(rerun_with(args, overrides.seed))
        .map_err(|e| screen.usage_error(e))?;
    Ok(Prepared {
        documents,
        plan,
        settings,
        outputs,
    })
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
        Origin::Builtin(_) | Origin::None => profiles,
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

/// Plants a fault in every reference server that has it; one at least must.
fn plant(documents: &mut [Document], overrides: &mut Overrides, fault: &str) -> Result<(), String> {
    let planted = std::cell::Cell::new(false);
    let (server, name) = match fault.split_once(':') {
        Some((server, name)) => (Some(server), name),
        None => (None, fault),
    };
    let with = |profile: &Profile| {
        let mut profile = profile.clone();
        if let Origin::Builtin(builtin) = &mut profile.origin {
            let service = harness_targets::find(&builtin.server).map_err(|e| e.to_string())?;
            let meant = server.is_none_or(|s| s == builtin.server);
            // A profile that names a fault of its own is a counterexample; it stays as it is.
            let model = service.model(builtin.model.as_deref());
            let has = |f: &harness_targets::Fault| {
                f.name == name && f.exists_over(profile.transport) && f.exists_under(model)
            };
            if meant && builtin.fault.is_none() && service.faults.iter().any(has) {
                builtin.fault = Some(name.to_owned());
                planted.set(true);
            }
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
            "--fault {fault} is no fault of the reference servers in what was given; \
             `harness serve --list` shows them"
        ))
    }
}

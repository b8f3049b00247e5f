//! `harness run`: the main job.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness_net::Transport;

use super::{Screen, load};
use crate::conform::{self, Interrupt, Settings};
use crate::event::Reporter;
use crate::exit;
use crate::plan::{Facts, Overrides, Plan};
use crate::report::{self, LiveOptions};
use crate::run::{Environment, Run};
use crate::scenario::model::{Document, Origin, Profile};
use crate::scenario::{self, TargetOverride};

/// How long it may take to kill what lost its guard.
const ORPHANS_WITHIN: Duration = Duration::from_secs(10);

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
    /// The seed of everything random; a fresh one where none is given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// A pass that is not proved is not enough for exit 0
    #[arg(long)]
    require_proof: bool,
    /// Write a report: FORMAT=FILE, or FORMAT for stdout; may be repeated (`harness report --format list`)
    #[arg(long, value_name = "FORMAT[=FILE]")]
    report: Vec<String>,
    /// Write run.json and junit.xml into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Cases that run side by side
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// End the run after this time, such as 60s; what was not judged by then is inconclusive
    #[arg(long, value_name = "TIME", value_parser = time)]
    budget: Option<Duration>,
    /// Allow targets beyond this host
    #[arg(long)]
    allow_remote: bool,
    /// Show every finished case at once
    #[arg(long, short)]
    verbose: bool,
}

/// A time with its unit, as scenarios write it.
fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|e| format!("{e}; write it as in 500ms, 60s, 5m"))
}

/// Loads, plans, runs, renders.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    match prepare(args, screen) {
        Ok(prepared) => carry_out(args, &prepared, screen),
        Err(code) => code,
    }
}

struct Prepared {
    documents: Vec<Document>,
    plan: Plan,
    settings: Settings,
    outputs: Vec<Output>,
}

struct Output {
    format: &'static report::Format,
    /// `None` for stdout.
    file: Option<PathBuf>,
}

fn prepare(args: &Args, screen: &Screen) -> Result<Prepared, u8> {
    let outputs = outputs(args).map_err(|e| screen.usage_error(e))?;
    let mut documents = load::load(&args.paths, screen)?;
    let mut overrides = Overrides {
        filter: args.filter.clone(),
        delivery: args.delivery.clone(),
        seed: args.seed.unwrap_or_else(fresh_seed),
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
    if !args.allow_remote {
        refuse_remote(&plan).map_err(|e| screen.usage_error(e))?;
    }
    let launcher = std::env::current_exe()
        .map_err(|e| screen.usage_error(format!("the path of this program is not known: {e}")))?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let settings = Settings {
        launcher,
        case_threads: usize::from(args.jobs),
        sweep_threads: cores.clamp(2, 8),
        require_proof: args.require_proof,
        rerun_with: rerun_with(args, overrides.seed),
        command_line: std::env::args().collect(),
    };
    Ok(Prepared {
        documents,
        plan,
        settings,
        outputs,
    })
}

fn outputs(args: &Args) -> Result<Vec<Output>, String> {
    let mut outputs = Vec::new();
    for text in &args.report {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text.as_str(), None),
        };
        outputs.push(Output {
            format: report::find(name).ok_or_else(|| super::report::unknown(name))?,
            file,
        });
    }
    if let Some(dir) = &args.out {
        fs::create_dir_all(dir).map_err(|e| format!("--out {}: {e}", dir.display()))?;
        for (name, file) in [("json", "run.json"), ("junit", "junit.xml")] {
            let format = report::find(name).ok_or_else(|| super::report::unknown(name))?;
            outputs.push(Output {
                format,
                file: Some(dir.join(file)),
            });
        }
    }
    for file in outputs.iter().filter_map(|o| o.file.as_deref()) {
        writable(file).map_err(|e| format!("{} cannot be written: {e}", file.display()))?;
    }
    Ok(outputs)
}

/// Finds out before the run whether a report can be written after it. What stands in the file stays.
fn writable(file: &Path) -> io::Result<()> {
    let found = fs::metadata(file);
    match &found {
        Ok(meta) if meta.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        // To open a pipe would already tell its reader something.
        Ok(meta) if !meta.is_file() => return Ok(()),
        _ => {}
    }
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)?;
    if found.is_err() {
        fs::remove_file(file)?;
    }
    Ok(())
}

/// A seed that is short enough to be typed.
fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    (now.as_nanos() as u64 ^ u64::from(std::process::id()) << 20) % 1_000_000_000
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
        Origin::Builtin(_) => profiles,
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
        if let Some(profile) = slot {
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

fn refuse_remote(plan: &Plan) -> Result<(), String> {
    for case in &plan.cases {
        if let Some(Origin::Connect(endpoint)) = case.profile.as_ref().map(|p| &p.origin)
            && !endpoint.is_local()
        {
            return Err(format!(
                "{endpoint} is not on this host: give --allow-remote if it may be tested"
            ));
        }
    }
    Ok(())
}

fn carry_out(args: &Args, prepared: &Prepared, screen: &Screen) -> u8 {
    let interrupt = Interrupt::after(args.budget);
    let environment = environment();
    // A target can kill its guard; what it leaves then comes to this process.
    let orphanage = harness_net::Orphanage::open();
    let mut live = report::Live::stderr(LiveOptions {
        terminal: screen.live,
        verbose: args.verbose,
        text: screen.options(screen.colour_err),
    });
    let run = match with_signals(&interrupt, || {
        conform::run(
            &prepared.plan,
            &prepared.documents,
            &prepared.settings,
            environment,
            &interrupt,
            &mut live as &mut dyn Reporter,
        )
    }) {
        Ok(run) => run,
        Err(error) => {
            screen.note(&format!("error: {error}"));
            return exit::UNJUDGED;
        }
    };
    drop(live);
    let orphans = orphanage.map_or(0, |o| o.close(Instant::now() + ORPHANS_WITHIN).len());
    if orphans > 0 {
        screen.note(&format!(
            "warning: {orphans} processes of the targets had lost their guard, and were killed"
        ));
    }
    let mut code = u8::try_from(run.exit).unwrap_or(exit::UNJUDGED);
    let summary_elsewhere = prepared.outputs.iter().any(|o| o.file.is_none());
    if !summary_elsewhere {
        let mut out = Vec::new();
        let terminal = report::find("terminal");
        let options = screen.options(screen.colour);
        if terminal.is_some_and(|t| (t.render)(&run, &mut out, &options).is_ok()) {
            screen.out(&String::from_utf8_lossy(&out));
        }
    }
    for output in &prepared.outputs {
        if let Err(error) = write(output, &run, screen) {
            screen.note(&format!("error: {error}"));
            // A failed case weighs more than a report that is missing.
            if code == exit::OK {
                code = exit::UNJUDGED;
            }
        }
    }
    code
}

fn write(output: &Output, run: &Run, screen: &Screen) -> Result<(), String> {
    let mut bytes = Vec::new();
    let options = screen.options(output.file.is_none() && screen.colour);
    (output.format.render)(run, &mut bytes, &options).map_err(|e| e.to_string())?;
    match &output.file {
        None => screen.out(&String::from_utf8_lossy(&bytes)),
        Some(file) => {
            fs::write(file, bytes)
                .map_err(|e| format!("{} cannot be written: {e}", file.display()))?;
        }
    }
    Ok(())
}

/// Runs `work` on a thread of its own while signals are awaited: the first asks it to end with what
/// it has, a second one ends the program at once. Guards end the targets in either case.
fn with_signals<T: Send>(
    interrupt: &Interrupt,
    work: impl FnOnce() -> T + Send,
) -> Result<T, String> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |e: io::Error| format!("the signal handler cannot be set up: {e}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    // Before the work begins: a signal that comes first would end the program without results.
    let entered = runtime.enter();
    let mut int = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut term = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    drop(entered);
    std::thread::scope(|scope| {
        let (done, ended) = tokio::sync::oneshot::channel();
        let worker = scope.spawn(move || {
            let result = work();
            // Nobody listens any more only when the program ends.
            let _ = done.send(());
            result
        });
        runtime.block_on(async {
            let interrupted = async {
                let mut asked = false;
                loop {
                    tokio::select! {
                        _ = int.recv() => {}
                        _ = term.recv() => {}
                        _ = hangup.recv() => {}
                    }
                    if asked {
                        std::process::exit(i32::from(exit::INTERRUPTED));
                    }
                    asked = true;
                    interrupt.set();
                }
            };
            tokio::select! {
                _ = ended => {}
                () = interrupted => {}
            }
        });
        worker
            .join()
            .map_err(|_| "the run ended in a fault of the harness itself".to_owned())
    })
}

fn environment() -> Environment {
    let system = harness_net::system();
    Environment {
        kernel: system.kernel,
        arch: system.arch,
        cpus: u32::try_from(system.cpus).unwrap_or(u32::MAX),
        cpu_model: Some(system.cpu_model),
        governor: system.governor,
        load_average: system.load_average.to_vec(),
        congestion_control: Some(system.congestion_control),
        sysctls: system.sysctls,
    }
}

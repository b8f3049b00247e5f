//! What every command that runs cases does around the run: reports, signals, what is left behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Screen;
use crate::conform::{self, Interrupt, Settings};
use crate::event::Reporter;
use crate::exit;
use crate::plan::Plan;
use crate::report::{self, LiveOptions};
use crate::run::{Environment, Run};
use crate::scenario::model::{Document, Origin};

/// How long it may take to kill what lost its guard.
const ORPHANS_WITHIN: Duration = Duration::from_secs(10);

/// How cases are run and what is written about them.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
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
    pub(super) allow_remote: bool,
    /// Show every finished case at once
    #[arg(long, short)]
    verbose: bool,
}

/// A time with its unit, as scenarios write it.
fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|e| format!("{e}; write it as in 500ms, 60s, 5m"))
}

/// A report that is to be written.
pub(super) struct Output {
    format: &'static report::Format,
    /// `None` for stdout.
    file: Option<PathBuf>,
}

/// A plan, and all that carrying it out needs.
pub(super) struct Prepared {
    pub(super) documents: Vec<Document>,
    pub(super) plan: Plan,
    pub(super) settings: Settings,
    pub(super) outputs: Vec<Output>,
}

impl Args {
    /// How the cases of a run are carried out. `rerun_with` is what a repeating command ends with.
    ///
    /// # Errors
    /// The path of this program is not known.
    pub(super) fn settings(&self, rerun_with: String) -> Result<Settings, String> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Settings {
            launcher: std::env::current_exe()
                .map_err(|e| format!("the path of this program is not known: {e}"))?,
            case_threads: usize::from(self.jobs),
            sweep_threads: cores.clamp(2, 8),
            require_proof: self.require_proof,
            rerun_with,
            command_line: std::env::args().collect(),
        })
    }

    /// The seed that was given, or a fresh one that is short enough to be typed.
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            (now.as_nanos() as u64 ^ u64::from(std::process::id()) << 20) % 1_000_000_000
        })
    }
}

/// The reports that are asked for, each found to be writable.
///
/// # Errors
/// No such format, or a file that cannot be written.
pub(super) fn outputs(args: &Args) -> Result<Vec<Output>, String> {
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

/// Refuses targets on other hosts.
///
/// # Errors
/// The first of them, and what would allow it.
pub(super) fn refuse_remote(plan: &Plan) -> Result<(), String> {
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

/// Carries a plan out, and renders what came of it. Answers the exit code.
pub(super) fn carry_out(args: &Args, prepared: &Prepared, screen: &Screen) -> u8 {
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

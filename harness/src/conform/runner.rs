//! Runs the cases of a plan in their lanes, and puts the run together.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::Interrupt;
use super::case::{self, Progress};
use crate::event::{Event, Reporter};
use crate::known;
use crate::plan::{CasePlan, Fate, Lane, Plan};
use crate::run::{CaseResult, Environment, Run, ScenarioResult, Totals, VERSION, Verdict};
use crate::scenario::model::Document;
use crate::target::Target;
use crate::{exit, run::Coverage};

/// How a run is carried out.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The harness's own program: guard of started targets, and the reference servers.
    pub launcher: PathBuf,
    /// Cases of the parallel lane that run side by side.
    pub case_threads: usize,
    /// Deliveries of one case that run side by side.
    pub sweep_threads: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// True: a pass without proof is not enough for exit 0.
    pub require_proof: bool,
    /// The arguments that a rerun command repeats, such as `--target URL`.
    pub rerun_with: String,
    /// The command line of this run.
    pub command_line: Vec<String>,
}

/// Runs the plan.
pub fn run(
    plan: &Plan,
    documents: &[Document],
    settings: &Settings,
    environment: Environment,
    interrupt: &Interrupt,
    reporter: &mut dyn Reporter,
) -> Run {
    let began = Instant::now();
    let started = jiff::Timestamp::now().to_string();
    let reporter = Mutex::new(reporter);
    let tell = |event: &Event<'_>| {
        reporter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .event(event);
    };
    tell(&Event::RunStarted {
        cases: plan.cases.len(),
        deliveries: plan.delivery_count(),
        seed: plan.seed,
    });
    let shared = Shared::default();
    let today = jiff::Zoned::now().date();
    let results: Vec<Mutex<Option<CaseResult>>> =
        plan.cases.iter().map(|_| Mutex::new(None)).collect();
    let one = |index: usize| {
        let case = &plan.cases[index];
        if interrupt.is_asked() {
            return;
        }
        let scenario = documents[case.document].scenarios[case.scenario]
            .name
            .as_str();
        let id = case.case.id.as_str();
        tell(&Event::CaseStarted {
            scenario,
            id,
            deliveries: case.deliveries.len() as u64,
        });
        let progress = Progress {
            delivered: &|failed| {
                tell(&Event::Progress {
                    id,
                    delivered: 1,
                    failed: u64::from(failed),
                });
            },
            load: &|progress| {
                tell(&Event::Load {
                    id,
                    progress: &progress,
                });
            },
        };
        let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let target = shared.target(case, settings, interrupt);
            case::run(case, settings, interrupt, target, &progress)
        }));
        // A fault of the harness costs one case, not what is known of the others.
        let mut result = judged.unwrap_or_else(|_| case::faulty(case));
        known::apply(&mut result, &plan.known, today);
        tell(&Event::CaseFinished {
            scenario,
            result: &result,
        });
        *results[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(result);
    };
    let in_lane = |lane: Lane| -> Vec<usize> {
        (0..plan.cases.len())
            .filter(|i| plan.cases[*i].lane == lane)
            .collect()
    };
    side_by_side(&in_lane(Lane::Parallel), settings.case_threads, &one);
    side_by_side(&in_lane(Lane::Exclusive), 1, &one);
    drop(shared);
    let results = results
        .into_iter()
        .map(|r| r.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect();
    let mut run = Run {
        v: VERSION,
        harness: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        elapsed_us: 0,
        command_line: settings.command_line.clone(),
        seed: plan.seed,
        partial: interrupt.is_asked(),
        exit: 0,
        environment,
        scenarios: scenarios(plan, documents, results),
        totals: Totals::default(),
    };
    run.scenarios.extend(wrong_entries(plan, documents, today));
    run.totals = totals(&run);
    run.elapsed_us = began.elapsed().as_micros() as u64;
    let cases = run.scenarios.iter().flat_map(|s| &s.cases);
    run.exit = if run.partial {
        i32::from(exit::INTERRUPTED)
    } else {
        i32::from(exit::of(cases, settings.require_proof))
    };
    tell(&Event::RunFinished { run: &run });
    run
}

fn side_by_side(indices: &[usize], threads: usize, one: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(index) = indices.get(next.fetch_add(1, Ordering::Relaxed)) {
            one(*index);
        }
    };
    if threads <= 1 || indices.len() <= 1 {
        return work();
    }
    std::thread::scope(|scope| {
        for _ in 0..threads.min(indices.len()) {
            scope.spawn(work);
        }
    });
}

/// Targets of cases that say `share: true`, one a profile. The key is the profile's address: its
/// identity, never followed.
#[derive(Default)]
struct Shared(Mutex<HashMap<usize, Arc<Target>>>);

impl Shared {
    fn target(
        &self,
        plan: &CasePlan,
        settings: &Settings,
        interrupt: &Interrupt,
    ) -> Option<Arc<Target>> {
        let profile = plan
            .profile
            .as_ref()
            .filter(|_| plan.case.share && plan.fate == Fate::Run)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::as_ptr(profile) as usize;
        // One that an earlier case made end is nothing to judge a later one by.
        if let Some(target) = all.get(&key).filter(|t| t.exited().is_none()) {
            return Some(Arc::clone(target));
        }
        // Where it does not start, the case starts one of its own and says what went wrong.
        let target =
            Arc::new(Target::start(profile, &settings.launcher, &|| interrupt.is_set()).ok()?);
        all.insert(key, Arc::clone(&target));
        Some(target)
    }
}

fn scenarios(
    plan: &Plan,
    documents: &[Document],
    results: Vec<Option<CaseResult>>,
) -> Vec<ScenarioResult> {
    let mut all: Vec<ScenarioResult> = Vec::new();
    let mut last = None;
    for (case, result) in plan.cases.iter().zip(results) {
        let key = (case.document, case.scenario);
        if last != Some(key) {
            last = Some(key);
            let document = &documents[case.document];
            let scenario = &document.scenarios[case.scenario];
            all.push(ScenarioResult {
                name: scenario.name.clone(),
                about: scenario.about.clone(),
                file: document.file.display().to_string(),
                digest: document.digest.clone(),
                cases: Vec::new(),
            });
        }
        if let (Some(scenario), Some(result)) = (all.last_mut(), result) {
            scenario.cases.push(result);
        }
    }
    all
}

/// Known failures that are wrong themselves, as cases that fail.
fn wrong_entries(
    plan: &Plan,
    documents: &[Document],
    today: jiff::civil::Date,
) -> Vec<ScenarioResult> {
    let cases = documents
        .iter()
        .flat_map(|d| &d.scenarios)
        .flat_map(|s| &s.cases);
    let ids: Vec<&str> = cases.map(|c| c.id.as_str()).collect();
    let wrong = known::wrong(&plan.known, &ids, today);
    let of = |document: &Document| {
        let cases = wrong
            .iter()
            .filter(|(entry, _)| entry.at.file == document.file);
        ScenarioResult {
            name: known::SCENARIO.to_owned(),
            about: Some("Entries that do not hold any more.".to_owned()),
            file: document.file.display().to_string(),
            digest: document.digest.clone(),
            cases: cases.map(|(_, result)| result.clone()).collect(),
        }
    };
    let all = documents.iter().map(of);
    all.filter(|scenario| !scenario.cases.is_empty()).collect()
}

fn totals(run: &Run) -> Totals {
    let mut totals = Totals::default();
    for case in run.scenarios.iter().flat_map(|s| &s.cases) {
        *totals.verdicts.entry(case.verdict).or_default() += 1;
        totals.unproved += u64::from(case.verdict == Verdict::Pass && case.unproved);
        let Coverage {
            planned,
            delivered,
            proved,
            ..
        } = case.coverage;
        totals.planned += planned;
        totals.delivered += delivered;
        totals.proved += proved;
    }
    totals
}

//! Every shipped scenario passes against the correct references, and every planted fault turns red
//! the scenarios that are said to catch it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use common::{cases, run, text};
use harness::run::Verdict;
use harness::scenario::model::{Origin, Profile};

/// Cases that no fault of a server or client can turn red, because they show what the kernel does. Each with
/// the reason. Cases that are their own peer are such by themselves: no program takes part in them.
/// `demonstrations.rs` shows that each can fail.
const DEMONSTRATIONS: [(&str, &str); 8] = [
    (
        "sticky.residue",
        "how ten bytes in the client's own receive queue are divided among its reads",
    ),
    (
        "sticky.short_reads",
        "how twelve bytes in the client's own receive queue are divided among its reads",
    ),
    (
        "reuseaddr.without",
        "its server has its fault from the scenario; that the kernel refuses is what it shows",
    ),
    (
        "reuseaddr.client_closes_first",
        "the same server; that the kernel does not refuse is what it shows",
    ),
    (
        "disconnects.killed_clean",
        "what the kernel does with the sockets of a process that was killed",
    ),
    (
        "disconnects.killed_unread",
        "the same, with input that the process had not read",
    ),
    (
        "disconnects.killed_queue",
        "the same, with connections that the process had not accepted",
    ),
    (
        "unix.credentials",
        "that the kernel tells which process listens, whatever that process does",
    ),
];

/// The folders of shipped scenarios, as a prefix of their names.
const FOLDERS: [&str; 2] = ["", "load/"];

/// Faults that no scenario catches yet, because its language cannot say yet what would: an answer
/// that depends on what the server sent. Their services' tests show them.
const UNCAUGHT: [&str; 2] = ["hmac:digest_prefix_accepted", "hmac:replay_accepted"];

/// The shipped scenarios by name: `scenarios/NAME.yaml`, in the order in which a run takes them.
fn shipped() -> Vec<String> {
    let mut names: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| {
            let entries = std::fs::read_dir(common::root().join("scenarios").join(folder)).unwrap();
            entries.filter_map(move |e| {
                let file = e.unwrap().file_name().into_string().unwrap();
                Some(format!("{folder}{}", file.strip_suffix(".yaml")?))
            })
        })
        .collect();
    names.sort_by_key(|name| format!("{name}.yaml"));
    names
}

/// Some cases measure time: what loads the machine takes its turn.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One scenario against one planted fault.
struct Job {
    /// The reference server's name, or the client's.
    program: &'static str,
    /// How reports call the program, such as `reference server exec`.
    whose: String,
    fault: &'static str,
    scenario: &'static str,
}

/// Each fault of each reference server and client, with how reports call the program.
fn faults() -> impl Iterator<Item = (&'static str, String, &'static harness_targets::Fault)> {
    let servers = harness_targets::services()
        .iter()
        .map(|s| (s.name, "server", s.faults));
    let clients = harness_targets::clients()
        .iter()
        .map(|c| (c.name, "client", c.faults));
    servers.chain(clients).flat_map(|(name, role, faults)| {
        faults
            .iter()
            .map(move |fault| (name, format!("reference {role} {name}"), fault))
    })
}

/// What came of it.
struct Found {
    job: Job,
    exit: Option<i32>,
    /// The ids of the cases that failed.
    red: BTreeSet<String>,
    /// Those of them that ran against another program than the faulty one.
    beside: Vec<String>,
    /// What the program wrote.
    text: String,
}

/// Runs side by side. Most of a red run is spent waiting for an answer that does not come.
const SIDE_BY_SIDE: usize = 6;

/// Every fault against every scenario that is said to catch it. Carried out once.
fn zoo() -> &'static [Found] {
    static ZOO: OnceLock<Vec<Found>> = OnceLock::new();
    ZOO.get_or_init(|| {
        let _turn = turn();
        let jobs = Mutex::new(Vec::new());
        for (program, whose, fault) in faults() {
            jobs.lock()
                .unwrap()
                .extend(fault.caught_by.iter().map(|scenario| Job {
                    program,
                    whose: whose.clone(),
                    fault: fault.name,
                    scenario,
                }));
        }
        let found = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..SIDE_BY_SIDE {
                scope.spawn(|| {
                    loop {
                        let Some(job) = jobs.lock().unwrap().pop() else {
                            break;
                        };
                        let one = plant(job);
                        found.lock().unwrap().push(one);
                    }
                });
            }
        });
        found.into_inner().unwrap()
    })
}

fn plant(job: Job) -> Found {
    let file = format!("scenarios/{}.yaml", job.scenario);
    let planted = format!("{}:{}", job.program, job.fault);
    let (output, result) = run(&[&file, "--fault", &planted]);
    let mut red = BTreeSet::new();
    let mut beside = Vec::new();
    let server = format!("{},", job.whose);
    let fault = format!(", fault {}", job.fault);
    for case in result
        .iter()
        .flat_map(cases)
        .filter(|c| c.verdict == Verdict::Fail)
    {
        red.insert(case.id.clone());
        let how = format!("{},", case.target.how);
        if !how.starts_with(&server) || !case.target.how.ends_with(&fault) {
            beside.push(format!("{} ({})", case.id, case.target.how));
        }
    }
    Found {
        job,
        exit: output.status.code(),
        red,
        beside,
        text: text(&output),
    }
}

#[test]
fn references_pass_every_shipped_scenario() {
    let _turn = turn();
    let (output, result) = run(&["scenarios/", "--load"]);
    let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let names: Vec<&str> = result.scenarios.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, shipped(), "each file holds the scenario of its name");
    for case in cases(&result) {
        let passed = matches!(case.verdict, Verdict::Pass | Verdict::Skip);
        assert!(passed, "{}: {:?} {:?}", case.id, case.verdict, case.reason);
        let answered = case.load.as_ref().map_or(0, |load| load.counts["answered"]);
        assert!(
            case.verdict == Verdict::Skip || case.coverage.delivered > 0 || answered > 0,
            "{} did nothing",
            case.id
        );
        assert!(!case.unproved, "{}: {:?}", case.id, case.reason);
    }
}

#[test]
fn each_planted_fault_is_caught_by_the_scenarios_that_say_so() {
    let uncaught: Vec<String> = faults()
        .filter(|(_, _, fault)| fault.caught_by.is_empty())
        .map(|(_, whose, fault)| format!("{whose}:{}", fault.name))
        .filter(|name| !UNCAUGHT.iter().any(|u| name.ends_with(u)))
        .collect();
    assert!(
        uncaught.is_empty(),
        "no scenario is said to catch: {uncaught:?}"
    );
    let missed: BTreeMap<String, &str> = zoo()
        .iter()
        .filter(|f| f.red.is_empty() || f.exit != Some(1))
        .map(|f| {
            (
                format!("{}: {} by {}", f.job.whose, f.job.fault, f.job.scenario),
                f.text.as_str(),
            )
        })
        .collect();
    let names: Vec<&String> = missed.keys().collect();
    let first = missed.values().next().unwrap_or(&"");
    assert!(
        missed.is_empty(),
        "{} of {} not caught: {names:#?}\n{first}",
        missed.len(),
        zoo().len()
    );
}

#[test]
fn only_the_faulty_program_is_accused() {
    for found in zoo() {
        let job = &found.job;
        assert!(
            found.beside.is_empty(),
            "{}: {} in {} also fails {:?}\n{}",
            job.whose,
            job.fault,
            job.scenario,
            found.beside,
            found.text
        );
    }
}

#[test]
fn each_scenario_and_each_case_can_fail() {
    let red: BTreeSet<&str> = zoo()
        .iter()
        .flat_map(|f| &f.red)
        .map(String::as_str)
        .collect();
    let scenarios: BTreeSet<&str> = zoo()
        .iter()
        .filter(|f| !f.red.is_empty())
        .map(|f| f.job.scenario)
        .collect();
    let demonstrations: BTreeMap<&str, &str> = DEMONSTRATIONS.into();
    let mut all = BTreeSet::new();
    let mut cannot = Vec::new();
    let mut never = Vec::new();
    for name in shipped() {
        let mut alone = true;
        let file = common::root().join(format!("scenarios/{name}.yaml"));
        let document = harness::scenario::load(&file).unwrap();
        for case in document.scenarios.iter().flat_map(|s| &s.cases) {
            let is_own_peer = |t: &Arc<Profile>| matches!(t.origin, Origin::None);
            let own = case.target.as_ref().is_some_and(is_own_peer);
            alone &= own;
            let (can, told) = (
                red.contains(case.id.as_str()),
                own || demonstrations.contains_key(case.id.as_str()),
            );
            if !can && !told {
                cannot.push(case.id.clone());
            }
            assert!(
                !(can && told),
                "{} fails where a fault is planted: it is more than a demonstration",
                case.id
            );
            all.insert(case.id.clone());
        }
        if !alone && !scenarios.contains(name.as_str()) {
            never.push(name);
        }
    }
    assert!(
        never.is_empty(),
        "no planted fault turns these scenarios red: {never:?}"
    );
    assert!(
        cannot.is_empty(),
        "no planted fault turns these cases red: {cannot:?}"
    );
    for (id, why) in demonstrations {
        assert!(all.contains(id) && !why.is_empty(), "{id} is no case");
    }
}

#[test]
fn every_id_that_is_cited_is_explained() {
    let page = std::fs::read_to_string(common::root().join("scenarios/README.md")).unwrap();
    let explained: BTreeSet<&str> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| ")?.split(' ').next())
        .filter(|id| id.contains('-'))
        .collect();
    let mut cited = BTreeSet::new();
    for folder in ["scenarios", "scenarios/load", "targets/examples"] {
        for entry in std::fs::read_dir(common::root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "yaml") {
                let document = harness::scenario::load(&path).unwrap();
                for case in document.scenarios.iter().flat_map(|s| &s.cases) {
                    assert!(!case.cite.is_empty(), "{} cites nothing", case.id);
                    cited.extend(
                        case.cite
                            .iter()
                            .filter(|c| !c.contains(' ') && c.contains('-'))
                            .cloned(),
                    );
                }
            }
        }
    }
    let seeds = faults().map(|(_, _, fault)| fault.seed.to_owned());
    cited.extend(seeds.filter(|s| s.contains('-')));
    let unknown: Vec<&String> = cited
        .iter()
        .filter(|c| !explained.contains(c.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "scenarios/README.md does not explain {unknown:?}"
    );
    assert!(explained.len() > 40, "{explained:?}");
}

//! A folder with a hostile target and the scenario that meets it, and what came of the run.

#![allow(unreachable_pub, missing_docs, reason = "a module of one test program")]

use std::fs::File;
use std::process::Child;
use std::time::{Duration, Instant};

use harness::run::{CaseResult, Run, Verdict};
use nix::unistd::Pid;

use super::common::{self, cases, command};

/// Longer than any run here may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(100);
/// The most memory that the harness itself may ever have used, in KiB.
const MEMORY: u64 = 300 << 10;

/// True where there is a Python to be the target; else the skipped test is told and counted.
pub fn python() -> bool {
    crate::common::has_python("a hostile target")
}

/// A folder with a target and the scenario that meets it.
pub struct Stage {
    pub dir: tempfile::TempDir,
}

/// A run that goes on.
pub struct Running {
    pub child: Child,
    pub marker: String,
    pub began: Instant,
}

/// A run that is over.
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
    pub run: Run,
}

impl Stage {
    /// A scenario against the Python target in this mode, which speaks as `speaks` says.
    pub fn python(mode: &str, speaks: &str, cases: &str) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("hostile-")
            .tempdir()
            .unwrap();
        let program = dir.path().join("target.py");
        std::fs::write(&program, include_str!("target.py")).unwrap();
        let within = if mode == "never_listens" {
            "300ms"
        } else {
            "30s"
        };
        let argv = format!("[python3, {program:?}, {mode}, \"{{port}}\"]");
        Self { dir }.with(
            &format!("start: {{argv: {argv}, within: {within}}}\n{speaks}"),
            cases,
        )
    }

    /// A scenario against a target of which `origin` says where it comes from.
    pub fn new(origin: &str, cases: &str) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("hostile-")
            .tempdir()
            .unwrap();
        Self { dir }.with(origin, cases)
    }

    fn with(self, profile: &str, cases: &str) -> Self {
        let text = format!("target: t\n{profile}---\nscenario: s\ntarget: t\ncases:\n{cases}");
        std::fs::write(self.dir.path().join("case.yaml"), text).unwrap();
        self
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// Starts the run. Its output goes to files, so that nobody has to read it meanwhile.
    pub fn start(&self) -> Running {
        let child = command(&["run", &self.path("case.yaml"), "--out", &self.path("out")])
            .args(["--verbose", "--seed", "1"])
            .stdout(File::create(self.path("stdout")).unwrap())
            .stderr(File::create(self.path("stderr")).unwrap())
            .spawn()
            .unwrap();
        let marker = self.path("");
        Running {
            child,
            marker,
            began: Instant::now(),
        }
    }

    /// Runs to the end, and checks what holds for every end.
    pub fn run(&self) -> Done {
        let mut running = self.start();
        let code = running.end();
        self.done(running, code)
    }

    pub fn done(&self, running: Running, code: Option<i32>) -> Done {
        let took = running.began.elapsed();
        let read = |name: &str| {
            String::from_utf8_lossy(&std::fs::read(self.path(name)).unwrap()).into_owned()
        };
        let (stdout, stderr) = (read("stdout"), read("stderr"));
        // A killed process takes a moment to go on a busy machine.
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut left = common::processes_with(&running.marker);
        while !left.is_empty() && Instant::now() < deadline {
            std::thread::yield_now();
            left = common::processes_with(&running.marker);
        }
        assert_eq!(left, Vec::<String>::new(), "left behind\n{stdout}{stderr}");
        let run = harness::report::read(&self.dir.path().join("out/run.json"))
            .unwrap_or_else(|e| panic!("{e}\nexit {code:?}\n{stdout}{stderr}"));
        let junit = read("out/junit.xml");
        let suites = quick_junit::Report::deserialize_from_str(&junit).unwrap();
        let told: usize = suites.test_suites.iter().map(|s| s.test_cases.len()).sum();
        assert_eq!(told, cases(&run).count(), "{junit}");
        assert_eq!(code, Some(run.exit), "{stdout}{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        let peak_kib = common::peak_kib();
        assert!(
            peak_kib < MEMORY,
            "the harness used {peak_kib} KiB\n{stdout}"
        );
        Done {
            code,
            stdout,
            stderr,
            took,
            run,
        }
    }
}

impl Running {
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// Waits for the end.
    pub fn end(&mut self) -> Option<i32> {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            if self.began.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                panic!("the run did not end within {PATIENCE:?}");
            }
            // The deadline is for a harness that hangs.
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until a process of the run's target, other than the harness and the guard, is there.
    pub fn await_target(&mut self, program: &str) {
        self.until("its target is there", |marker| {
            common::processes_with(marker)
                .iter()
                .any(|l| l.contains(program) && !l.contains("__guard") && !l.contains(" run "))
        });
    }

    pub fn until(&mut self, what: &str, seen: impl Fn(&str) -> bool) {
        while !seen(&self.marker) {
            assert!(self.began.elapsed() < PATIENCE, "not seen: {what}");
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the run ended with {status} before {what}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Done {
    pub fn case(&self) -> &CaseResult {
        cases(&self.run).next().unwrap()
    }

    /// The verdict and the exit code that belongs to it.
    #[track_caller]
    pub fn is(&self, verdict: Verdict) -> &Self {
        let case = self.case();
        let said = format!("{:?}\n{}{}", case.reason, self.stdout, self.stderr);
        assert_eq!(case.verdict, verdict, "{said}");
        let code = match verdict {
            Verdict::Pass => 0,
            Verdict::Fail => 1,
            _ => 3,
        };
        assert_eq!(self.code, Some(code), "{said}");
        self
    }

    /// What people read holds all of these, and nothing that is not meant for people.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(
                self.stdout.contains(word),
                "`{word}` is missing\n{}",
                self.stdout
            );
        }
        for noise in ["Deadline(", "Some(", "Err(", "panicked", "\x1b"] {
            assert!(!self.stdout.contains(noise), "`{noise}`\n{}", self.stdout);
        }
        self
    }

    #[track_caller]
    pub fn kind(&self, kind: &str) -> &Self {
        let kinds: Vec<&str> = self
            .case()
            .failures
            .iter()
            .map(|f| f.kind.as_str())
            .collect();
        assert!(
            kinds.contains(&kind),
            "{kind} is not among {kinds:?}\n{}",
            self.stdout
        );
        self
    }

    #[track_caller]
    pub fn within(&self, seconds: u64) -> &Self {
        assert!(
            self.took < Duration::from_secs(seconds),
            "{:?}\n{}",
            self.took,
            self.stdout
        );
        self
    }
}

//! What will be done, decided before anything is: cases, their fates, deliveries and lanes.
//!
//! A plan is pure: the same scenarios, overrides and seed give the same plan.

mod delivery;
mod lane;
mod need;

use std::path::PathBuf;
use std::sync::Arc;

pub use delivery::{Class, Delivery, How, deliveries, played};
pub(crate) use lane::lane_of;
pub use lane::{Lane, ONE_SEGMENT};
pub use need::{Facts, fate};

use crate::scenario::model::{Case, DeliverySpec, Document, KnownFailure, Origin, Profile};

/// What the user asked for beside the scenarios.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The target that replaces every other.
    pub target: Option<Arc<Profile>>,
    /// Globs of case ids or names of tags; a case runs if one of them matches. Empty: all run.
    pub filter: Vec<String>,
    /// Only the delivery with this id.
    pub delivery: Option<String>,
    /// True: load cases run wherever they stand. Else only those of files in `named`, and those
    /// that a filter matches: load takes a machine for itself, and time.
    pub load: bool,
    /// The files that were named themselves, not through a folder.
    pub named: Vec<PathBuf>,
    /// The seed of everything random.
    pub seed: u64,
}

/// The cases of a run, in the order in which they were written.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of everything random.
    pub seed: u64,
    /// Its cases.
    pub cases: Vec<CasePlan>,
    /// Load cases that were left out, because nobody asked for them.
    pub load_left_out: usize,
    /// The failures that its documents know.
    pub known: Vec<KnownFailure>,
}

/// One case, ready to run.
#[derive(Clone, Debug)]
pub struct CasePlan {
    /// The index of its document among those that were given.
    pub document: usize,
    /// The index of its scenario in that document.
    pub scenario: usize,
    /// The case.
    pub case: Arc<Case>,
    /// Its target. `None` only where its fate says so.
    pub profile: Option<Arc<Profile>>,
    /// Whether it runs.
    pub fate: Fate,
    /// With what it may run side by side.
    pub lane: Lane,
    /// Its deliveries, `whole` first. At least one where it runs; none where it is load.
    pub deliveries: Vec<Delivery>,
    /// Where deliveries were left out, how many and why.
    pub notes: Vec<String>,
    /// True where the length of a request is known only once it was said: [`complete`] adds the
    /// deliveries that cut it.
    pub open: bool,
    /// The seed of everything random.
    pub seed: u64,
    /// Only the delivery with this id.
    pub delivery: Option<String>,
}

/// Whether a case runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Run,
    /// It is not tried, for a reason of this machine.
    Skip(String),
    /// It is not tried: the target declares that it does not support it.
    Unsupported(String),
}

/// A plan that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A filter matches no case.
    #[error("--filter {filter} matches no case; ids are shown by `harness list`")]
    NothingMatches {
        /// The filter.
        filter: String,
    },
    /// A case has no target.
    #[error(
        "{file}:{line}: the case `{id}` has no target; give one with --target PROFILE, COMMAND or URL"
    )]
    NoTarget {
        /// The scenario file.
        file: String,
        /// The case's line.
        line: u32,
        /// The case's id.
        id: String,
    },
    /// `--delivery` names none of the deliveries.
    #[error("--delivery {id} is no delivery of these cases; the report of a failure names it")]
    NoSuchDelivery {
        /// What was given.
        id: String,
    },
    /// There is no case at all.
    #[error("there is no case in what was given")]
    NoCases,
    /// There are load cases only, and nobody asked for them.
    #[error("what was given holds load cases only; give --load, or name their files")]
    OnlyLoad,
    /// A load case wants more connections than this process may open.
    #[error(
        "{file}:{line}: {asked} connections need as many descriptors, and this process may open \
         {limit}: at most {possible} connections work here, or raise the limit (ulimit -n)"
    )]
    TooManyConnections {
        /// The scenario file.
        file: String,
        /// The case's line.
        line: u32,
        /// Connections that the case asks for.
        asked: usize,
        /// Descriptors that the process may open.
        limit: u64,
        /// Connections that would work.
        possible: u64,
    },
}

impl Plan {
    /// Makes the plan for these documents on a machine of which `facts` are known.
    ///
    /// # Errors
    /// A filter or `--delivery` matches nothing, or a case lacks a target.
    pub fn new(
        documents: &[Document],
        overrides: &Overrides,
        facts: &Facts,
    ) -> Result<Self, PlanError> {
        let mut used = vec![false; overrides.filter.len()];
        let mut cases = Vec::new();
        let mut load_left_out = 0;
        for (d, document) in documents.iter().enumerate() {
            for (s, scenario) in document.scenarios.iter().enumerate() {
                for case in &scenario.cases {
                    if !selected(case, &overrides.filter, &mut used) {
                        continue;
                    }
                    if case.load.is_some() && !asks_for_load(document, overrides) {
                        load_left_out += 1;
                        continue;
                    }
                    let own = |p: &Arc<Profile>| matches!(p.origin, Origin::None);
                    let profile = case
                        .target
                        .clone()
                        .filter(own)
                        .or_else(|| overrides.target.clone())
                        .or_else(|| case.target.clone())
                        .or_else(|| scenario.target.clone())
                        .ok_or_else(|| PlanError::NoTarget {
                            file: case.at.file.display().to_string(),
                            line: case.at.line,
                            id: case.id.clone(),
                        })?;
                    enough_descriptors(case, facts)?;
                    cases.push(plan_case(d, s, case, profile, overrides, facts));
                }
            }
        }
        if let Some(unused) = used.iter().position(|u| !u) {
            return Err(PlanError::NothingMatches {
                filter: overrides.filter[unused].clone(),
            });
        }
        if cases.is_empty() {
            return Err(match load_left_out {
                0 => PlanError::NoCases,
                _ => PlanError::OnlyLoad,
            });
        }
        if let Some(id) = &overrides.delivery {
            cases.retain(|c| !c.deliveries.is_empty() || c.open);
            if cases.is_empty() {
                return Err(PlanError::NoSuchDelivery { id: id.clone() });
            }
        }
        Ok(Self {
            seed: overrides.seed,
            cases,
            load_left_out,
            known: documents
                .iter()
                .flat_map(|d| d.known_failures.clone())
                .collect(),
        })
    }

    /// Deliveries over all cases that run.
    pub fn delivery_count(&self) -> u64 {
        self.cases.iter().map(|c| c.deliveries.len() as u64).sum()
    }
}

/// True where the load cases of a document are to run.
fn asks_for_load(document: &Document, overrides: &Overrides) -> bool {
    overrides.load
        || !overrides.filter.is_empty()
        || overrides.named.iter().any(|path| **path == *document.file)
}

/// Descriptors that are left for everything but the connections of a load.
const OTHER_DESCRIPTORS: u64 = 128;

fn enough_descriptors(case: &Case, facts: &Facts) -> Result<(), PlanError> {
    let possible = facts.descriptors.saturating_sub(OTHER_DESCRIPTORS);
    match &case.load {
        Some(load) if load.connections as u64 > possible => Err(PlanError::TooManyConnections {
            file: case.at.file.display().to_string(),
            line: case.at.line,
            asked: load.connections,
            limit: facts.descriptors,
            possible,
        }),
        _ => Ok(()),
    }
}

fn plan_case(
    document: usize,
    scenario: usize,
    case: &Case,
    profile: Arc<Profile>,
    overrides: &Overrides,
    facts: &Facts,
) -> CasePlan {
    let fate = need::fate(case, &profile, facts);
    let mut notes = Vec::new();
    let mut list = Vec::new();
    let mut open = false;
    if fate == Fate::Run && case.load.is_none() {
        list = deliveries(case, &profile, overrides.seed, &mut notes);
        if let Some(id) = &overrides.delivery {
            list.retain(|d| &d.id(&profile) == id);
        }
        let cuts =
            |d: &DeliverySpec| !matches!(d, DeliverySpec::Whole | DeliverySpec::Merge { .. });
        if profile.transport.is_stream() && case.deliver.iter().any(cuts) {
            for name in delivery::open(&played(&case.steps, &profile), &profile) {
                open = true;
                notes.push(format!(
                    "request `{name}`: its length is known only once it was said; its cuts are \
                     those of the control exchange"
                ));
            }
        }
    }
    // A case whose only deliveries need what the target lacks is not a pass for want of trying.
    let fate = match fate {
        Fate::Run
            if list.is_empty() && !open && overrides.delivery.is_none() && case.load.is_none() =>
        {
            Fate::Unsupported("no delivery of this case fits the target's exchanges".to_owned())
        }
        fate => fate,
    };
    CasePlan {
        document,
        scenario,
        lane: lane::lane(case, &list),
        case: Arc::new(case.clone()),
        profile: Some(profile),
        fate,
        deliveries: list,
        notes,
        open,
        seed: overrides.seed,
        delivery: overrides.delivery.clone(),
    }
}

/// The plan of a case with the deliveries that had to wait for the lengths of requests, which
/// `profile` knows now.
pub fn complete(plan: &CasePlan, profile: Arc<Profile>) -> CasePlan {
    let mut notes = plan.notes.clone();
    let mut list = deliveries(&plan.case, &profile, plan.seed, &mut notes);
    if let Some(id) = &plan.delivery {
        list.retain(|d| &d.id(&profile) == id);
    }
    let mut seen = std::collections::BTreeSet::new();
    notes.retain(|note| seen.insert(note.clone()));
    CasePlan {
        deliveries: list,
        notes,
        open: false,
        profile: Some(profile),
        ..plan.clone()
    }
}

fn selected(case: &Case, filters: &[String], used: &mut [bool]) -> bool {
    let mut any = filters.is_empty();
    for (filter, used) in filters.iter().zip(used) {
        if glob(filter, &case.id) || case.tags.iter().any(|t| t == filter) {
            *used = true;
            any = true;
        }
    }
    any
}

/// Matches `*` for any text and `?` for one character; everything else stands for itself.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut i, mut j, mut star) = (0, 0, None);
    while j < t.len() {
        match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(c) if *c == '?' || *c == t[j] => {
                i += 1;
                j += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    i = at + 1;
                    j = taken + 1;
                }
                None => return false,
            },
        }
    }
    p[i..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_ids() {
        for (pattern, text, matches) in [
            ("sticky.*", "sticky.merged", true),
            ("sticky.*", "nagle.stall", false),
            ("*.cut", "framing.cut", true),
            ("*.cut", "framing.cuts", false),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "aXbYbZc", true),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }
}

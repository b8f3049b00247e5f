//! Names that are unique within a report: readers of JUnit and CTRF merge what shares a name.

use std::collections::BTreeSet;

use crate::run::{CaseResult, Run, ScenarioResult};

/// A scenario with its name, and its cases with theirs.
pub(crate) type Named<'a> = (String, &'a ScenarioResult, Vec<(String, &'a CaseResult)>);

/// Gives every scenario a name of its own, and every case one within its scenario.
pub(crate) fn unique(run: &Run) -> Vec<Named<'_>> {
    let mut taken = BTreeSet::new();
    run.scenarios
        .iter()
        .map(|scenario| {
            let target = scenario
                .cases
                .first()
                .map_or("", |case| case.target.name.as_str());
            let name = claim(&mut taken, &scenario.name, target);
            let mut taken = BTreeSet::new();
            let cases = scenario
                .cases
                .iter()
                .map(|case| (claim(&mut taken, &case.id, &case.target.name), case))
                .collect();
            (name, scenario, cases)
        })
        .collect()
}

/// The name, else the name with the target, else with the first free number.
fn claim(taken: &mut BTreeSet<String>, name: &str, target: &str) -> String {
    let with_target = format!("{name} [{target}]");
    let numbered = (2_u64..).map(|n| format!("{name} #{n}"));
    let free = [name.to_owned()]
        .into_iter()
        .chain((!target.is_empty()).then_some(with_target))
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .unwrap_or_default();
    taken.insert(free.clone());
    free
}

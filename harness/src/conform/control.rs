//! The control exchange: what a case plays, sent whole on a connection of its own. It teaches the
//! answers and how long they take, and is the measure of every other delivery.

use crate::plan::played;
use crate::scenario::model::{Case, Ends, Profile, Role, Step, StepKind};
use crate::step::Play;

/// True where there is something that a control of the case can teach.
pub(super) fn helps(case: &Case, profile: &Profile) -> bool {
    match profile.role {
        Role::Server => plays(&case.steps),
        // How a client ends, where the case itself does not say it.
        Role::Client => plays(&case.steps) && !says_how_it_ends(&case.steps),
    }
}

/// True where a case plays exchanges at all.
fn plays(steps: &[Step]) -> bool {
    any(steps, &|kind| matches!(kind, StepKind::Play(_)))
}

/// True where a step awaits the end of a client.
pub(super) fn awaits_end(steps: &[Step]) -> bool {
    any(steps, &|kind| matches!(kind, StepKind::Ended(_)))
}

/// True where a step says how a client must end.
fn says_how_it_ends(steps: &[Step]) -> bool {
    let says = |kind: &StepKind| matches!(kind, StepKind::Ended(e) if e.ends != Ends::default());
    any(steps, &says)
}

/// True where one of the steps, or of those inside them, is such a one.
fn any(steps: &[Step], such: &dyn Fn(&StepKind) -> bool) -> bool {
    steps
        .iter()
        .any(|step| such(&step.kind) || any(step.kind.inner(), such))
}

/// Plays what the case plays, each exchange once: what it leaves alone cannot fail its control. A
/// client has but one conversation: its control is the case itself.
pub(super) fn steps(case: &Case, profile: &Profile) -> Vec<Step> {
    if profile.role == Role::Client {
        return case.steps.clone();
    }
    let played = played(&case.steps, profile);
    let all = played.len() == profile.exchanges.len();
    let names = || {
        played
            .iter()
            .map(|i| profile.exchanges[*i].name.clone())
            .collect()
    };
    let kind = StepKind::Play(Play {
        exchanges: (!all).then(names),
        on: "main".to_owned(),
    });
    vec![Step {
        at: case.at.clone(),
        kind,
    }]
}

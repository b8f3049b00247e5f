//! The control exchange: what a case plays, sent whole on a connection of its own. It teaches the
//! answers and how long they take, and is the measure of every other delivery.

use crate::plan::played;
use crate::scenario::model::{Case, Profile, Step, StepKind};
use crate::step::Play;

/// True where a case plays exchanges at all.
pub(super) fn plays(steps: &[Step]) -> bool {
    steps
        .iter()
        .any(|s| matches!(s.kind, StepKind::Play(_)) || plays(s.kind.inner()))
}

/// Plays what the case plays, each exchange once: what it leaves alone cannot fail its control.
pub(super) fn steps(case: &Case, profile: &Profile) -> [Step; 1] {
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
    [Step {
        at: case.at.clone(),
        kind,
    }]
}

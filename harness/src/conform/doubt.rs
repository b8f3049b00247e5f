//! Second looks, before anything is accused: at what slowness alone could have caused, and at the
//! answers that were learned.

use super::context::Deadlines;
use super::control;
use super::oracle::Part;
use super::outcome::Gathered;
use super::prover::Prover;
use super::sweep::Sweep;
use crate::plan::Delivery;
use crate::scenario::model::{Profile, Reply, Role};
use crate::verdict::{self, Deviation};

/// Suspected hangs of one kind that are looked at a second time.
const SECOND_LOOKS: usize = 2;

/// Looks again at what slowness alone could have caused, with nothing else going on and with long
/// deadlines. What then is right was late, not wrong.
pub(super) fn second_look(
    sweep: &Sweep<'_>,
    deliveries: &[Delivery],
    first: Deadlines,
    gathered: &mut Gathered,
) {
    let doubtful: Vec<usize> = gathered
        .failed
        .iter()
        .filter(|(_, o)| {
            o.failed
                .as_ref()
                .is_some_and(|f| f.deviation.may_be_slowness())
        })
        .map(|(i, _)| *i)
        .collect();
    let mut confirmed = 0;
    let mut late = 0;
    let mut prover = Prover::new();
    for index in doubtful {
        if confirmed >= SECOND_LOOKS || sweep.interrupt.is_set() {
            break;
        }
        sweep.make_ready();
        let mut again = sweep.deliver(&deliveries[index], first, &mut prover);
        let Some(place) = gathered.failed.iter().position(|(i, _)| *i == index) else {
            continue;
        };
        if let Some(failed) = &mut again.failed {
            confirmed += 1;
            if let Some(share) = sweep.spins() {
                let spins = format!("; meanwhile the target uses {share:.0} % of a core");
                failed.deviation.actual.push_str(&spins);
            }
            gathered.failed[place].1 = again;
        } else {
            late += 1;
            gathered.failed.remove(place);
            if let Some(seen) = gathered.delivered.iter_mut().find(|(i, _)| *i == index) {
                seen.1 = again.tally.complete();
            }
        }
    }
    if late > 0 {
        gathered.notes.push(format!(
            "{late} deliveries were late at first, and right when repeated alone"
        ));
    }
}

/// Learned answers are checked once more before anything is accused because of them.
pub(super) fn check_oracle(
    sweep: &Sweep<'_>,
    profile: &Profile,
    first: Deadlines,
    gathered: &mut Gathered,
) {
    let learned = |part: Part| {
        part.of(profile)
            .iter()
            .any(|e| matches!(e.reply, Reply::Learned { .. }))
    };
    let any = [Part::Opening, Part::Exchanges, Part::Closing]
        .into_iter()
        .any(learned);
    let end = control::helps(sweep.case, profile)
        && profile.role == Role::Client
        && profile.ends.stdout.is_none();
    if !(any || end) || gathered.failed.is_empty() || sweep.interrupt.is_set() {
        return;
    }
    let steps = control::steps(sweep.case, profile);
    let control = Sweep {
        steps: &steps,
        interrupt: sweep.interrupt.clone(),
        ..*sweep
    };
    let outcome = control.deliver(&Delivery::WHOLE, first, &mut Prover::new());
    let Some(now) = outcome.failed else { return };
    // Only another answer says that the target remembers. One that does not answer any more was
    // brought to that by the sweep.
    if ![verdict::WRONG, verdict::INVALID, verdict::WRONG_OUTPUT].contains(&now.deviation.kind) {
        gathered.notes.push(format!(
            "after the sweep a control exchange, sent whole, fails too: {}: {}",
            now.deviation.kind, now.deviation.actual
        ));
        return;
    }
    for (_, outcome) in &mut gathered.failed {
        if let Some(failed) = &mut outcome.failed {
            failed.deviation = Deviation::inconclusive(
                "a control exchange brings the same answer before and after the sweep",
                "another answer came after it: the target remembers",
            );
        }
    }
}

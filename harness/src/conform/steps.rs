//! Carries out the steps of a case, one after the other, on its named connections.

use super::context::Context;
use super::scene::Scene;
use crate::scenario::model::Step;
use crate::step::{Failed, Halt};
use crate::verdict::{self, Deviation};

/// Carries out steps until one is not as expected.
///
/// # Errors
/// That step.
pub(crate) fn run(scene: &mut Scene, ctx: &mut Context<'_>, steps: &[Step]) -> Result<(), Failed> {
    for step in steps {
        let done = step.kind.act().run(scene, ctx);
        let interrupted = ctx.interrupt.is_set();
        let failed = |words: String, deviation| Failed {
            step: words.into(),
            line: step.at.line,
            deviation: if interrupted && cut_short(&deviation) {
                interruption()
            } else {
                deviation
            },
        };
        match done {
            Ok(()) if !interrupted => {}
            Ok(()) => return Err(failed(step.kind.words(), interruption())),
            Err(Halt::Step(deviation)) => return Err(failed(step.kind.words(), deviation)),
            Err(Halt::Part(words, deviation)) => return Err(failed(words, deviation)),
            Err(Halt::Inner(inner)) => return Err(inner),
        }
    }
    Ok(())
}

fn interruption() -> Deviation {
    Deviation::inconclusive(
        "the step is carried out",
        "the run was interrupted, or its budget was used up",
    )
}

/// True for what may have been seen only because the run was interrupted: waits end early then.
fn cut_short(deviation: &Deviation) -> bool {
    use verdict::{
        CLOSED, DUPLICATE, FLOOD, INVALID, REORDERED, STRAY, WRONG, WRONG_ID, WRONG_REQUEST,
    };
    ![
        CLOSED,
        DUPLICATE,
        FLOOD,
        INVALID,
        REORDERED,
        STRAY,
        WRONG,
        WRONG_ID,
        WRONG_REQUEST,
    ]
    .contains(&deviation.kind)
}

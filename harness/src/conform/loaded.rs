//! A case that puts load on its target: what its control taught becomes the job of the load's
//! threads, and what these measured its result.

use std::sync::Arc;
use std::time::Duration;

use super::conclusion::rerun;
use super::context::Interrupt;
use super::oracle::{Oracle, Part};
use super::runner::Settings;
use crate::load::{self, Job, Turn, Watch};
use crate::plan::CasePlan;
use crate::run::CaseResult;
use crate::scenario::model::{Exchange, Load, Profile};
use crate::target::Target;

/// How long one answer may take where nobody said it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a load case works with.
pub(super) struct Loaded<'a> {
    pub plan: &'a CasePlan,
    pub profile: &'a Profile,
    pub target: &'a Target,
    pub settings: &'a Settings,
    pub interrupt: &'a Interrupt,
    pub oracle: &'a Oracle,
}

impl Loaded<'_> {
    /// Generates the load and puts what came of it into the result.
    pub(super) fn carry_out(
        &self,
        load: &Load,
        progress: &(dyn Fn(load::Progress) + Sync),
        result: &mut CaseResult,
    ) {
        let job = Arc::new(self.job(load));
        let watch = Watch {
            interrupted: &|| self.interrupt.is_set(),
            target_ended: &|| self.target.exited().is_some(),
            usage: &|| (self.target.cpu_time(), self.target.rss_bytes()),
            progress: &|p| progress(p),
        };
        let outcome = load::run(&job, &watch);
        let case = &*self.plan.case;
        let again = rerun(case, self.profile, None, self.settings);
        load::conclude(case, &job, &outcome, &again, result);
    }

    fn job(&self, load: &Load) -> Job {
        let exchanges = &self.profile.exchanges;
        let chosen: Vec<(usize, f64)> = if load.exchanges.is_empty() {
            (0..exchanges.len()).map(|i| (i, 1.0)).collect()
        } else {
            let place = |name: &str| exchanges.iter().position(|e| e.name == name);
            let named = load.exchanges.iter();
            named
                .filter_map(|(n, share)| Some((place(n)?, *share)))
                .collect()
        };
        let routine = |part: Part| {
            let exchanges = part.of(self.profile).iter().enumerate();
            exchanges.map(move |(i, e)| self.turn(part, i, e))
        };
        let mut turns: Vec<Turn> = routine(Part::Opening).collect();
        turns.extend(
            chosen
                .iter()
                .map(|(i, _)| self.turn(Part::Exchanges, *i, &exchanges[*i])),
        );
        turns.extend(routine(Part::Closing));
        Job {
            endpoint: self.target.endpoint().clone(),
            options: self.profile.options.clone(),
            turns,
            opening: self.profile.opening.len(),
            closing: self.profile.closing.len(),
            shares: chosen.into_iter().map(|(_, share)| share).collect(),
            timeout: load.timeout.or(self.profile.timeout).unwrap_or(TIMEOUT),
            seed: self.settings.seed,
            load: load.clone(),
        }
    }

    fn turn(&self, part: Part, index: usize, exchange: &Exchange) -> Turn {
        let request = exchange.request.as_ref();
        Turn {
            name: exchange.name.clone(),
            request: request
                .and_then(|m| m.fixed())
                .map_or_else(Vec::new, |m| m.bytes.clone()),
            reply: self
                .oracle
                .lasting(part, index)
                .map_or_else(Vec::new, <[u8]>::to_vec),
        }
    }
}

//! Scenarios and their cases.

use std::sync::Arc;

use harness_net::Transport;

use crate::scenario::context::Context;
use crate::scenario::lower::Lowered;
use crate::scenario::lower::connections::MAIN;
use crate::scenario::lower::deliver::{self, Around};
use crate::scenario::lower::load::load;
use crate::scenario::lower::name::Unique;
use crate::scenario::lower::step::Steps;
use crate::scenario::lower::sysctl::setting;
use crate::scenario::lower::threshold::threshold;
use crate::scenario::model::{
    Capability, Case, Level, Load, Need, Profile, Scenario, Setting, Step, StepKind,
};
use crate::scenario::source::Span;
use crate::scenario::syntax::{CaseSyntax, Item, LevelSyntax, NeedSyntax, ScenarioSyntax};
use crate::step::Play;

/// Where the profiles that `target:` names come from.
pub(crate) trait Targets {
    /// The profile of that name or path. `None` where it had a mistake; it is told then.
    fn target(&mut self, cx: &Context, name: &str, at: Span) -> Option<Lowered>;
}

/// A target that a case or scenario names.
enum Target {
    /// None is named.
    None,
    /// It is known.
    Known(Lowered),
    /// It had a mistake: nothing is said about what depends on it.
    Unsure,
}

impl Target {
    fn of(cx: &Context, item: Option<&Item<String>>, targets: &mut dyn Targets) -> Self {
        let Some(item) = item else {
            return Self::None;
        };
        match item
            .get()
            .and_then(|name| targets.target(cx, name, item.span))
        {
            Some(lowered) => Self::Known(lowered),
            None => Self::Unsure,
        }
    }

    fn known(&self) -> Option<&Lowered> {
        match self {
            Self::Known(lowered) => Some(lowered),
            _ => None,
        }
    }

    fn profile(&self) -> Option<Arc<crate::scenario::model::Profile>> {
        self.known().map(|lowered| Arc::clone(&lowered.profile))
    }
}

/// The scenario. `ids` are the cases of the file so far.
pub(crate) fn scenario(
    cx: &Context,
    given: &ScenarioSyntax,
    targets: &mut dyn Targets,
    ids: &mut Unique,
) -> Option<Scenario> {
    let target = Target::of(cx, given.target.as_ref(), targets);
    let items = given.cases.get()?;
    if items.is_empty() {
        cx.error_help(
            given.cases.span,
            "the scenario has no cases",
            "add one: `- {id: name.of_it, title: What is true if it passes}`",
        );
    }
    let cases: Vec<Option<Case>> = items
        .iter()
        .map(|item| case(cx, item.get()?, item.span, &target, targets, ids))
        .collect();
    Some(Scenario {
        name: given.scenario.get()?.clone(),
        about: given.about.as_ref().and_then(Item::get).cloned(),
        at: cx.location(given.scenario.span),
        target: target.profile(),
        cases: cases.into_iter().collect::<Option<_>>()?,
    })
}

fn case(
    cx: &Context,
    given: &CaseSyntax,
    at: Span,
    outer: &Target,
    targets: &mut dyn Targets,
    ids: &mut Unique,
) -> Option<Case> {
    if let Some(id) = given.id.get() {
        check_id(cx, id, given.id.span);
        ids.add(cx, "the case", id, given.id.span);
    }
    if given.title.get().is_some_and(|t| t.trim().is_empty()) {
        cx.error_help(
            given.title.span,
            "the title is empty",
            "say what is true if the case passes",
        );
    }
    let own = Target::of(cx, given.target.as_ref(), targets);
    let target = if given.target.is_some() { &own } else { outer };
    let mut needs = needs(given);
    let transport = transport(target, &needs);
    let load = given
        .load
        .as_ref()
        .map(|item| load(cx, item, given, target.known(), transport));
    if let Some(Some(load)) = &load {
        add_needs(&mut needs, load);
    }
    let mut steps = Steps::new(target.known(), transport);
    steps.unsure = matches!(target, Target::Unsure);
    let list = match &given.steps {
        None => {
            steps.plays = true;
            steps.has_exchanges(cx, at);
            Some(vec![Step {
                at: cx.location(at),
                kind: StepKind::Play(Play {
                    exchanges: load.as_ref().and_then(|l| played(l.as_ref()?)),
                    on: MAIN.to_owned(),
                }),
            }])
        }
        Some(item) => item.get().map(|items| {
            if items.is_empty() {
                cx.error_help(
                    item.span,
                    "the case has no steps",
                    "leave `steps` out for `play: all`",
                );
            }
            steps.list(cx, items)
        }),
    };
    let around = Around {
        target: target.known(),
        transport,
        plays: steps.plays,
    };
    let is_own_peer = list.as_ref().is_some_and(|steps: &Vec<Step>| {
        let own = steps.iter().any(|s| s.kind.opens_own());
        own && !steps.iter().any(|s| s.kind.asks_target())
    });
    let profile = if is_own_peer {
        let transport = steps.transport.unwrap_or(Transport::Tcp);
        Some(Arc::new(Profile::none(transport, cx.location(at))))
    } else {
        own.profile()
    };
    let deliver = deliver::list(cx, given.deliver.as_ref(), &around);
    let sysctl = settings(cx, given);
    let thresholds = thresholds(cx, given, steps.plays || steps.receives);
    let load = match load {
        None => None,
        Some(load) => Some(Arc::new(load?)),
    };
    Some(Case {
        id: given.id.get()?.clone(),
        title: given.title.get()?.clone(),
        at: cx.location(given.id.span),
        why: given.why.as_ref().and_then(Item::get).cloned(),
        cite: texts(given.cite.as_ref()),
        level: level(given.level.as_ref()),
        needs,
        sysctl,
        tags: texts(given.tags.as_ref()),
        target: profile,
        share: flag(given.share.as_ref()),
        steps: list?,
        deliver,
        load,
        thresholds,
        show: flag(given.show.as_ref()),
        refers: steps.refers,
        shipped: false,
    })
}

/// The exchanges of a load by name; `None` for all.
fn played(load: &Load) -> Option<Vec<String>> {
    let names = load.exchanges.iter().map(|(name, _)| name.clone());
    (!load.exchanges.is_empty()).then(|| names.collect())
}

/// What a load needs of its target, whether it is said or not.
fn add_needs(needs: &mut Vec<Need>, load: &Load) {
    let derived = [
        (load.pipeline_depth > 1, Capability::Pipelining),
        (load.connections > 1, Capability::Concurrency),
        (load.churn != Some(1), Capability::Reuse),
    ];
    for (needed, capability) in derived {
        let need = Need::Capability(capability);
        if needed && !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs.sort_unstable();
}

fn flag(item: Option<&Item<bool>>) -> bool {
    item.and_then(Item::get).copied().unwrap_or(false)
}

fn texts(item: Option<&Item<Vec<Item<String>>>>) -> Vec<String> {
    let items = item.and_then(Item::get);
    items
        .into_iter()
        .flatten()
        .filter_map(Item::get)
        .cloned()
        .collect()
}

fn settings(cx: &Context, given: &CaseSyntax) -> Vec<Setting> {
    let items = given.sysctl.as_ref().and_then(Item::get);
    let settings = items.into_iter().flatten();
    settings
        .filter_map(|item| setting(cx, item.get()?, item.span))
        .collect()
}

fn level(item: Option<&Item<LevelSyntax>>) -> Level {
    match item.and_then(Item::get) {
        None | Some(LevelSyntax::Must) => Level::Must,
        Some(LevelSyntax::Should) => Level::Should,
        Some(LevelSyntax::May) => Level::May,
    }
}

/// An id is lower-case words with single dots, underscores or dashes between them: it becomes part
/// of file names, filters and anchors.
fn check_id(cx: &Context, id: &str, at: Span) {
    let fits = !id.is_empty()
        && id.split(['.', '_', '-']).all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
    if !fits {
        let lower: String = id
            .to_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("_");
        let example = if lower.is_empty() {
            "framing.cut".to_owned()
        } else {
            lower
        };
        cx.error_help(
            at,
            format!("`{id}` cannot be an id"),
            format!(
                "an id has lower-case words with dots, underscores or dashes between them, such as `{example}`"
            ),
        );
    }
}

fn needs(given: &CaseSyntax) -> Vec<Need> {
    let items = given.needs.as_ref().and_then(Item::get);
    let mut all: Vec<Need> = items
        .into_iter()
        .flatten()
        .filter_map(|item| Some(need(*item.get()?)))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn need(word: NeedSyntax) -> Need {
    match word {
        NeedSyntax::Stream => Need::Stream,
        NeedSyntax::Datagram => Need::Datagram,
        NeedSyntax::Udp => Need::Udp,
        NeedSyntax::Unix => Need::Unix,
        NeedSyntax::Tcp => Need::Tcp,
        NeedSyntax::LengthField => Need::LengthField,
        NeedSyntax::Started => Need::Started,
        NeedSyntax::Server => Need::Server,
        NeedSyntax::Client => Need::Client,
        NeedSyntax::Ipv6 => Need::Ipv6,
        NeedSyntax::Pipelining => Need::Capability(Capability::Pipelining),
        NeedSyntax::HalfClose => Need::Capability(Capability::HalfClose),
        NeedSyntax::EarlyData => Need::Capability(Capability::EarlyData),
        NeedSyntax::Reuse => Need::Capability(Capability::Reuse),
        NeedSyntax::Concurrency => Need::Capability(Capability::Concurrency),
        NeedSyntax::Restart => Need::Capability(Capability::Restart),
        NeedSyntax::Hostile => Need::Capability(Capability::Hostile),
    }
}

/// What the case speaks over, as far as it is known: its needs come first, since a case is skipped
/// on a target that does not meet them.
fn transport(target: &Target, needs: &[Need]) -> Option<Transport> {
    let of_target = target.known().map(|t| t.profile.transport);
    if needs.contains(&Need::Tcp) {
        Some(Transport::Tcp)
    } else if needs.contains(&Need::Udp) {
        Some(Transport::Udp)
    } else if needs.contains(&Need::Datagram) {
        of_target
            .filter(|t| t.is_datagram())
            .or(Some(if needs.contains(&Need::Unix) {
                Transport::UnixDgram
            } else {
                Transport::Udp
            }))
    } else if needs.contains(&Need::Unix) {
        of_target.filter(|t| t.is_unix())
    } else if needs.contains(&Need::Stream) {
        of_target.filter(|t| t.is_stream())
    } else {
        of_target
    }
}

fn thresholds(
    cx: &Context,
    given: &CaseSyntax,
    measures: bool,
) -> Vec<crate::scenario::model::Threshold> {
    let Some(item) = &given.thresholds else {
        return Vec::new();
    };
    if !measures && item.get().is_some_and(|items| !items.is_empty()) {
        cx.error_help(
            item.span,
            "no step has a latency that could be bounded",
            "add `- play: all`, or a `recv`, to the steps",
        );
    }
    let items = item.get().into_iter().flatten();
    items
        .filter_map(|item| threshold(cx, item.get()?, item.span, given.load.is_some()))
        .collect()
}

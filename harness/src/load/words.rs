//! What a load case does, in words.

use crate::scenario::model::{Arrivals, End, Load, LoadModel};
use crate::verdict::time;

/// The model and its arrivals, as the result names them.
pub(super) fn model(load: &Load) -> &'static str {
    match &load.model {
        LoadModel::Closed => "closed",
        LoadModel::Open {
            arrivals: Arrivals::Constant,
            ..
        } => "open, constant",
        LoadModel::Open {
            arrivals: Arrivals::Poisson,
            ..
        } => "open, poisson",
    }
}

/// All that a load asks for, in one line.
pub fn words(load: &Load) -> String {
    let mut text = model(load).to_owned();
    if let LoadModel::Open { stages, .. } = &load.model {
        let rates: Vec<String> = stages
            .iter()
            .map(|s| match s.from == s.to {
                true => format!("{}/s", s.to),
                false => format!("{}/s to {}/s", s.from, s.to),
            })
            .collect();
        text.push_str(&format!(" ({})", rates.join(", then ")));
    }
    let s = if load.connections == 1 { "" } else { "s" };
    text.push_str(&format!("; {} connection{s}", load.connections));
    if load.pipeline_depth > 1 {
        text.push_str(&format!(" x {}", load.pipeline_depth));
    }
    if let Some(churn) = load.churn {
        text.push_str(&format!(", replaced after {churn}"));
    }
    match load.end {
        End::After(duration) => text.push_str(&format!("; {}", time(duration))),
        End::Messages(messages) => text.push_str(&format!("; {messages} requests")),
    }
    if !load.warmup.is_zero() {
        text.push_str(&format!(" after a warm-up of {}", time(load.warmup)));
    }
    text
}

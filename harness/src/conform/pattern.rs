//! The pattern of failing deliveries: which cuts fail, in the words of the protocol.

use std::collections::BTreeSet;

use crate::plan::{Delivery, How};
use crate::scenario::model::Profile;

/// Says which of the single cuts of the request that delivery `of` cuts fail, such as `3 of 63 cuts:
/// exactly those inside length (bytes 0..4)`. `None` where that delivery is no single cut, or is
/// not among the failing ones.
pub(super) fn of_cuts(
    profile: &Profile,
    all: &[Delivery],
    failing: &[usize],
    of: usize,
) -> Option<String> {
    let single = |d: &Delivery| match &d.how {
        How::Cut { exchange, cuts } if cuts.len() == 1 => Some((*exchange, cuts[0])),
        _ => None,
    };
    let exchange = single(&all[of])?.0;
    let failed: Vec<(usize, usize)> = failing
        .iter()
        .filter_map(|i| single(&all[*i]))
        .filter(|(e, _)| *e == exchange)
        .collect();
    if failed.is_empty() {
        return None;
    }
    let bad: BTreeSet<usize> = failed.iter().map(|(_, cut)| *cut).collect();
    let tried: BTreeSet<usize> = all
        .iter()
        .filter_map(single)
        .filter(|(e, _)| *e == exchange)
        .map(|(_, cut)| cut)
        .collect();
    let head = format!(
        "{} of {} cuts of `{}`",
        bad.len(),
        tried.len(),
        profile.exchanges[exchange].name
    );
    if tried.len() < 2 {
        return None;
    }
    if bad == tried {
        return Some(format!("{head}: every one"));
    }
    let message = profile.exchanges[exchange].request.as_ref()?;
    for field in &message.shape()?.fields {
        for range in &field.ranges {
            let inside: BTreeSet<usize> = tried
                .iter()
                .copied()
                .filter(|c| range.start < *c && *c < range.end)
                .collect();
            if !inside.is_empty() && inside == bad {
                let (start, end) = (range.start, range.end);
                return Some(format!(
                    "{head}: exactly those inside {} (bytes {start}..{end})",
                    field.name
                ));
            }
        }
    }
    Some(format!("{head}: at {}", ranges(&bad, &tried)))
}

/// Offsets as runs of neighbours among those that were tried: `1-3, 9`.
fn ranges(bad: &BTreeSet<usize>, tried: &BTreeSet<usize>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut open = false;
    for cut in tried {
        match (bad.contains(cut), open) {
            (true, true) => {
                if let Some(last) = runs.last_mut() {
                    last.1 = *cut;
                }
            }
            (true, false) => runs.push((*cut, *cut)),
            (false, _) => {}
        }
        open = bad.contains(cut);
    }
    let shown: Vec<String> = runs
        .iter()
        .take(12)
        .map(|(a, b)| {
            if a == b {
                a.to_string()
            } else {
                format!("{a}-{b}")
            }
        })
        .collect();
    let more = if runs.len() > 12 { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_runs() {
        let tried: BTreeSet<usize> = (1..20).collect();
        assert_eq!(ranges(&BTreeSet::from([1, 2, 3, 9]), &tried), "1-3, 9");
        let even: BTreeSet<usize> = (2..20).step_by(2).collect();
        assert_eq!(ranges(&BTreeSet::from([2, 4, 8]), &even), "2-4, 8");
    }
}

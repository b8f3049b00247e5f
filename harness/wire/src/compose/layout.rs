//! What a description says of the fields of every frame, before there is one.

use super::plan::{Plan, Reach};
use super::spec::{FieldSpec, IntRole, Kind};
use crate::FieldLayout;

/// The fields of a frame, those of the frames inside among them.
pub(crate) fn layout(plan: &Plan, specs: &[FieldSpec]) -> Vec<FieldLayout> {
    let mut all = Vec::with_capacity(specs.len());
    add(plan, specs, true, &mut all);
    all
}

/// The field of that name. The number of a frame that stands several times does not matter, and
/// of a name in several frames to choose from no size is known.
pub(crate) fn field(layout: &[FieldLayout], name: &str) -> Option<FieldLayout> {
    let wanted = without_numbers(name);
    let mut found = layout.iter().filter(|field| field.name == wanted);
    let first = found.next()?;
    let same = found.all(|other| (other.size, other.int) == (first.size, first.int));
    Some(match same {
        true => first.clone(),
        false => FieldLayout::named(wanted),
    })
}

/// `items[3].name` as `items[].name`.
fn without_numbers(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (n, part) in name.split('[').enumerate() {
        if n > 0 {
            out.push('[');
        }
        let number = part.split(']').next().unwrap_or_default();
        let is_index = n > 0 && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        out.push_str(if is_index {
            &part[number.len()..]
        } else {
            part
        });
    }
    out
}

/// `own` is true for the frame itself. Messages set the id there; those inside belong to others.
fn add(plan: &Plan, specs: &[FieldSpec], own: bool, all: &mut Vec<FieldLayout>) {
    for (part, spec) in plan.parts.iter().zip(specs) {
        if let Some(nested) = part.content.kind().nested() {
            for (plan, specs) in nested.plans().iter().zip(inside(&spec.kind)) {
                add(plan, specs, false, all);
            }
            continue;
        }
        let mut field = FieldLayout::named(&*part.name);
        if let (Reach::Fixed(size), false) = (&part.reach, part.absent) {
            field.size = Some(*size);
        }
        let role = match &spec.kind {
            Kind::Int { int, role } => {
                field.int = Some(*int);
                Some(role)
            }
            Kind::Varint { role, .. } | Kind::Decimal { role, .. } => Some(role),
            _ => None,
        };
        field.id = own && role == Some(&IntRole::Id {});
        if let Some(IntRole::SizeOf { fields, .. }) = role {
            let before = part.name.strip_suffix(&*part.key).unwrap_or_default();
            field.counts = fields.iter().map(|f| format!("{before}{f}")).collect();
        }
        all.push(field);
        if let Some(terminator) = part.terminator() {
            // Some lines may end in two ways, and some terminators may be missing.
            let one = matches!(part.reach, Reach::Until { told: None, .. }) && !plan.final_optional;
            all.push(FieldLayout {
                size: one.then_some(terminator.bytes.len()),
                ..FieldLayout::named(&*terminator.name)
            });
        }
    }
}

/// The frames that can stand in such a field, in the order of its description.
fn inside(kind: &Kind) -> Vec<&[FieldSpec]> {
    match kind {
        Kind::Frame(fields) => vec![fields],
        Kind::Repeat(repeat) => vec![&repeat.fields],
        Kind::Switch(switch) => {
            let cases = switch.cases.iter().map(|case| &*case.fields);
            cases.chain(switch.other.as_deref()).collect()
        }
        Kind::FirstOf(alternatives) => alternatives.iter().map(|one| &*one.fields).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_left_out() {
        assert_eq!(without_numbers("a[12].b[0].c"), "a[].b[].c");
        assert_eq!(without_numbers("a.b"), "a.b");
        assert_eq!(without_numbers("a[b].c"), "a[b].c");
    }
}

//! The checks that turn a frame's description into a plan.

use std::sync::Arc;

use super::kinds::{constant, int, json};
use super::names::Names;
use super::plan::{Content, Part, Plan, Reach, Rule};
use super::solve;
use super::spec::{Extent, FieldSpec, Kind};
use super::spec_error::{SpecError, SpecErrorKind};
use crate::Limits;
use crate::terminator::Terminator;

/// A length, before it is known which field ends by it.
pub(crate) struct RuleDraft {
    pub(crate) owner: usize,
    pub(crate) members: Vec<usize>,
    pub(crate) adjust: i64,
}

/// Where a field ends, as far as it says so itself.
pub(crate) enum Draft<'a> {
    Fixed(usize),
    Counted,
    Until(&'a [u8]),
    Rest,
}

/// The plan of the frame called `frame`.
pub(crate) fn compile(frame: &str, specs: &[FieldSpec], limits: Limits) -> Result<Plan, SpecError> {
    check_names(frame, specs)?;
    let names = Names(specs.iter().map(|spec| spec.name.as_str()).collect());
    let mut rules = Vec::new();
    let mut contents = Vec::with_capacity(specs.len());
    let mut drafts = Vec::with_capacity(specs.len());
    for (place, spec) in specs.iter().enumerate() {
        let (content, draft) = match &spec.kind {
            Kind::Int { int, role } => (
                int::compile(&names, place, *int, role, &mut rules)?,
                Draft::Fixed(int.bytes()),
            ),
            Kind::Const(bytes) => (
                constant::compile(&spec.name, bytes)?,
                Draft::Fixed(bytes.len()),
            ),
            Kind::Bytes(extent) => (Content::Bytes, draft(&spec.name, extent)?),
            Kind::Text(extent) => (Content::Text, draft(&spec.name, extent)?),
            Kind::Json(json) => (
                json::compile(&names, place, json, &mut rules)?,
                draft(&spec.name, &json.extent)?,
            ),
        };
        contents.push(content);
        drafts.push(draft);
    }
    settle_rest(&names, &rules, &mut drafts)?;
    let resolvers = solve::resolvers(&names, &drafts, &rules)?;
    let parts = parts(&names, contents, &drafts, &resolvers, &rules);
    let rules = rules.into_iter().enumerate();
    let rules = rules.map(|(at, rule)| Rule {
        owner: rule.owner,
        outside: (0..parts.len())
            .filter(|place| !rule.members.contains(place))
            .collect(),
        members: rule.members,
        adjust: i128::from(rule.adjust),
        check: !resolvers.contains(&Some(at)),
    });
    let plan = Plan {
        rules: rules.collect(),
        parts,
        limits,
        final_optional: false,
    };
    check_size(frame, &plan)?;
    Ok(plan)
}

fn terminator_name(name: &str) -> String {
    format!("{name}.terminator")
}

fn check_names(frame: &str, specs: &[FieldSpec]) -> Result<(), SpecError> {
    use SpecErrorKind::{BadName, NoFields};
    if specs.is_empty() {
        return Err(SpecError::new(
            NoFields,
            frame,
            "the frame has no field",
            "give it one",
        ));
    }
    let mut taken: Vec<String> = Vec::new();
    for spec in specs {
        if spec.name.is_empty() {
            let mend = "every field needs one";
            return Err(SpecError::new(
                BadName,
                &spec.name,
                "the name is empty",
                mend,
            ));
        }
        let extent = match &spec.kind {
            Kind::Bytes(extent) | Kind::Text(extent) => Some(extent),
            Kind::Json(json) => Some(&json.extent),
            Kind::Int { .. } | Kind::Const(_) => None,
        };
        let mut own = vec![spec.name.clone()];
        if matches!(extent, Some(Extent::Until(_))) {
            own.push(terminator_name(&spec.name));
        }
        if let Some(twice) = own.iter().find(|name| taken.contains(name)) {
            let what = format!("the name `{twice}` stands twice in the frame");
            return Err(SpecError::new(
                BadName,
                &spec.name,
                what,
                "names are unique",
            ));
        }
        taken.append(&mut own);
    }
    Ok(())
}

fn draft<'a>(name: &str, extent: &'a Extent) -> Result<Draft<'a>, SpecError> {
    match extent {
        Extent::Counted => Ok(Draft::Counted),
        Extent::Rest => Ok(Draft::Rest),
        Extent::Size(0) => {
            let mend = "a field of a fixed size has at least 1 byte";
            Err(SpecError::new(
                SpecErrorKind::Empty,
                name,
                "the size is 0",
                mend,
            ))
        }
        Extent::Size(size) => Ok(Draft::Fixed(*size)),
        Extent::Until(bytes) if bytes.is_empty() => {
            let mend = "a field ends before at least 1 byte, such as \"\\n\"";
            Err(SpecError::new(
                SpecErrorKind::Empty,
                name,
                "the terminator is empty",
                mend,
            ))
        }
        Extent::Until(bytes) => Ok(Draft::Until(bytes)),
    }
}

/// A last field without an end of its own runs to the end of the input; no other field may.
fn settle_rest(
    names: &Names<'_>,
    rules: &[RuleDraft],
    drafts: &mut [Draft<'_>],
) -> Result<(), SpecError> {
    let last = drafts.len().saturating_sub(1);
    for (place, draft) in drafts.iter_mut().enumerate() {
        let cover = rules.iter().find(|rule| rule.members.contains(&place));
        match (&*draft, cover) {
            (Draft::Counted, None) if place == last => *draft = Draft::Rest,
            (Draft::Rest, _) if place != last => {
                let what = format!("it takes the rest, and `{}` follows", names.0[place + 1]);
                let mend = "only the last field may take the rest";
                return Err(SpecError::new(
                    SpecErrorKind::TwoExtents,
                    names.0[place],
                    what,
                    mend,
                ));
            }
            (Draft::Rest, Some(rule)) => {
                let what = format!(
                    "it takes the rest, and the length in `{}` covers it",
                    names.0[rule.owner]
                );
                let mend = "say only one of them";
                return Err(SpecError::new(
                    SpecErrorKind::TwoExtents,
                    names.0[place],
                    what,
                    mend,
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn parts(
    names: &Names<'_>,
    contents: Vec<Content>,
    drafts: &[Draft<'_>],
    resolvers: &[Option<usize>],
    rules: &[RuleDraft],
) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(contents.len());
    for (place, content) in contents.into_iter().enumerate() {
        let name: Arc<str> = names.0[place].into();
        let (reach, min) = match (&drafts[place], resolvers[place]) {
            (Draft::Fixed(size), _) => (Reach::Fixed(*size), *size),
            (Draft::Counted, Some(rule)) => (Reach::Counted(rule), 0),
            (Draft::Until(bytes), _) => {
                let end = terminator_name(&name);
                (
                    Reach::Until(Box::new(Terminator::new(end.into(), bytes.to_vec()))),
                    bytes.len(),
                )
            }
            // A counted field without a rule was refused before.
            (Draft::Rest, _) | (Draft::Counted, None) => (Reach::Rest, 0),
        };
        let covers = |at: &usize| rules[*at].members.contains(&place);
        let bounds = (0..rules.len())
            .filter(covers)
            .filter(|at| resolvers[place] != Some(*at));
        let bounds = bounds.collect();
        parts.push(Part {
            name,
            content,
            reach,
            min,
            header: false,
            bounds,
        });
    }
    let mut header = false;
    for part in parts.iter_mut().rev() {
        part.header = header;
        header |= part.is_variable();
    }
    parts
}

fn check_size(frame: &str, plan: &Plan) -> Result<(), SpecError> {
    let header = plan.parts.iter().filter(|part| part.header);
    let header = header.fold(0usize, |sum, part| sum.saturating_add(part.min));
    let whole = plan
        .parts
        .iter()
        .fold(0usize, |sum, part| sum.saturating_add(part.min));
    for (size, limit, word) in [
        (whole, plan.limits.frame, "frame"),
        (header, plan.limits.header, "header"),
    ] {
        if size > limit {
            let what = format!("the smallest {word} has {size} bytes, and the limit is {limit}");
            let mend = "raise the limit or describe less";
            return Err(SpecError::new(SpecErrorKind::TooLarge, frame, what, mend));
        }
    }
    Ok(())
}

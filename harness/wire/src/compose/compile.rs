//! The checks that turn a frame's description into a plan.

use std::sync::Arc;

use super::kinds::Content;
use super::names::Names;
use super::plan::{Part, Plan, Reach, Rule};
use super::solve;
use super::spec::{Extent, FieldSpec, IntRole, Kind};
use super::spec_error::{SpecError, SpecErrorKind};
use crate::Limits;
use crate::terminator::Terminator;

/// A length, before it is known which field ends by it.
pub(crate) struct RuleDraft {
    pub(crate) owner: usize,
    pub(crate) members: Vec<usize>,
    pub(crate) adjust: i64,
    /// True where it may say that its field is not there.
    pub(crate) absent: bool,
    /// True where a frame may do without it.
    pub(crate) optional: bool,
}

impl RuleDraft {
    /// A plain length of nothing yet, which stands in the field `owner`.
    pub(crate) fn of(owner: usize) -> Self {
        Self {
            owner,
            members: Vec::new(),
            adjust: 0,
            absent: false,
            optional: false,
        }
    }
}

/// Where a field ends, as far as it says so itself.
pub(crate) enum Draft {
    Fixed(usize),
    Counted,
    Until(Vec<u8>),
    /// Where its own bytes say, at the earliest after `min` with what stands behind its content.
    Own {
        min: usize,
        terminator: Option<Vec<u8>>,
    },
    /// Where the frame inside ends.
    Nested {
        min: usize,
    },
    Rest,
}

impl Draft {
    /// Bytes that say their own end, with nothing behind them.
    pub(crate) fn own(min: usize) -> Self {
        Self::Own {
            min,
            terminator: None,
        }
    }
}

/// One field on its way into a plan.
pub(crate) struct Compiling<'a> {
    pub(crate) names: &'a Names<'a>,
    specs: &'a [FieldSpec],
    /// The field's place.
    pub(crate) place: usize,
    /// The full name of the frame around, with a dot; empty for the outermost.
    pub(crate) prefix: &'a str,
    pub(crate) limits: Limits,
    /// How many frames may lie inside one another from here.
    pub(crate) depth: usize,
    rules: &'a mut Vec<RuleDraft>,
    /// The fields that are counted by another.
    counted: &'a mut Vec<usize>,
}

impl<'a> Compiling<'a> {
    /// The field's name in its frame.
    pub(crate) fn name(&self) -> &'a str {
        self.names.0[self.place]
    }

    /// Adds a length, and says by which number others know it.
    pub(crate) fn rule(&mut self, rule: RuleDraft) -> usize {
        self.rules.push(rule);
        self.rules.len() - 1
    }

    /// Notes that this field counts another.
    pub(crate) fn count(&mut self, place: usize) -> Result<(), SpecError> {
        let other = self.names.0[place];
        let refuse = |what: String, mend: &str| {
            Err(SpecError::new(
                SpecErrorKind::Misplaced,
                self.name(),
                what,
                mend,
            ))
        };
        if !matches!(self.specs[place].kind, Kind::Repeat(_)) {
            let what = format!("it counts `{other}`, which stands once");
            return refuse(
                what,
                "count a `repeat`; the size of anything else is `size_of`",
            );
        }
        if self.counted.contains(&place) {
            let what = format!("`{other}` is counted already");
            return refuse(what, "one field counts it");
        }
        self.counted.push(place);
        Ok(())
    }

    /// True where another field counts this one.
    pub(crate) fn is_counted(&self) -> bool {
        self.counted.contains(&self.place)
    }

    /// True where the field at `place` holds a number.
    pub(crate) fn is_number(&self, place: usize) -> bool {
        matches!(
            self.specs[place].kind,
            Kind::Int { .. } | Kind::Varint { .. } | Kind::Decimal { .. }
        )
    }

    /// Where the field ends as its description says.
    pub(crate) fn draft(&self, extent: &Extent) -> Result<Draft, SpecError> {
        let empty = |what: &str, mend: &str| {
            Err(SpecError::new(
                SpecErrorKind::Empty,
                self.name(),
                what,
                mend,
            ))
        };
        match extent {
            Extent::Counted => Ok(Draft::Counted),
            Extent::Rest => Ok(Draft::Rest),
            Extent::Size(0) => {
                let mend = "a field of a fixed size has at least 1 byte";
                empty("the size is 0", mend)
            }
            Extent::Size(size) => Ok(Draft::Fixed(*size)),
            Extent::Until(bytes) if bytes.is_empty() => {
                let mend = "a field ends before at least 1 byte, such as \"\\n\"";
                empty("the terminator is empty", mend)
            }
            Extent::Until(bytes) => Ok(Draft::Until(bytes.clone())),
        }
    }
}

/// The plan of the frame called `frame`.
pub(crate) fn compile(frame: &str, specs: &[FieldSpec], limits: Limits) -> Result<Plan, SpecError> {
    if specs.is_empty() {
        return Err(SpecError::new(
            SpecErrorKind::NoFields,
            frame,
            "the frame has no field",
            "give it one",
        ));
    }
    plan(frame, "", specs, limits, limits.depth)
}

/// The plan of a frame whose fields have names that begin with `prefix`.
pub(crate) fn plan(
    frame: &str,
    prefix: &str,
    specs: &[FieldSpec],
    limits: Limits,
    depth: usize,
) -> Result<Plan, SpecError> {
    check_names(specs)?;
    let names = Names(specs.iter().map(|spec| spec.name.as_str()).collect());
    let (mut rules, mut counted) = (Vec::new(), Vec::new());
    let mut contents = Vec::with_capacity(specs.len());
    let mut drafts = Vec::with_capacity(specs.len());
    for (place, spec) in specs.iter().enumerate() {
        let mut compiling = Compiling {
            names: &names,
            specs,
            place,
            prefix,
            limits,
            depth,
            rules: &mut rules,
            counted: &mut counted,
        };
        let (content, draft) = Content::compile(&mut compiling, &spec.kind)?;
        contents.push(content);
        drafts.push(draft);
    }
    settle_rest(&names, &rules, &mut drafts)?;
    let resolvers = solve::resolvers(&names, &drafts, &rules)?;
    check_absent(&names, specs, &rules, &resolvers)?;
    check_optional(&names, &drafts, &rules)?;
    let parts = parts(prefix, &names, contents, drafts, &resolvers, &rules);
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

fn check_names(specs: &[FieldSpec]) -> Result<(), SpecError> {
    let bad = |name: &str, what: String, mend: &str| {
        Err(SpecError::new(SpecErrorKind::BadName, name, what, mend))
    };
    let mut taken: Vec<String> = Vec::new();
    for spec in specs {
        if spec.name.is_empty() {
            let mend = "every field needs one";
            return bad(&spec.name, "the name is empty".into(), mend);
        }
        let extent = match &spec.kind {
            Kind::Bytes(extent) | Kind::Text(extent) => Some(extent),
            Kind::Json(json) => Some(&json.extent),
            _ => None,
        };
        let mut own = vec![spec.name.clone()];
        if matches!(extent, Some(Extent::Until(_))) {
            own.push(terminator_name(&spec.name));
        }
        if let Some(twice) = own.iter().find(|name| taken.contains(name)) {
            let what = format!("the name `{twice}` stands twice in the frame");
            return bad(&spec.name, what, "names are unique");
        }
        taken.append(&mut own);
    }
    Ok(())
}

/// A last field without an end of its own runs to the end of the input; no other field may.
fn settle_rest(
    names: &Names<'_>,
    rules: &[RuleDraft],
    drafts: &mut [Draft],
) -> Result<(), SpecError> {
    let last = drafts.len().saturating_sub(1);
    let two = |place: usize, what: String, mend: &str| {
        let kind = SpecErrorKind::TwoExtents;
        Err(SpecError::new(kind, names.0[place], what, mend))
    };
    for (place, draft) in drafts.iter_mut().enumerate() {
        let cover = rules.iter().find(|rule| rule.members.contains(&place));
        match (&*draft, cover) {
            (Draft::Counted, None) if place == last => *draft = Draft::Rest,
            (Draft::Rest, _) if place != last => {
                let what = format!("it takes the rest, and `{}` follows", names.0[place + 1]);
                return two(place, what, "only the last field may take the rest");
            }
            (Draft::Rest, Some(rule)) => {
                let owner = names.0[rule.owner];
                let what = format!("it takes the rest, and the length in `{owner}` covers it");
                return two(place, what, "say only one of them");
            }
            _ => {}
        }
    }
    Ok(())
}

/// A length that can say "none" speaks of one field, which it ends, and which may be empty.
fn check_absent(
    names: &Names<'_>,
    specs: &[FieldSpec],
    rules: &[RuleDraft],
    resolvers: &[Option<usize>],
) -> Result<(), SpecError> {
    for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.absent) {
        let fits = |place: usize| {
            matches!(specs[place].kind, Kind::Bytes(_) | Kind::Text(_))
                && resolvers[place] == Some(at)
        };
        if !matches!(rule.members.as_slice(), [only] if fits(*only)) {
            return Err(SpecError::new(
                SpecErrorKind::Ambiguous,
                names.0[rule.owner],
                "a value for none does not say which field is not there",
                "let the length cover one field of bytes or text alone, which ends by it",
            ));
        }
    }
    Ok(())
}

/// A length that may be missing speaks of a field that has a terminator.
fn check_optional(
    names: &Names<'_>,
    drafts: &[Draft],
    rules: &[RuleDraft],
) -> Result<(), SpecError> {
    for rule in rules.iter().filter(|rule| rule.optional) {
        if let Some(&place) = rule.members.first()
            && !matches!(drafts[place], Draft::Until(_))
        {
            let owner = names.0[rule.owner];
            let what = format!("where `{owner}` has no length, nothing says where it ends");
            return Err(SpecError::new(
                SpecErrorKind::NoExtent,
                names.0[place],
                what,
                "give it an `until`, or make the length needed",
            ));
        }
    }
    Ok(())
}

fn parts(
    prefix: &str,
    names: &Names<'_>,
    contents: Vec<Content>,
    drafts: Vec<Draft>,
    resolvers: &[Option<usize>],
    rules: &[RuleDraft],
) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(contents.len());
    let mut nests = 0;
    for ((place, content), draft) in contents.into_iter().enumerate().zip(drafts) {
        let name = format!("{prefix}{}", names.0[place]);
        let end = |bytes: Vec<u8>| Box::new(Terminator::new(terminator_name(&name).into(), bytes));
        let covers = |at: &usize| rules[*at].members.contains(&place);
        let covering = || (0..rules.len()).filter(covers);
        let (reach, min) = match (draft, resolvers[place]) {
            (Draft::Fixed(size), _) => (Reach::Fixed(size), size),
            (Draft::Counted, Some(rule)) => (Reach::Counted(rule), 0),
            (Draft::Until(bytes), _) => {
                let min = bytes.len();
                let told = covering().find(|&at| rules[at].optional);
                let terminator = end(bytes);
                (Reach::Until { terminator, told }, min)
            }
            (Draft::Own { min, terminator }, _) => (Reach::Own(terminator.map(end)), min),
            (Draft::Nested { min }, _) => (Reach::Nested, min),
            // A counted field without a rule was refused before.
            (Draft::Rest, _) | (Draft::Counted, None) => (Reach::Rest, 0),
        };
        let nest = content.kind().nested().map(|_| nests);
        nests += usize::from(nest.is_some());
        parts.push(Part {
            key: names.0[place].to_owned(),
            content,
            reach,
            min,
            header: false,
            bounds: covering()
                .filter(|at| resolvers[place] != Some(*at))
                .collect(),
            nest,
            absent: covering().any(|at| rules[at].absent),
            name: Arc::from(name),
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
    for (size, limit, word) in [
        (plan.min(), plan.limits.frame, "frame"),
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

/// The description as it stands in datagrams: without the fields that only streams have, and
/// without their names in the lists of others.
pub(crate) fn without_stream_fields(specs: &[FieldSpec]) -> Vec<FieldSpec> {
    let (gone, mut left): (Vec<_>, Vec<_>) =
        specs.iter().cloned().partition(|spec| spec.only_stream);
    let stays = |name: &String| gone.iter().all(|spec| spec.name != *name);
    for spec in &mut left {
        match &mut spec.kind {
            Kind::Int { role, .. } | Kind::Varint { role, .. } | Kind::Decimal { role, .. } => {
                if let IntRole::SizeOf { fields, .. } = role {
                    fields.retain(stays);
                }
            }
            Kind::Json(json) => {
                if let Some((_, fields)) = &mut json.size {
                    fields.retain(stays);
                }
                if let Some(digest) = &mut json.digest {
                    digest.fields.retain(stays);
                }
            }
            Kind::Headers(headers) => {
                if let Some(size) = &mut headers.size {
                    size.fields.retain(stays);
                }
            }
            _ => {}
        }
    }
    left
}

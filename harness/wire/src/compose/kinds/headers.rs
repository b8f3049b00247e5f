//! Header lines, one of which may say the size of later fields.

use super::{FieldKind, Length, Said, Says, Scan, lines};
use crate::compose::compile::{Compiling, Draft, RuleDraft};
use crate::compose::encode::{Line, Piece, show, unfit, wire_size};
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::HeadersSpec;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::line::LineEnd;
use crate::{EncodeError, FrameErrorKind, Value, effort};

/// Lines of `name: value`.
#[derive(Debug)]
pub(crate) struct Headers {
    line_end: LineEnd,
    separator: Vec<u8>,
    size: Option<Size>,
}

/// The header that holds a size.
#[derive(Debug)]
struct Size {
    name: String,
    rule: usize,
    /// The field that may end by its terminator instead.
    optional: Option<usize>,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    spec: &HeadersSpec,
) -> Result<(Headers, Draft), SpecError> {
    let name = c.name();
    let refuse = |kind, what: &str, mend: &str| Err(SpecError::new(kind, name, what, mend));
    let colon = spec.separator.iter().filter(|&&byte| byte == b':').count();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b':');
    if colon != 1 || spec.separator.first() != Some(&b':') || !spec.separator.iter().all(blank) {
        let mend = "write \":\", or \": \" where blanks around a value do not belong to it";
        return refuse(SpecErrorKind::BadKey, "the separator is no colon", mend);
    }
    let mut size = None;
    if let Some(given) = &spec.size {
        if !is_name(given.name.as_bytes()) {
            let what = "the header of the size has no name that can stand in a line";
            return refuse(SpecErrorKind::BadKey, what, "such as Content-Length");
        }
        let members = c.names.later_places(c.place, "the size", &given.fields)?;
        let optional = match (given.optional, members.as_slice()) {
            (false, _) => None,
            (true, [only]) => Some(*only),
            (true, _) => {
                let what = "a size that may be missing speaks of several fields";
                let mend = "name one field, which has an `until`";
                return refuse(SpecErrorKind::Ambiguous, what, mend);
            }
        };
        let rule = c.rule(RuleDraft {
            members,
            adjust: given.adjust,
            optional: given.optional,
            ..RuleDraft::of(c.place)
        });
        size = Some(Size {
            name: given.name.clone(),
            rule,
            optional,
        });
    }
    let headers = Headers {
        line_end: spec.line_end,
        separator: spec.separator.clone(),
        size,
    };
    Ok((headers, lines::draft(spec.line_end, b"")))
}

fn malformed(at: usize, what: String) -> Wrong {
    Wrong {
        kind: FrameErrorKind::Malformed,
        at,
        what,
    }
}

/// True for what can stand before the colon: UTF-8 without controls, blanks and colons.
fn is_name(name: &[u8]) -> bool {
    let fits = |&b: &u8| b > b' ' && b != 0x7f && b != b':';
    !name.is_empty() && name.iter().all(fits) && std::str::from_utf8(name).is_ok()
}

/// True for what can stand behind the colon: anything that ends no line.
fn is_value(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

impl Headers {
    /// Name and value of a line, and the offset of the value.
    fn split<'a>(&self, line: &'a [u8], at: usize) -> Result<(&'a [u8], &'a [u8], usize), Wrong> {
        let shown = || line[..line.len().min(40)].escape_ascii();
        let Some(colon) = memchr::memchr(b':', line) else {
            return Err(malformed(
                at,
                format!("the line \"{}\" has no colon", shown()),
            ));
        };
        let (name, mut value) = (&line[..colon], &line[colon + 1..]);
        if !is_name(name) {
            let what = format!("\"{}\" begins with no header's name", shown());
            return Err(malformed(at, what));
        }
        let mut start = at + colon + 1;
        if self.separator.len() > 1 {
            let trimmed = value.trim_ascii_start();
            start += value.len() - trimmed.len();
            value = trimmed.trim_ascii_end();
        }
        if !is_value(value) {
            let what = format!("a CR or NUL stands in the line \"{}\"", shown());
            return Err(malformed(at, what));
        }
        Ok((name, value, start))
    }

    fn size_value(&self, size: &Size, text: &[u8], at: usize) -> Result<i128, Wrong> {
        let shown = text[..text.len().min(40)].escape_ascii();
        if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
            let what = format!("`{}` is \"{shown}\": a size is digits only", size.name);
            return Err(malformed(at, what));
        }
        let value = std::str::from_utf8(text)
            .ok()
            .and_then(|t| t.parse::<u64>().ok());
        value.map(i128::from).ok_or_else(|| Wrong {
            kind: FrameErrorKind::TooLarge,
            at,
            what: format!("`{}` is {shown}, more than 64 bits", size.name),
        })
    }

    /// Refuses what is no header, and a size that is said by the message twice.
    fn check(&self, part: &Part, lines: &[(String, Vec<u8>)]) -> Result<(), EncodeError> {
        for (name, value) in lines {
            if !is_name(name.as_bytes()) || !is_value(value) {
                let given = format!("the header \"{}\"", name.escape_default());
                let expected = "a name has no blanks and no colon, a value no CR, LF or NUL";
                return Err(unfit(&part.key, given, expected));
            }
        }
        let Some(size) = &self.size else {
            return Ok(());
        };
        let mut sizes = lines.iter().filter(|(name, _)| size.is(name.as_bytes()));
        match (sizes.next(), sizes.next()) {
            (Some(_), Some(_)) => {
                let given = format!("`{}` twice", size.name);
                Err(unfit(&part.key, given, "it stands once"))
            }
            _ => Ok(()),
        }
    }
}

impl Size {
    fn is(&self, name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(self.name.as_bytes())
    }
}

impl FieldKind for Headers {
    fn has_default(&self) -> bool {
        true
    }

    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let given = match given {
            Some(Value::Headers(lines)) => lines.as_slice(),
            Some(value) => return Err(unfit(&part.key, show(value), "it holds headers")),
            None => &[],
        };
        self.check(part, given)?;
        let mut lines: Vec<Line<'m>> = Vec::with_capacity(given.len() + 1);
        let said = |(name, _): &&(String, Vec<u8>)| {
            self.size
                .as_ref()
                .is_some_and(|size| size.is(name.as_bytes()))
        };
        if let (Some(size), None) = (&self.size, given.iter().find(said)) {
            lines.push(Line::Computed {
                name: &size.name,
                given: None,
            });
        }
        for (name, value) in given {
            let is_size = self
                .size
                .as_ref()
                .is_some_and(|size| size.is(name.as_bytes()));
            lines.push(match is_size {
                true => Line::Computed {
                    name,
                    given: Some(value),
                },
                false => Line::Given { name, value },
            });
        }
        let text = Vec::new();
        Ok(Piece::Headers { lines, text })
    }

    fn describe(
        &self,
        plan: &Plan,
        pieces: &mut [Piece<'_>],
        place: usize,
    ) -> Result<(), EncodeError> {
        let mut value = 0;
        let mut needed = true;
        if let Some(size) = &self.size {
            let rule = &plan.rules[size.rule];
            let sizes = rule.members.iter();
            let sizes = sizes.map(|&member| wire_size(plan, pieces, member) as i128);
            value = sizes.sum::<i128>() + rule.adjust;
            if let Some(member) = size.optional
                && let Some(terminator) = plan.parts[member].terminator()
                && let Piece::Bytes(bytes) = &pieces[member]
            {
                needed = terminator.collides(bytes).is_some();
            }
        }
        let Piece::Headers { lines, text } = &mut pieces[place] else {
            return Ok(());
        };
        text.clear();
        for line in lines {
            let computed;
            let (name, value) = match line {
                Line::Given { name, value } => (*name, *value),
                Line::Computed { given: None, .. } if !needed => continue,
                Line::Computed { name, given } => {
                    computed = value.to_string();
                    if value < 0 || given.is_some_and(|given| given != computed.as_bytes()) {
                        let given = given.map_or("", |_| " as it is given");
                        return Err(unfit(
                            &plan.parts[place].key,
                            format!("`{name}`{given}"),
                            format!("it is computed, and comes to {computed}: leave it out"),
                        ));
                    }
                    (*name, computed.as_bytes())
                }
            };
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(&self.separator);
            text.extend_from_slice(value);
            text.extend_from_slice(self.line_end.bytes());
        }
        Ok(())
    }

    fn accept(&self, content: &[u8]) -> Result<Said, Wrong> {
        effort::add(content.len());
        let mut found = None;
        for (at, line) in self.line_end.split(content) {
            let (name, value, start) = self.split(line, at)?;
            if let Some(size) = &self.size
                && size.is(name)
            {
                // Readers differ in which one they take, and so in where the next frame begins.
                if found.is_some() {
                    return Err(malformed(at, format!("`{}` stands twice", size.name)));
                }
                found = Some((self.size_value(size, value, start)?, start));
            }
        }
        let Some(size) = &self.size else {
            return Ok(Said::Nothing);
        };
        let (says, at) = match found {
            Some((value, at)) => (Says::Value(value), at),
            None if size.optional.is_some() => (Says::Untold, 0),
            None => {
                let what = format!(
                    "the header `{}` is missing, the size of what follows",
                    size.name
                );
                return Err(malformed(0, what));
            }
        };
        Ok(Said::Length(Length {
            rule: size.rule,
            says,
            at,
        }))
    }

    #[inline]
    fn scan(&self, bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        lines::scan(bytes, from, self.line_end, b"")
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        let part = &frame.plan.parts[place];
        let content = frame.content(place);
        let end = self.line_end.bytes();
        let mut candidate = |mistake: &str, about: String, content: &[u8]| {
            out.push(Candidate {
                name: format!("{}.{mistake}", part.name),
                about,
                bytes: frame.with(place, content),
            });
        };
        let with = |line: &[u8]| [content, line, end].concat();
        candidate("no_colon", "A line has no colon.".into(), &with(b"nocolon"));
        candidate(
            "no_name",
            "A line begins with its colon.".into(),
            &with(b": x"),
        );
        let about = "A blank stands between name and colon.".to_owned();
        candidate("blank_before_colon", about, &with(b"X : y"));
        candidate(
            "folded",
            "A line begins with a blank.".into(),
            &with(b" x: y"),
        );
        candidate("nul", "A value has a NUL in it.".into(), &with(b"X: \0"));
        candidate(
            "bare_cr",
            "A value has a CR in it.".into(),
            &with(b"X: a\rb"),
        );
        if let Some(size) = &self.size {
            let is_size = |line: &[u8]| {
                line.split(|&b| b == b':')
                    .next()
                    .is_some_and(|n| size.is(n))
            };
            let others = self
                .line_end
                .split(content)
                .filter(|(_, line)| !is_size(line));
            let others: Vec<u8> = others.flat_map(|(_, line)| [line, end].concat()).collect();
            let value = self.line_end.split(content).find(|(_, line)| is_size(line));
            let value = value.and_then(|(at, line)| self.split(line, at).ok());
            let value = value.map_or_else(
                || "0".into(),
                |(_, value, _)| value.escape_ascii().to_string(),
            );
            let key = size.name.to_ascii_lowercase();
            let line = |text: &str| {
                [
                    &others,
                    size.name.as_bytes(),
                    &self.separator,
                    text.as_bytes(),
                    end,
                ]
                .concat()
            };
            candidate(
                &format!("{key}_missing"),
                format!("`{}` is missing.", size.name),
                &others,
            );
            for (mistake, text) in [
                ("empty", String::new()),
                ("negative", "-1".into()),
                ("plus", format!("+{value}")),
                ("hex", format!("0x{value}")),
                ("text", "many".into()),
                ("list", format!("{value}, {value}")),
                ("huge", i64::MAX.to_string()),
                ("over_64_bits", "9".repeat(30)),
                (
                    "long_by_one",
                    value.parse::<u64>().map_or(0, |v| v + 1).to_string(),
                ),
                (
                    "short_by_one",
                    value
                        .parse::<u64>()
                        .map_or(0, |v| v.saturating_sub(1))
                        .to_string(),
                ),
            ] {
                let about = format!("`{}` is \"{text}\", and {value} is right.", size.name);
                candidate(&format!("{key}_{mistake}"), about, &line(&text));
            }
            let twice = [line(&value), line("0")[others.len()..].to_vec()].concat();
            let about = format!("`{}` stands twice, the second time as 0.", size.name);
            candidate(&format!("{key}_duplicate"), about, &twice);
        }
        lines::bare_lf(frame, place, self.line_end, out);
    }
}

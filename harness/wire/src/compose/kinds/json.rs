//! JSON objects that speak of other fields.

use serde_json::{Map, Value as Json};

use super::{FieldKind, Length, Said, Says};
use crate::compose::compile::{Compiling, Draft, RuleDraft};
use crate::compose::encode::{Piece, check_extent, content, show, unfit, wire_size};
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::JsonSpec;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{Algorithm, EncodeError, FrameErrorKind, Value, json};

/// Limits on nesting up to this many levels are worth an object that exceeds them.
const DEEPEST: usize = 1 << 16;

/// A JSON object.
#[derive(Debug)]
pub(crate) struct JsonObject {
    size: Option<JsonSize>,
    pub(crate) digest: Option<JsonDigest>,
    /// The most levels.
    depth: usize,
}

/// A size in a JSON object.
#[derive(Debug)]
struct JsonSize {
    key: String,
    rule: usize,
}

/// A digest in a JSON object.
#[derive(Debug)]
pub(crate) struct JsonDigest {
    pub(crate) key: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) members: Vec<usize>,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    spec: &JsonSpec,
) -> Result<(JsonObject, Draft), SpecError> {
    let bad_key =
        |what: String, mend: &str| Err(SpecError::new(SpecErrorKind::BadKey, c.name(), what, mend));
    let keys = [
        spec.size.as_ref().map(|(key, _)| key),
        spec.digest.as_ref().map(|d| &d.key),
    ];
    if keys.into_iter().flatten().any(String::is_empty) {
        return bad_key("a key is empty".into(), "name the key in the JSON object");
    }
    if let [Some(size), Some(digest)] = keys
        && size == digest
    {
        let what = format!("the key `{size}` holds both a size and a digest");
        return bad_key(what, "give each a key of its own");
    }
    let mut size = None;
    if let Some((key, fields)) = &spec.size {
        let members = c.names.later_places(c.place, "the size", fields)?;
        size = Some(JsonSize {
            key: key.clone(),
            rule: c.rule(RuleDraft {
                members,
                ..RuleDraft::of(c.place)
            }),
        });
    }
    let mut digest = None;
    if let Some(spec) = &spec.digest {
        let members = c.names.later_places(c.place, "the digest", &spec.fields)?;
        digest = Some(JsonDigest {
            key: spec.key.clone(),
            algorithm: spec.algorithm,
            members,
        });
    }
    let object = JsonObject {
        size,
        digest,
        depth: c.limits.depth,
    };
    Ok((object, c.draft(&spec.extent)?))
}

impl FieldKind for JsonObject {
    fn has_default(&self) -> bool {
        self.size.is_some() || self.digest.is_some()
    }

    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let object = match given {
            Some(Value::Json(Json::Object(object))) => object.clone(),
            Some(value) => return Err(unfit(&part.key, show(value), "it holds a JSON object")),
            None if self.has_default() => Map::new(),
            None => {
                return Err(EncodeError::Missing {
                    name: part.key.clone(),
                });
            }
        };
        let computed = [
            self.size.as_ref().map(|size| &size.key),
            self.digest.as_ref().map(|digest| &digest.key),
        ];
        for key in computed.into_iter().flatten() {
            if let Some(value) = object.get(key) {
                let given = format!("the key `{key}` with {}", json::shorten(&value.to_string()));
                let expected = "that key is computed, leave it out";
                return Err(unfit(&part.key, given, expected));
            }
        }
        let text = String::new();
        Ok(Piece::Json { object, text })
    }

    fn describe(
        &self,
        plan: &Plan,
        pieces: &mut [Piece<'_>],
        place: usize,
    ) -> Result<(), EncodeError> {
        let covered = self.size.as_ref().map(|size| {
            let members = plan.rules[size.rule].members.iter();
            let sizes = members.map(|&member| wire_size(plan, pieces, member));
            (&size.key, sizes.sum::<usize>())
        });
        let Piece::Json { object, text } = &mut pieces[place] else {
            return Ok(());
        };
        if let Some((key, covered)) = covered {
            object.insert(key.clone(), Json::from(covered));
        }
        if let Some(digest) = &self.digest {
            // A digest has the same length whatever it is: it can wait until all lengths stand.
            let blank = "0".repeat(digest.algorithm.size() * 2);
            object.insert(digest.key.clone(), Json::String(blank));
        }
        *text = print(object);
        check_extent(&plan.parts[place], text.as_bytes())
    }

    fn seal(&self, plan: &Plan, pieces: &mut [Piece<'_>], place: usize) {
        let Some(digest) = &self.digest else {
            return;
        };
        let members = digest.members.iter();
        let contents: Vec<_> = members.map(|&m| content(plan, pieces, m)).collect();
        let hex = digest.algorithm.hex(contents.iter().map(AsRef::as_ref));
        if let Piece::Json { object, text } = &mut pieces[place] {
            object.insert(digest.key.clone(), Json::String(hex));
            *text = print(object);
        }
    }

    fn accept(&self, content: &[u8]) -> Result<Said, Wrong> {
        let found = read(
            content,
            self.depth,
            self.size.as_ref(),
            self.digest.as_ref(),
        )?;
        let length = match (&self.size, found.size) {
            (Some(size), Some((value, at))) => Some(Length {
                rule: size.rule,
                says: Says::Value(value),
                at,
            }),
            _ => None,
        };
        Ok(match (found.digest, length) {
            (Some(hex), length) => Said::Digest {
                hex: hex.to_ascii_lowercase(),
                length,
            },
            (None, Some(length)) => Said::Length(length),
            (None, None) => Said::Nothing,
        })
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        malformed(self, frame, place, out);
    }
}

fn print(object: &Map<String, Json>) -> String {
    // A map with text keys always prints: its writer is a string, its values are plain.
    serde_json::to_string(object).unwrap_or_default()
}

/// What a JSON field says about others.
#[derive(Debug, Default)]
struct Found<'a> {
    /// The size, and the offset in the field at which it stands.
    size: Option<(i128, usize)>,
    /// The digest's hexadecimal text.
    digest: Option<&'a str>,
}

/// Reads a whole JSON field.
fn read<'a>(
    content: &'a [u8],
    depth: usize,
    size: Option<&JsonSize>,
    digest: Option<&JsonDigest>,
) -> Result<Found<'a>, Wrong> {
    let size_key = size.map(|size| size.key.as_str());
    let digest_key = digest.map(|digest| digest.key.as_str());
    let mut values = json::read(content, depth, [size_key, digest_key])?;
    let mut said = Found::default();
    if let (Some(key), [value, _]) = (size_key, &values) {
        let (text, at) = value.ok_or_else(|| missing(key, "the size of what follows"))?;
        said.size = Some((size_value(key, text, at)?, at));
    }
    if let (Some(digest), [_, value]) = (digest, &mut values) {
        let (text, at) = value.ok_or_else(|| missing(&digest.key, "a digest"))?;
        said.digest = Some(digest_value(digest, text, at)?);
    }
    Ok(said)
}

fn missing(key: &str, meaning: &str) -> Wrong {
    let what = format!("the JSON object lacks the key `{key}`, {meaning}");
    Wrong {
        kind: FrameErrorKind::Malformed,
        at: 0,
        what,
    }
}

fn size_value(key: &str, text: &str, at: usize) -> Result<i128, Wrong> {
    let wrong = |kind, word: &str| {
        let what = format!(
            "`{key}` is {}, {word}: a size is digits only",
            json::shorten(text)
        );
        Err(Wrong { kind, at, what })
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        let word = match text.bytes().next() {
            Some(b'"') => "a string",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            _ => "a word",
        };
        return wrong(FrameErrorKind::Malformed, word);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return wrong(FrameErrorKind::Malformed, "with a fraction or an exponent");
    }
    if text.starts_with('-') {
        return wrong(FrameErrorKind::BadLength, "negative");
    }
    match text.parse::<u64>() {
        Ok(size) => Ok(i128::from(size)),
        Err(_) => wrong(FrameErrorKind::TooLarge, "more than 64 bits"),
    }
}

fn digest_value<'a>(digest: &JsonDigest, text: &'a str, at: usize) -> Result<&'a str, Wrong> {
    let digits = digest.algorithm.size() * 2;
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(hex) if hex.len() == digits && hex.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(hex),
        _ => {
            let what = format!(
                "`{}` is {}: a digest by {} is a string of {digits} hexadecimal digits",
                digest.key,
                json::shorten(text),
                digest.algorithm
            );
            Err(Wrong {
                kind: FrameErrorKind::Malformed,
                at,
                what,
            })
        }
    }
}

fn malformed(json: &JsonObject, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
    let name = &frame.plan.parts[place].name;
    let content = frame.content(place);
    let Ok(object) = serde_json::from_slice::<Map<String, Json>>(content) else {
        return;
    };
    let mut candidate = |mistake: &str, about: String, content: &[u8]| {
        let bytes = frame.with(place, content);
        out.push(Candidate {
            name: format!("{name}.{mistake}"),
            about,
            bytes,
        });
    };
    let inner = &content[1..];
    candidate(
        "empty",
        "The JSON object is missing altogether.".into(),
        b"",
    );
    candidate(
        "not_json",
        "The object begins with `x`.".into(),
        &[b"x", inner].concat(),
    );
    candidate(
        "not_utf8",
        "The object ends in 0xff.".into(),
        &[content, &[0xff]].concat(),
    );
    candidate(
        "array",
        "The object stands in an array.".into(),
        &[b"[", content, b"]"].concat(),
    );
    candidate(
        "trailing",
        "A second object follows.".into(),
        &[content, b"{}"].concat(),
    );
    let depth = frame.plan.limits.depth;
    if depth <= DEEPEST {
        let deep = with_key(
            &object,
            "deep",
            Some("[".repeat(depth) + &"]".repeat(depth)),
        );
        let about = format!("The JSON is nested {} levels deep.", depth + 1);
        candidate("too_deep", about, deep.as_bytes());
    }
    if let Some(JsonSize { key, .. }) = &json.size {
        let value = object.get(key).and_then(Json::as_u64).unwrap_or_default();
        for (mistake, text) in [
            ("missing", None),
            ("string", Some(format!("\"{value}\""))),
            ("null", Some("null".into())),
            ("true", Some("true".into())),
            ("negative", Some("-1".into())),
            ("fraction", Some(format!("{value}.5"))),
            ("exponent", Some(format!("{value}e0"))),
            ("huge", Some(i64::MAX.to_string())),
            ("over_64_bits", Some("9".repeat(30))),
            ("infinite", Some("1e400".into())),
            ("not_a_number", Some("NaN".into())),
            ("long_by_one", Some((u128::from(value) + 1).to_string())),
            ("short_by_one", value.checked_sub(1).map(|v| v.to_string())),
        ] {
            if mistake == "short_by_one" && text.is_none() {
                continue;
            }
            let about = match &text {
                None => format!("The key `{key}` is missing."),
                Some(text) => format!("`{key}` is {text}, and {value} is right."),
            };
            candidate(
                &format!("{key}_{mistake}"),
                about,
                with_key(&object, key, text).as_bytes(),
            );
        }
        let twice = [b"{", quote(key).as_bytes(), b":0,", inner].concat();
        candidate(
            &format!("{key}_duplicate"),
            format!("`{key}` stands twice."),
            &twice,
        );
    }
    if let Some(JsonDigest { key, .. }) = &json.digest {
        let hex = object.get(key).and_then(Json::as_str).unwrap_or_default();
        let first = if hex.starts_with('0') { "1" } else { "0" };
        let wrong = format!("\"{first}{}\"", hex.get(1..).unwrap_or_default());
        for (mistake, text, about) in [
            (
                "wrong",
                Some(wrong),
                "The digest's first digit is another one.",
            ),
            (
                "short",
                Some("\"0\"".into()),
                "The digest is one digit long.",
            ),
            ("missing", None, "The key of the digest is missing."),
        ] {
            let content = with_key(&object, key, text);
            candidate(
                &format!("{key}_{mistake}"),
                about.into(),
                content.as_bytes(),
            );
        }
    }
}

fn quote(text: &str) -> String {
    Json::from(text).to_string()
}

/// The object with the raw text `value` under `key`, or without the key.
fn with_key(object: &Map<String, Json>, key: &str, value: Option<String>) -> String {
    let others = object.iter().filter(|(name, _)| *name != key);
    let mut members: Vec<String> = others
        .map(|(name, value)| format!("{}:{value}", quote(name)))
        .collect();
    members.extend(value.map(|value| format!("{}:{value}", quote(key))));
    format!("{{{}}}", members.join(","))
}

//! JSON objects that speak of other fields.

use serde_json::{Map, Value as Json};

use crate::FrameErrorKind;
use crate::compose::compile::RuleDraft;
use crate::compose::malformed::Candidate;
use crate::compose::names::Names;
use crate::compose::plan::{Content, JsonDigest, JsonSize};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::JsonSpec;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::json;

/// Limits on nesting up to this many levels are worth an object that exceeds them.
const DEEPEST: usize = 1 << 16;

pub(crate) fn compile(
    names: &Names<'_>,
    place: usize,
    spec: &JsonSpec,
    rules: &mut Vec<RuleDraft>,
) -> Result<Content, SpecError> {
    let name = names.0[place];
    let bad_key =
        |what: String, mend: &str| Err(SpecError::new(SpecErrorKind::BadKey, name, what, mend));
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
        let members = names.later_places(place, "the size", fields)?;
        rules.push(RuleDraft {
            owner: place,
            members,
            adjust: 0,
        });
        size = Some(JsonSize {
            key: key.clone(),
            rule: rules.len() - 1,
        });
    }
    let mut digest = None;
    if let Some(spec) = &spec.digest {
        let members = names.later_places(place, "the digest", &spec.fields)?;
        digest = Some(JsonDigest {
            key: spec.key.clone(),
            algorithm: spec.algorithm,
            members,
        });
    }
    Ok(Content::Json { size, digest })
}

/// What a JSON field says about others.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    /// The size, and the offset in the field at which it stands.
    pub(crate) size: Option<(i128, usize)>,
    /// The digest's hexadecimal text.
    pub(crate) digest: Option<&'a str>,
}

/// Reads a whole JSON field.
pub(crate) fn accept<'a>(
    content: &'a [u8],
    depth: usize,
    size: Option<&JsonSize>,
    digest: Option<&JsonDigest>,
) -> Result<Said<'a>, Wrong> {
    let size_key = size.map(|size| size.key.as_str());
    let digest_key = digest.map(|digest| digest.key.as_str());
    let mut values = json::read(content, depth, [size_key, digest_key])?;
    let mut said = Said::default();
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

pub(crate) fn malformed(
    frame: &Rebuild<'_>,
    place: usize,
    size: Option<&JsonSize>,
    digest: Option<&JsonDigest>,
    out: &mut Vec<Candidate>,
) {
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
    if let Some(JsonSize { key, .. }) = size {
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
    if let Some(JsonDigest { key, .. }) = digest {
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

//! Reading chosen keys of a JSON object that nobody trusts.
//!
//! The text is never turned into a tree: its nesting is counted first, then one pass checks the
//! grammar of RFC 8259 and finds the raw text of the keys that a frame depends on.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::compose::kinds::text;
use crate::compose::wrong::Wrong;
use crate::{FrameErrorKind, effort};

/// A value's raw text, and its offset in the whole.
pub(crate) type Found<'a> = Option<(&'a str, usize)>;

/// The raw values of two wanted keys of the top level. One of them standing twice is an error,
/// since readers differ in which one they take (RFC 8259 section 4).
pub(crate) fn read<'a>(
    content: &'a [u8],
    depth: usize,
    wanted: [Option<&str>; 2],
) -> Result<[Found<'a>; 2], Wrong> {
    let content = text::check(content)?;
    let malformed = |at: usize, what: String| Wrong {
        kind: FrameErrorKind::Malformed,
        at,
        what,
    };
    let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let first = content
        .bytes()
        .position(|byte| !blank(byte))
        .unwrap_or(content.len());
    if content.as_bytes().get(first) != Some(&b'{') {
        let what = match content[first..].chars().next() {
            None => "a JSON object is needed, and nothing is there".into(),
            Some(c) => format!("a JSON object is needed, which begins with {{, not with {c:?}"),
        };
        return Err(malformed(first, what));
    }
    if let Some(at) = too_deep(content.as_bytes(), depth) {
        let what = format!("the JSON is nested more than {depth} levels deep");
        return Err(Wrong {
            kind: FrameErrorKind::TooLarge,
            at,
            what,
        });
    }
    effort::add(content.len());
    let mut reader = serde_json::Deserializer::from_str(content);
    let found = reader.deserialize_map(Keys { wanted });
    let raw = found.map_err(|e| malformed(offset(content, &e), format!("not JSON: {e}")))?;
    reader.end().map_err(|error| {
        malformed(
            offset(content, &error),
            "bytes follow the JSON object".to_owned(),
        )
    })?;
    Ok(raw.map(|value| {
        // The value borrows from `content`, so the distance of the two is its offset.
        value.map(|v| {
            (
                v.get(),
                v.get().as_ptr() as usize - content.as_ptr() as usize,
            )
        })
    }))
}

/// A value as it can stand in a message to people: its first 40 characters.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        None => text.into(),
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}

/// The offset of the bracket that opens a level too many.
fn too_deep(text: &[u8], limit: usize) -> Option<usize> {
    effort::add(text.len());
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return Some(at);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The offset of an error that the parser gives as a line and a column.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before = error.line().saturating_sub(1);
    let line = text
        .split_inclusive('\n')
        .take(before)
        .map(str::len)
        .sum::<usize>();
    (line + error.column().saturating_sub(1)).min(text.len())
}

struct Keys<'w> {
    wanted: [Option<&'w str>; 2],
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = [Option<&'de RawValue>; 2];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; 2];
        while let Some(place) = map.next_key_seed(Key {
            wanted: self.wanted,
        })? {
            let Some(place) = place else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if found[place].is_some() {
                let key = self.wanted[place].unwrap_or_default();
                return Err(A::Error::custom(format_args!(
                    "the key `{key}` stands twice"
                )));
            }
            found[place] = Some(map.next_value::<&RawValue>()?);
        }
        Ok(found)
    }
}

/// Which of the wanted keys a key is.
struct Key<'w> {
    wanted: [Option<&'w str>; 2],
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.wanted.iter().position(|wanted| *wanted == Some(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_size(text: &str) -> Result<[Found<'_>; 2], Wrong> {
        read(text.as_bytes(), 3, [Some("size"), None])
    }

    #[test]
    fn wanted_keys_are_found_with_their_place() {
        let found = read_size(r#" {"a": [1], "size" : 1e9 , "b": "\"{[\\"} "#).unwrap();
        assert_eq!(found, [Some(("1e9", 21)), None]);
        let found = read_size("{\"\\u0073ize\":\n[ {} ]}").unwrap();
        assert_eq!(
            found[0].map(|(text, _)| text),
            Some("[ {} ]"),
            "an escaped key is the same key"
        );
    }

    #[test]
    fn the_grammar_is_kept() {
        for (text, at, what) in [
            ("", 0, "nothing is there"),
            ("[1]", 0, "begins with {"),
            ("\u{feff}{}", 0, "begins with {"),
            ("{\"size\":1}x", 10, "bytes follow"),
            ("{\"size\":1}{}", 10, "bytes follow"),
            ("{\"size\":1,\"size\":2}", 15, "stands twice"),
            ("{\"size\":01}", 9, "not JSON"),
            ("{\"size\":NaN}", 8, "not JSON"),
            ("{\"size\":1", 8, "not JSON"),
            ("{'size':1}", 1, "not JSON"),
        ] {
            let wrong = read_size(text).unwrap_err();
            assert!(wrong.what.contains(what), "{text}: {wrong:?}");
            assert_eq!(wrong.kind, FrameErrorKind::Malformed);
            assert_eq!(wrong.at, at, "{text}: {wrong:?}");
        }
    }

    #[test]
    fn nesting_is_counted_outside_strings_only() {
        assert!(read_size(r#"{"a":[[1]],"[[[[":"[[\"[["}"#).is_ok());
        let wrong = read_size(r#"{"a":[[[1]]]}"#).unwrap_err();
        assert_eq!((wrong.kind, wrong.at), (FrameErrorKind::TooLarge, 7));
        let bomb = [b"{\"a\":".to_vec(), vec![b'['; 1 << 20]].concat();
        assert_eq!(read(&bomb, 128, [None; 2]).unwrap_err().at, 5 + 127);
    }

    #[test]
    fn long_values_are_shortened_between_characters() {
        assert_eq!(shorten("\"a\""), "\"a\"");
        assert_eq!(shorten(&"é".repeat(50)), format!("{}...", "é".repeat(40)));
    }
}

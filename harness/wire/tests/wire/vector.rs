//! The form of the vector files.
//!
//! Lines of `key: value`. `framing` (with `field` lines for a composed one) and `source` hold
//! until they are said again, `limits` until the next `framing`. `vector` begins one case:
//! `bytes` (several lines are joined), then `frame` for each frame with `field=bytes` words, then
//! `error: KIND FIELD@OFFSET` where the stream is wrong. `reencode: no` marks valid bytes that an
//! encoder would write differently. `message` is the request of a profile that says the same, as
//! the tests of the shipped frames read it. The form of bytes is that of `literal::literal`.

use harness_wire::Limits;

use crate::build::Built;
use crate::literal::literal;

/// One case.
#[derive(Debug)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) frames: Vec<Vec<(String, Vec<u8>)>>,
    /// Kind, field and offset.
    pub(crate) error: Option<(String, String, usize)>,
    pub(crate) reencode: bool,
    /// What a profile says for it.
    pub(crate) message: Option<String>,
}

/// The cases of one framing.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) built: Built,
    pub(crate) source: String,
    pub(crate) vectors: Vec<Vector>,
}

pub(crate) fn parse(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut head = Head::default();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (key, value) = line
            .split_once(": ")
            .unwrap_or_else(|| panic!("no key in {line}"));
        match key {
            "framing" => {
                head = Head {
                    framing: value.into(),
                    ..Head::default()
                }
            }
            "field" => head.fields.push(value.into()),
            "limits" => head.limits = limits(value),
            "source" => {
                let built = Built::new(&head.framing, &head.fields, head.limits);
                groups.push(Group {
                    built,
                    source: value.into(),
                    vectors: Vec::new(),
                });
            }
            "vector" => groups
                .last_mut()
                .expect("a source first")
                .vectors
                .push(Vector {
                    name: value.into(),
                    bytes: Vec::new(),
                    frames: Vec::new(),
                    error: None,
                    reencode: true,
                    message: None,
                }),
            _ => {
                let group = groups.last_mut().expect("a source first");
                detail(
                    group.vectors.last_mut().expect("a vector first"),
                    key,
                    value,
                );
            }
        }
    }
    groups
}

#[derive(Default)]
struct Head {
    framing: String,
    fields: Vec<String>,
    limits: Limits,
}

fn detail(vector: &mut Vector, key: &str, value: &str) {
    match key {
        "bytes" => vector
            .bytes
            .extend(value.split_whitespace().flat_map(literal)),
        "frame" => vector.frames.push(
            value
                .split_whitespace()
                .map(|word| {
                    let (name, bytes) = word.split_once('=').expect("field=bytes");
                    (name.to_owned(), literal(bytes))
                })
                .collect(),
        ),
        "error" => {
            let (kind, place) = value.split_once(' ').expect("KIND FIELD@OFFSET");
            let (field, at) = place.split_once('@').expect("FIELD@OFFSET");
            vector.error = Some((kind.into(), field.into(), at.parse().expect("an offset")));
        }
        "message" => vector.message = Some(value.into()),
        "reencode" => vector.reencode = value != "no",
        other => panic!("no key {other}"),
    }
}

fn limits(text: &str) -> Limits {
    let mut limits = Limits::default();
    for word in text.split_whitespace() {
        let (name, value) = word.split_once('=').expect("name=bytes");
        let value = value.parse().expect("a number");
        match name {
            "frame" => limits.frame = value,
            "header" => limits.header = value,
            "depth" => limits.depth = value,
            other => panic!("no limit {other}"),
        }
    }
    limits
}

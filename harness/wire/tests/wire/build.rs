//! Framings from one line of text, as the vector files and the fuzz seeds name them.

use harness_wire::{
    Algorithm, Composed, Counts, DEFAULT_SIZE_KEY, Delimiter, DigestSpec, Extent, FieldSpec, Fixed,
    Framing, IntRole, IntType, JsonDigest, JsonHeader, JsonSpec, Kind, LengthPrefix, Limits,
    Message, Raw, Value,
};

#[path = "protocols.rs"]
pub(crate) mod protocols;

use crate::drive::Found;
use protocols::Placed;

/// A framing, and what its messages are made of.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) framing: Box<dyn Framing>,
    pub(crate) limits: Limits,
    /// The fields with their kinds; empty where all settable fields are bytes.
    pub(crate) specs: Vec<FieldSpec>,
}

impl Built {
    /// `line` is the framing's name and its arguments; `fields` describes a composed frame.
    pub(crate) fn new(line: &str, fields: &[String], limits: Limits) -> Built {
        let mut words = line.split_whitespace();
        let mut specs = Vec::new();
        let framing: Box<dyn Framing> = match words.next().expect("a framing") {
            "raw" => Box::new(Raw::new(limits)),
            "fixed" => {
                let size = words.next().expect("a size").parse().expect("a size");
                Box::new(Fixed::new(size, limits).expect("a framing"))
            }
            "delimiter" => {
                let bytes = literal(words.next().expect("a delimiter"));
                let optional = words.next() == Some("final_optional");
                Box::new(Delimiter::new(bytes, optional, limits).expect("a framing"))
            }
            "length_prefix" => {
                let int = words.next().expect("a type").parse().expect("a type");
                let counts = if words.next() == Some("all") {
                    Counts::All
                } else {
                    Counts::Body
                };
                let adjust = words
                    .next()
                    .map_or(0, |adjust| adjust.parse().expect("an adjustment"));
                Box::new(LengthPrefix::new(int, counts, adjust, limits).expect("a framing"))
            }
            "json_header" => {
                let length = words.next().expect("a type").parse().expect("a type");
                let digest = words.next().map(|word| {
                    let (key, algorithm) = word.split_once(':').expect("key:algorithm");
                    let algorithm = algorithm.parse().expect("an algorithm");
                    JsonDigest {
                        key: key.into(),
                        algorithm,
                    }
                });
                let header = json_spec(digest.as_ref());
                specs.push(FieldSpec::new("header", Kind::Json(header)));
                specs.push(FieldSpec::new("body", Kind::Bytes(Extent::Counted)));
                Box::new(
                    JsonHeader::new(length, DEFAULT_SIZE_KEY, digest, limits).expect("a framing"),
                )
            }
            "composed" => {
                specs = fields.iter().map(|line| field(line)).collect();
                Box::new(Composed::new("vector", specs.clone(), limits).expect("a framing"))
            }
            name @ ("http1" | "resp2" | "websocket") => Box::new(Placed::new(name, words, limits)),
            other => panic!("no framing {other}"),
        };
        Built {
            framing,
            limits,
            specs,
        }
    }

    /// The message that a decoded frame came from.
    pub(crate) fn message(&self, found: &Found) -> Message {
        if let Some(message) = protocols::message(self.framing.name(), found) {
            return message;
        }
        let settable = self.framing.settable();
        let fields = settable.into_iter().map(|name| {
            let bytes = found
                .content(&name)
                .expect("every settable field is in the frame");
            let kind = self
                .specs
                .iter()
                .find(|spec| spec.name == name)
                .map(|spec| &spec.kind);
            let value = match kind {
                Some(Kind::Int { int, .. }) => Value::Int(int.read(&bytes)),
                Some(Kind::Json(json)) => {
                    let mut object: serde_json::Value =
                        serde_json::from_slice(&bytes).expect("a decoded object is JSON");
                    let map = object.as_object_mut().expect("an object");
                    if let Some((key, _)) = &json.size {
                        map.remove(key);
                    }
                    if let Some(digest) = &json.digest {
                        map.remove(&digest.key);
                    }
                    Value::Json(object)
                }
                _ => Value::Bytes(bytes),
            };
            (name, value)
        });
        Message {
            fields: fields.collect(),
        }
    }
}

fn json_spec(digest: Option<&JsonDigest>) -> JsonSpec {
    let body = || vec!["body".to_owned()];
    let digest = digest.map(|digest| DigestSpec {
        key: digest.key.clone(),
        algorithm: digest.algorithm,
        fields: body(),
    });
    JsonSpec {
        extent: Extent::Counted,
        size: Some((DEFAULT_SIZE_KEY.into(), body())),
        digest,
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

/// One field: `NAME TYPE ROLE...`, `NAME const BYTES`, `NAME bytes|text EXTENT`,
/// `NAME json EXTENT size=KEY:FIELDS digest=KEY:ALGORITHM:FIELDS`; `only_stream` last.
pub(crate) fn field(line: &str) -> FieldSpec {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let only_stream = words.last() == Some(&"only_stream");
    if only_stream {
        words.pop();
    }
    let kind = match words[1] {
        "const" => Kind::Const(literal(words[2])),
        "bytes" => Kind::Bytes(extent(&words[2..])),
        "text" => Kind::Text(extent(&words[2..])),
        "json" => {
            let argument = |word: &str| {
                let found = words.iter().find_map(|w| w.strip_prefix(word));
                found.map(|argument| argument.split(':').collect::<Vec<_>>())
            };
            let size = argument("size=").map(|size| (size[0].to_owned(), names(size[1])));
            let digest = argument("digest=").map(|digest| DigestSpec {
                key: digest[0].into(),
                algorithm: digest[1].parse::<Algorithm>().expect("an algorithm"),
                fields: names(digest[2]),
            });
            Kind::Json(JsonSpec {
                extent: extent(&words[2..]),
                size,
                digest,
            })
        }
        int => {
            let int: IntType = int.parse().expect("an integer type");
            let number = |at: usize| words[at].parse::<i128>().expect("a number");
            let role = match words.get(2) {
                None => IntRole::Value { default: None },
                Some(&"default") => IntRole::Value {
                    default: Some(number(3)),
                },
                Some(&"const") => IntRole::Const(number(3)),
                Some(&"id") => IntRole::Id {},
                Some(&"size_of") => {
                    let adjust = words
                        .get(4)
                        .map_or(0, |word| word.parse().expect("a number"));
                    IntRole::SizeOf {
                        fields: names(words[3]),
                        adjust,
                    }
                }
                Some(other) => panic!("no role {other}"),
            };
            Kind::Int { int, role }
        }
    };
    FieldSpec {
        name: words[0].into(),
        kind,
        only_stream,
    }
}

fn extent(words: &[&str]) -> Extent {
    match words.first().copied() {
        None | Some("counted") => Extent::Counted,
        Some("rest") => Extent::Rest,
        Some("size") => Extent::Size(words[1].parse().expect("a size")),
        Some("until") => Extent::Until(literal(words[1])),
        Some(other) => panic!("no extent {other}"),
    }
}

/// Bytes: text in double quotes with `\r \n \t \0 \s \\ \" \xNN`, or hexadecimal digits. A blank
/// inside quotes is written `\s`, so that a literal is one word.
pub(crate) fn literal(word: &str) -> Vec<u8> {
    let nibble = |digit: u8| u8::try_from(char::from(digit).to_digit(16).expect("hex")).unwrap();
    let pair = |high: u8, low: u8| nibble(high) << 4 | nibble(low);
    let Some(text) = word.strip_prefix('"') else {
        assert!(word.len().is_multiple_of(2), "half a byte in {word}");
        return word
            .as_bytes()
            .chunks(2)
            .map(|two| pair(two[0], two[1]))
            .collect();
    };
    let mut rest = text.strip_suffix('"').expect("a closing quote").bytes();
    let mut out = Vec::new();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match rest.next().expect("an escape") {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b's' => b' ',
            b'x' => pair(rest.next().expect("hex"), rest.next().expect("hex")),
            same @ (b'\\' | b'"') => same,
            other => panic!("no escape {}", char::from(other)),
        });
    }
    out
}

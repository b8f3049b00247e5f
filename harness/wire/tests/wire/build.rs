//! Framings from one line of text, as the vector files and the fuzz seeds name them.

use harness_wire::{
    Composed, Counts, DEFAULT_SIZE_KEY, Delimiter, DigestSpec, Extent, FieldSpec, Fixed, Framing,
    JsonDigest, JsonHeader, JsonSpec, Kind, LengthPrefix, Limits, Message, Raw, Value,
};

use crate::describe::field;
use crate::drive::Found;
use crate::literal::literal;
use crate::message::message;

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
        let mut next = || words.next();
        let mut specs = Vec::new();
        let framing: Box<dyn Framing> = match next().expect("a framing") {
            "raw" => Box::new(Raw::new(limits)),
            "fixed" => {
                let size = next().expect("a size").parse().expect("a size");
                Box::new(Fixed::new(size, limits).expect("a framing"))
            }
            "delimiter" => {
                let bytes = literal(next().expect("a delimiter"));
                let optional = next() == Some("final_optional");
                Box::new(Delimiter::new(bytes, optional, limits).expect("a framing"))
            }
            "length_prefix" => {
                let int = next().expect("a type").parse().expect("a type");
                let counts = if next() == Some("all") {
                    Counts::All
                } else {
                    Counts::Body
                };
                let adjust = next().map_or(0, |adjust| adjust.parse().expect("an adjustment"));
                Box::new(LengthPrefix::new(int, counts, adjust, limits).expect("a framing"))
            }
            "json_header" => {
                let length = next().expect("a type").parse().expect("a type");
                let digest = next().map(|word| {
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
        if !self.specs.is_empty() {
            return message(&self.specs, "", found);
        }
        let settable = self.framing.settable().into_iter();
        let fields = settable.map(|name| {
            let bytes = found.content(&name).expect("the frame has every field");
            (name, Value::Bytes(bytes))
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

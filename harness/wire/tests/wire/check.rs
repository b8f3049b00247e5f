//! What must hold for any bytes at all. The fuzz targets and the stable tests share it.

use harness_wire::{Composed, FieldSpec, Framing, Limits};

use crate::build::Built;
use crate::describe::field;
use crate::stream::check_stream;

/// Limits small enough to be met by short inputs.
const TIGHT: Limits = Limits {
    frame: 300,
    header: 100,
    depth: 4,
};

/// The families of framings, each with its members. The first byte of an input chooses one.
pub(crate) const FAMILIES: &[(&str, &[&str])] = &[
    ("simple", &["raw", "fixed 1", "fixed 7"]),
    (
        "delimiter",
        &[
            "delimiter \"\\n\"",
            "delimiter \"\\r\\n\"",
            "delimiter \"\\r\\n\" final_optional",
            "delimiter \"aab\"",
            "delimiter \"\\0\" final_optional",
        ],
    ),
    (
        "length_prefix",
        &[
            "length_prefix u8",
            "length_prefix u8 all",
            "length_prefix i8 body -3",
            "length_prefix u16be",
            "length_prefix i16le all 2",
            "length_prefix u24be",
            "length_prefix i32le",
            "length_prefix u64be all",
            "length_prefix i64le body -9",
        ],
    ),
    (
        "json_header",
        &[
            "json_header u8",
            "json_header u16be md5:md5",
            "json_header i32le sha:sha256",
        ],
    ),
    ("composed", COMPOSED),
];

/// Composed frames, their fields parted by semicolons.
const COMPOSED: &[&str] = &[
    "tid u16be id;protocol u16be const 0;length u16be size_of unit,pdu;unit u8 default 1;pdu bytes",
    "all u8 size_of all,name,body,crc;name text until \"\\0\";body bytes counted;crc u16be",
    "total u8 size_of hlen,head,body;hlen u8 size_of head;head bytes counted;body text counted",
    "outer u8 size_of inner,body;inner u8 size_of body;body bytes counted",
    "all u8 size_of body,len,tail;tlen u8 size_of tail;body bytes;len i16le;tail bytes counted",
    "size u8 size_of line;line bytes until \"\\r\\n\"",
    "object json until \"\\n\"",
    "head json until \"\\n\" size=n:a,b digest=md5:md5:b,a;al u8 size_of a;a bytes counted;b text",
    "magic const cafe;data text rest",
    "name bytes until \"\\n\";len u8 size_of body;body bytes counted",
    "head u8;len varint 4 size_of body;body bytes counted",
    "all varint 10 size_of all,len,body;len varint 2 size_of body;body bytes counted",
    "len decimal \":\" size_of body -1;body bytes until \",\";crc decimal 3",
    "len i16ne size_of body 0 -1;body text counted",
    "head headers crlf \":\\s\" size=Length:body:0;body bytes counted",
    "verb bytes until \"\\n\";head headers either \":\" size=n:body:-1:optional;body bytes until \"\\0\"",
    "lines lines crlf \".\";size u8 size_of rest;rest lines lf \"\"",
    "count u8 count_of items;items repeat 3 [ len u8 size_of v 0 255 / v bytes counted ];crc u8",
    "size u8 size_of items;items repeat 9 [ tag u8 / name bytes until \"a\" ]",
    "tag u8;body switch tag [ is 0,1: a u8 / b u8 ] [ is 2: ] [ else: x bytes until \"\\n\" ];end u8",
    "one first_of [ ok: magic const \"a\" / x u8 ] [ long: magic const \"ab\" / n u8 size_of t / t text counted ]",
    "size u8 size_of in;in frame [ a varint 2 / in frame [ k u8 / v bytes rest ] ];crc const 07",
];

/// Checks one input: family-specific choice, a seed for the cuts, then the stream.
pub(crate) fn check(family: &str, data: &[u8]) {
    let [choice, seed, stream @ ..] = data else {
        return;
    };
    let (_, lines) = FAMILIES
        .iter()
        .find(|(name, _)| *name == family)
        .expect("a known family");
    let line = lines[usize::from(*choice / 2) % lines.len()];
    let limits = if choice % 2 == 0 {
        TIGHT
    } else {
        Limits::default()
    };
    let built = if family == "composed" {
        let fields: Vec<String> = line.split(';').map(str::to_owned).collect();
        Built::new("composed", &fields, limits)
    } else {
        Built::new(line, &[], limits)
    };
    check_stream(&built, *seed, stream);
    if family == "composed" {
        check_description(data, stream);
    }
}

/// Builds a description from the input: most are impossible, and none may panic. One that is
/// possible decodes the stream under the same rules.
fn check_description(data: &[u8], stream: &[u8]) {
    let mut specs: Vec<FieldSpec> = Vec::new();
    for pair in data.chunks_exact(2).take(6) {
        let name = char::from(b'a' + pair[0] % 6);
        let others = |n: u8| {
            let bits = (0..6).filter(|bit| n >> bit & 1 == 1);
            bits.map(|bit| char::from(b'a' + bit).to_string())
                .collect::<Vec<_>>()
                .join(",")
        };
        let line = match pair[0] / 6 % 10 {
            0 => format!("{name} u8 size_of {},a", others(pair[1])),
            1 => format!("{name} i16le size_of {},b -1", others(pair[1])),
            2 => format!("{name} u8 default {}", i16::from(pair[1]) - 9),
            3 => format!("{name} bytes size {}", pair[1] % 4),
            4 => format!("{name} text until \"\\n\""),
            5 => format!("{name} json counted size=s:{},c", others(pair[1])),
            6 => format!("{name} const {:02x}", pair[1]),
            7 => format!("{name} text rest"),
            _ => format!("{name} bytes counted"),
        };
        specs.push(field(&line.replace(" ,", " ").replace(":,", ":")));
    }
    match Composed::new("fuzzed", specs.clone(), TIGHT) {
        Err(error) => assert!(!error.what.is_empty() && !error.mend.is_empty()),
        Ok(composed) => {
            let framing: Box<dyn Framing> = Box::new(composed);
            check_stream(
                &Built {
                    framing,
                    limits: TIGHT,
                    specs,
                },
                data[1],
                stream,
            );
        }
    }
}

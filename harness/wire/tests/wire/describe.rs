//! Fields of composed frames from one line of text.

use harness_wire::{
    Algorithm, Alternative, DigestSpec, Digits, Extent, FieldSpec, HeaderSize, HeadersSpec,
    IntRole, IntType, JsonSpec, Kind, LineEnd, LinesSpec, RepeatSpec, Selector, SwitchCase,
    SwitchSpec,
};

use crate::literal::literal;

fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::to_owned).collect()
}

/// One field; `only_stream` may stand last:
/// - `NAME TYPE ROLE...`, `NAME varint MAX ROLE...`, `NAME decimal BYTES|WIDTH ROLE...` with the
///   roles `default N`, `const N`, `id`, `count_of NAME`, `size_of NAMES [ADJUST [ABSENT]]`
/// - `NAME const BYTES`, `NAME bytes|text EXTENT`
/// - `NAME json EXTENT size=KEY:FIELDS digest=KEY:ALGORITHM:FIELDS`
/// - `NAME headers LINE_END SEPARATOR [size=KEY:FIELDS:ADJUST[:optional]]`
/// - `NAME lines LINE_END BYTES`
/// - `NAME frame [ FIELDS ]`, `NAME repeat MAX [ FIELDS ]`, fields parted by `/`
/// - `NAME switch NAME [ is VALUES: FIELDS ] ... [ else: FIELDS ]`
/// - `NAME first_of [ NAME: FIELDS ] ...`
pub(crate) fn field(line: &str) -> FieldSpec {
    let (line, only_stream) = match line.trim().strip_suffix("only_stream") {
        Some(line) => (line.trim(), true),
        None => (line.trim(), false),
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let kind = match words[1] {
        "const" => Kind::Const(literal(words[2])),
        "bytes" => Kind::Bytes(extent(&words[2..])),
        "text" => Kind::Text(extent(&words[2..])),
        "json" => Kind::Json(json(&words[2..])),
        "varint" => Kind::Varint {
            max: words[2].parse().expect("a number of bytes"),
            role: role(&words[3..]),
        },
        "decimal" => Kind::Decimal {
            digits: match words[2].parse() {
                Ok(width) => Digits::Width(width),
                Err(_) => Digits::Until(literal(words[2])),
            },
            role: role(&words[3..]),
        },
        "headers" => Kind::Headers(headers(&words[2..])),
        "lines" => Kind::Lines(LinesSpec {
            line_end: line_end(words[2]),
            until: literal(words[3]),
        }),
        "frame" => Kind::Frame(fields(blocks(line)[0])),
        "repeat" => Kind::Repeat(RepeatSpec {
            max: words[2].parse().expect("a number of times"),
            fields: fields(blocks(line)[0]),
        }),
        "switch" => Kind::Switch(switch(words[2], line)),
        "first_of" => Kind::FirstOf(
            (blocks(line).into_iter().map(named))
                .map(|(name, fields)| Alternative {
                    name: name.into(),
                    fields,
                })
                .collect(),
        ),
        int => Kind::Int {
            int: int.parse::<IntType>().expect("an integer type"),
            role: role(&words[2..]),
        },
    };
    FieldSpec {
        name: words[0].into(),
        kind,
        only_stream,
    }
}

fn role(words: &[&str]) -> IntRole {
    let number = |at: usize| words[at].parse::<i128>().expect("a number");
    match words.first().copied() {
        None => IntRole::Value { default: None },
        Some("default") => IntRole::Value {
            default: Some(number(1)),
        },
        Some("const") => IntRole::Const(number(1)),
        Some("id") => IntRole::Id {},
        Some("count_of") => IntRole::CountOf(words[1].into()),
        Some("size_of") => IntRole::SizeOf {
            fields: names(words[1]),
            adjust: words
                .get(2)
                .map_or(0, |word| word.parse().expect("a number")),
            absent: words.get(3).map(|_| number(3)),
        },
        Some(other) => panic!("no role {other}"),
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

/// The parts of the word that begins with `key`.
fn argument<'a>(words: &[&'a str], key: &str) -> Option<Vec<&'a str>> {
    let found = words.iter().find_map(|word| word.strip_prefix(key));
    found.map(|argument| argument.split(':').collect())
}

fn json(words: &[&str]) -> JsonSpec {
    let size = argument(words, "size=").map(|size| (size[0].to_owned(), names(size[1])));
    let digest = argument(words, "digest=").map(|digest| DigestSpec {
        key: digest[0].into(),
        algorithm: digest[1].parse::<Algorithm>().expect("an algorithm"),
        fields: names(digest[2]),
    });
    JsonSpec {
        extent: extent(words),
        size,
        digest,
    }
}

fn line_end(word: &str) -> LineEnd {
    match word {
        "crlf" => LineEnd::CrLf,
        "lf" => LineEnd::Lf,
        "either" => LineEnd::Either,
        other => panic!("no line end {other}"),
    }
}

fn headers(words: &[&str]) -> HeadersSpec {
    HeadersSpec {
        line_end: line_end(words[0]),
        separator: literal(words[1]),
        size: argument(words, "size=").map(|size| HeaderSize {
            name: size[0].into(),
            fields: names(size[1]),
            adjust: size[2].parse().expect("a number"),
            optional: size.get(3) == Some(&"optional"),
        }),
    }
}

/// What stands in the outermost brackets.
fn blocks(line: &str) -> Vec<&str> {
    let (mut blocks, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in line.char_indices() {
        match c {
            '[' if depth == 0 => (depth, start) = (1, at + 1),
            '[' => depth += 1,
            ']' if depth == 1 => {
                blocks.push(line[start..at].trim());
                depth = 0;
            }
            ']' => depth -= 1,
            _ => {}
        }
    }
    blocks
}

fn fields(block: &str) -> Vec<FieldSpec> {
    let mut depth = 0;
    let parted = block.split(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == '/' && depth == 0
    });
    parted
        .filter(|line| !line.trim().is_empty())
        .map(field)
        .collect()
}

/// `NAME: FIELDS`.
fn named(block: &str) -> (&str, Vec<FieldSpec>) {
    let (name, rest) = block.split_once(':').expect("NAME: FIELDS");
    (name.trim(), fields(rest))
}

fn switch(on: &str, line: &str) -> SwitchSpec {
    let (mut cases, mut other) = (Vec::new(), None);
    for block in blocks(line) {
        let (name, fields) = named(block);
        let Some(values) = name.strip_prefix("is ") else {
            other = Some(fields);
            continue;
        };
        let values = values.split(',').map(|word| match word.parse() {
            Ok(value) => Selector::Int(value),
            Err(_) => Selector::Bytes(literal(word)),
        });
        cases.push(SwitchCase {
            is: values.collect(),
            fields,
        });
    }
    SwitchSpec {
        on: on.into(),
        cases,
        other,
    }
}

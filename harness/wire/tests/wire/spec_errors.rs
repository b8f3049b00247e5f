//! Descriptions that fit no frame.

use harness_wire::SpecErrorKind::{self, *};
use harness_wire::{
    Composed, Counts, Delimiter, Fixed, IntRole, IntType, JsonDigest, JsonHeader, Kind,
    LengthPrefix, Limits,
};

use crate::describe::field;

/// Fields parted by semicolons, the mistake's class, the field at fault, and words of the text.
const WRONG: &[(&str, SpecErrorKind, &str, &[&str])] = &[
    ("a u8;b u8;a u8", BadName, "a", &["`a` stands twice"]),
    (
        "a.terminator u8;a text until \"\\n\"",
        BadName,
        "a",
        &["`a.terminator` stands twice"],
    ),
    (
        "a u8 const 256",
        OutOfRange,
        "a",
        &["256", "u8", "0 to 255"],
    ),
    (
        "a i8 default -129",
        OutOfRange,
        "a",
        &["-129", "-128 to 127"],
    ),
    ("a u16be default -1", OutOfRange, "a", &["-1", "0 to 65535"]),
    ("a const \"\"", Empty, "a", &["constant is empty"]),
    ("a bytes until \"\"", Empty, "a", &["terminator is empty"]),
    ("a text size 0", Empty, "a", &["size is 0"]),
    (
        "a u8 size_of b",
        UnknownField,
        "a",
        &["names `b`", "the fields are a"],
    ),
    ("a u8 size_of b,b;b bytes", BadName, "a", &["`b` twice"]),
    (
        "a json counted size=n:z;b bytes",
        UnknownField,
        "a",
        &["the size names `z`"],
    ),
    (
        "a json rest digest=d:md5:a",
        Misplaced,
        "a",
        &["the digest names `a`", "follow"],
    ),
    (
        "b u8;a json until \"\\n\" size=n:b",
        Misplaced,
        "a",
        &["the size names `b`"],
    ),
    (
        "a json rest size=:b;b bytes",
        BadKey,
        "a",
        &["key is empty"],
    ),
    (
        "a json counted size=n:b digest=n:md5:b;b bytes",
        BadKey,
        "a",
        &["`n`", "own"],
    ),
    // Ends.
    (
        "a bytes counted;b u8",
        NoExtent,
        "a",
        &["nothing says where it ends", "until"],
    ),
    ("a text;b text", NoExtent, "a", &["not the last field"]),
    ("a bytes rest;b u8", TwoExtents, "a", &["`b` follows"]),
    (
        "n u8 size_of a;a bytes rest",
        TwoExtents,
        "a",
        &["`n` covers it", "only one"],
    ),
    (
        "a bytes counted;n u8 size_of a;b u8",
        Misplaced,
        "a",
        &["`n` comes after it"],
    ),
    (
        "a bytes counted;n u8 size_of a",
        Misplaced,
        "a",
        &["`n` comes after it"],
    ),
    // Lengths.
    (
        "n u8 size_of m,a;m u8 size_of n,a;a bytes counted",
        TwoLengths,
        "a",
        &["`n` and `m`"],
    ),
    (
        "t u8 size_of a,c;a bytes counted;c u8 size_of c;n u8 size_of a",
        TwoLengths,
        "a",
        &["`t` and `n`"],
    ),
    (
        "n u8 size_of a;m u8 size_of a;a bytes counted",
        TwoLengths,
        "a",
        &["`n` and `m`"],
    ),
    (
        "n u8 size_of a,b;m u8 size_of a,b;a bytes;b u8",
        TwoLengths,
        "a",
        &["`n` and `m`"],
    ),
    (
        "n u8 size_of a;j json counted size=k:a;a bytes",
        NoExtent,
        "j",
        &["nothing says"],
    ),
    (
        "l u8 size_of j;n u8 size_of a;j json counted size=k:a;a bytes counted",
        TwoLengths,
        "a",
        &["`n` and `j`"],
    ),
    (
        "n u8 size_of a,b;a bytes counted;b bytes counted",
        Ambiguous,
        "a",
        &["`n`", "`b`", "apart"],
    ),
    (
        "n u8 size_of a,b;a bytes counted;b text until \"\\n\"",
        Ambiguous,
        "a",
        &["`b`", "an `until` before it"],
    ),
    (
        "n u8 size_of a,b;a bytes counted;m u8 size_of b;b bytes counted",
        Ambiguous,
        "a",
        &["`n`", "`b`"],
    ),
];

fn error(lines: &str) -> harness_wire::SpecError {
    let specs = lines.split(';').map(field).collect();
    Composed::new("frame", specs, Limits::default()).expect_err(lines)
}

#[test]
fn every_impossible_description_is_named() {
    for (lines, kind, name, words) in WRONG {
        let error = error(lines);
        assert_eq!(
            (error.kind, &*error.field),
            (*kind, *name),
            "{lines}: {error}"
        );
        let text = error.to_string();
        assert!(text.starts_with(&format!("`{name}`: ")), "{text}");
        for word in *words {
            assert!(text.contains(word), "{lines}: `{word}` is not in: {text}");
        }
        assert!(!error.mend.is_empty());
    }
}

#[test]
fn what_looks_impossible_and_is_not() {
    for lines in [
        "a bytes",
        "n u8 size_of n",
        "n u8 size_of a,b;a text until \"\\n\";b bytes counted",
        "a text until \"\\n\";n u8 size_of a,b;b bytes counted",
        "t u8 size_of n,a,b;n u8 size_of a;a bytes counted;b bytes counted",
        "t u8 size_of a,n,b;n u8 size_of b;a text until \"\\0\";b bytes counted",
        "t u8 size_of a,b;n u8 size_of b;a bytes counted;b bytes counted",
        "t u8 size_of s,n,a;s u8 size_of n,a;n u8 size_of a;a bytes counted",
        "t u8 size_of a,b;n u8 size_of a;m u8 size_of b;a bytes counted;b bytes counted",
        "t u8 size_of a,n;a bytes counted;n u8 size_of a",
    ] {
        let specs = lines.split(';').map(field).collect();
        if let Err(error) = Composed::new("frame", specs, Limits::default()) {
            panic!("{lines}: {error}");
        }
    }
}

#[test]
fn widths_and_sizes_are_bounded() {
    for width in [0, 9, 255] {
        let int = IntType {
            width,
            ..IntType::be(1)
        };
        let kind = Kind::Int {
            int,
            role: IntRole::Value { default: None },
        };
        let spec = harness_wire::FieldSpec::new("a", kind);
        let error = Composed::new("frame", vec![spec], Limits::default()).unwrap_err();
        assert_eq!((error.kind, &*error.field), (BadWidth, "a"));
        assert!(error.what.contains(&width.to_string()), "{error}");
        assert!(LengthPrefix::new(int, Counts::Body, 0, Limits::default()).is_err());
    }
    let error = Composed::new("frame", vec![], Limits::default()).unwrap_err();
    assert_eq!((error.kind, &*error.field), (NoFields, "frame"));
    let unnamed = vec![field("a u8")].into_iter().map(|mut spec| {
        spec.name.clear();
        spec
    });
    let error = Composed::new("frame", unnamed.collect(), Limits::default()).unwrap_err();
    assert_eq!(error.kind, BadName);
    let small = Limits {
        frame: 3,
        header: 1,
        depth: 1,
    };
    for lines in [
        "a u32be",
        "a u16be;n u16be size_of b;b bytes counted",
        "a u16be;b bytes",
    ] {
        let specs = lines.split(';').map(field).collect();
        let error = Composed::new("frame", specs, small).unwrap_err();
        assert_eq!((error.kind, &*error.field), (TooLarge, "frame"), "{lines}");
    }
    assert_eq!(Fixed::new(4, small).unwrap_err().kind, TooLarge);
    assert_eq!(Fixed::new(0, small).unwrap_err().kind, Empty);
    assert_eq!(Delimiter::new("", false, small).unwrap_err().kind, Empty);
    assert_eq!(
        Delimiter::new("abcd", false, small).unwrap_err().kind,
        TooLarge
    );
    let digest = JsonDigest {
        key: "n".into(),
        algorithm: harness_wire::Algorithm::Md5,
    };
    let header = JsonHeader::new(IntType::be(4), "n", Some(digest), Limits::default());
    assert_eq!(header.unwrap_err().kind, BadKey);
}

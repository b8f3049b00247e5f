//! Values that carry a unit or a notation of their own: sizes, durations, integers, bounds.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::scenario::de::magic;
use crate::scenario::model::{Comparison, ExitWant, Op};

/// Separates what is wrong from what would be right in an error on its way through serde.
const HELP: char = '\u{1f}';

/// Declares a type that is read from the text of one scalar.
macro_rules! scalar {
    ($name:ident, $parse:path, $expected:literal, $schema:tt) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $parse(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_newtype_struct(magic::SCALAR, Text)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

/// Any scalar as it is written, for what is text in any case: arguments of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

scalar!(Word, word, "text", {
    "description": "Text; numbers and words stand for themselves, as they are written.",
    "type": ["string", "number", "boolean"],
});

fn word(text: &str) -> Result<Word, String> {
    Ok(Word(text.to_owned()))
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub usize);

scalar!(Size, size, "a size such as `16KiB` or `100`", {
    "description": "A number of bytes: `100`, `4KB` (4,000), `1KiB` (1,024), `2MiB`.",
    "type": ["integer", "string"],
    "minimum": 0,
    "pattern": "^(0|[1-9][0-9]*)(\\.[0-9]+)? ?(B|[kKMGT]B|[KMGT]iB)?$",
});

fn size(text: &str) -> Result<Size, String> {
    let wrong = |why: &str| {
        Err(format!(
            "`{text}` is not a size{why}{HELP}write bytes as `100`, or with a unit: `4KB` is 4,000, `4KiB` is 4,096"
        ))
    };
    let at = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    if number.is_empty() {
        return wrong("");
    }
    let scale: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        other => return wrong(&format!(": `{other}` is not a unit of bytes")),
    };
    match scaled(number, scale) {
        Ok(Some(bytes)) => {
            usize::try_from(bytes).map_or_else(|_| wrong(": it is too large"), |n| Ok(Size(n)))
        }
        Ok(None) => wrong(": it is not a whole number of bytes"),
        Err(why) => wrong(why),
    }
}

/// A decimal number times a scale, exactly. `Ok(None)` where a fraction is left.
fn scaled(number: &str, scale: u64) -> Result<Option<u64>, &'static str> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() {
        return Err("");
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(": it has leading zeros");
    }
    let too_large = ": it is too large";
    let whole: u64 = match whole.parse() {
        Ok(n) => n,
        Err(_) if whole.bytes().all(|b| b.is_ascii_digit()) => return Err(too_large),
        Err(_) => return Err(""),
    };
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 18 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err("");
    }
    let mut total = whole.checked_mul(scale).ok_or(too_large)?;
    if !fraction.is_empty() {
        let parts: u64 = fraction.parse().map_err(|_| "")?;
        let product = u128::from(parts) * u128::from(scale);
        let unit = 10u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
        if product % unit != 0 {
            return Ok(None);
        }
        let part = u64::try_from(product / unit).map_err(|_| too_large)?;
        total = total.checked_add(part).ok_or(too_large)?;
    }
    Ok(Some(total))
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

scalar!(Time, time, "a duration such as `50ms` or `2s`", {
    "description": "A length of time with its unit: `200us`, `50ms`, `2s`, `1.5s`, `1m`, `1h`.",
    "type": "string",
    "pattern": "^(0|[1-9][0-9]*)(\\.[0-9]+)? ?(ns|us|µs|ms|s|m|h)$",
});

/// Longer waits are mistakes: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

fn time(text: &str) -> Result<Time, String> {
    duration(text)
        .map(Time)
        .map_err(|why| format!("`{text}` is not a duration{why}{HELP}write a number with its unit: `200us`, `50ms`, `2s`, `1m`"))
}

/// A duration such as `50ms`. The error continues "... is not a duration".
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let at = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    if number.is_empty() {
        return Err(String::new());
    }
    let nanoseconds: u64 = match unit.trim_start() {
        "ns" => 1,
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(": it has no unit".to_owned()),
        other => return Err(format!(": `{other}` is not a unit of time")),
    };
    match scaled(number, nanoseconds) {
        Ok(Some(n)) if Duration::from_nanos(n) <= LONGEST => Ok(Duration::from_nanos(n)),
        Ok(Some(_)) => Err(": it is longer than a day".to_owned()),
        Ok(None) => Err(": it is finer than a nanosecond".to_owned()),
        Err(why) => Err(why.to_owned()),
    }
}

/// An integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int(pub i128);

scalar!(Int, int, "a whole number such as `5` or `0x1f`", {
    "description": "A whole number, decimal or with `0x` in hexadecimal.",
    "anyOf": [
        {"type": "integer"},
        {"type": "string", "pattern": "^-?(0|[1-9][0-9]*|0x[0-9a-fA-F]+)$"},
    ],
});

fn int(text: &str) -> Result<Int, String> {
    integer(text).map(Int)
}

/// A whole number, decimal or hexadecimal.
pub(crate) fn integer(text: &str) -> Result<i128, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let wrong =
        |why: &str, right: &str| format!("`{text}` is not a whole number{why}{HELP}{right}");
    let (body, radix) = match digits.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    let usual = "write it as `5`, `-5` or `0x1f`";
    if body.is_empty() || !body.chars().all(|c| c.is_digit(radix)) {
        return Err(wrong("", usual));
    }
    if radix == 10 && body.len() > 1 && body.starts_with('0') {
        let trimmed = body.trim_start_matches('0');
        let right = format!(
            "leading zeros mean octal to some readers: write `{}`, or quote it as text",
            if trimmed.is_empty() { "0" } else { trimmed }
        );
        return Err(wrong(": it has leading zeros", &right));
    }
    let value = i128::from_str_radix(body, radix).map_err(|_| wrong(": it is too large", usual))?;
    Ok(if digits.len() < text.len() {
        -value
    } else {
        value
    })
}

/// A count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

scalar!(Count, count, "a whole number", {
    "description": "A whole number, at least 1.",
    "type": "integer",
    "minimum": 1,
});

fn count(text: &str) -> Result<Count, String> {
    let value = integer(text)?;
    u32::try_from(value)
        .ok()
        .filter(|&n| n > 0)
        .map(Count)
        .ok_or_else(|| {
            format!(
                "{value} is out of range{HELP}write a number from 1 to {}",
                u32::MAX
            )
        })
}

/// An exit status that a client must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitSyntax(pub ExitWant);

scalar!(ExitSyntax, exit, "an exit status from 0 to 255, or `failure`", {
    "description": "An exit status, or `failure` for any but 0.",
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 255},
        {"const": "failure"},
    ],
});

fn exit(text: &str) -> Result<ExitSyntax, String> {
    if text == "failure" {
        return Ok(ExitSyntax(ExitWant::Failure));
    }
    let code = integer(text).ok().and_then(|n| u8::try_from(n).ok());
    code.map(|code| ExitSyntax(ExitWant::Code(code)))
        .ok_or_else(|| {
            format!(
                "`{text}` is not an exit status{HELP}write a number from 0 to 255, or `failure` \
                 for any but 0"
            )
        })
}

/// Requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

scalar!(Rate, rate, "a rate such as `5000/s`", {
    "description": "Requests a second: `5000/s`, `50k/s`, `1.5M/s`.",
    "type": "string",
    "pattern": "^(0|[1-9][0-9]*)(\\.[0-9]+)?[kM]?/s$",
});

fn rate(text: &str) -> Result<Rate, String> {
    per_second(text).map(Rate).map_err(|why| {
        format!("`{text}` is not a rate{why}{HELP}write requests a second: `500/s`, `50k/s`")
    })
}

/// The highest rate: no machine sends more.
const FASTEST: f64 = 1e9;

/// A rate such as `50k/s`. The error continues "... is not a rate".
pub(crate) fn per_second(text: &str) -> Result<f64, String> {
    let Some(number) = text.strip_suffix("/s") else {
        return Err(": it does not end in `/s`".to_owned());
    };
    let (number, scale) = match number.strip_suffix('k') {
        Some(number) => (number, 1e3),
        None => match number.strip_suffix('M') {
            Some(number) => (number, 1e6),
            None => (number, 1.0),
        },
    };
    match decimal(number).map(|n| n * scale) {
        Some(rate) if rate <= FASTEST => Ok(rate),
        Some(_) => Err(": it is above 1,000,000,000 a second".to_owned()),
        None => Err(String::new()),
    }
}

/// A share of the whole, between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

scalar!(Share, share, "a share such as `95%`", {
    "description": "A share of the whole: `95%`, `0.5%`.",
    "type": "string",
    "pattern": "^(0|[1-9][0-9]*)(\\.[0-9]+)?%$",
});

fn share(text: &str) -> Result<Share, String> {
    let percent = text.strip_suffix('%').and_then(decimal);
    match percent {
        Some(percent) if percent > 0.0 && percent <= 100.0 => Ok(Share(percent / 100.0)),
        _ => Err(format!(
            "`{text}` is not a share{HELP}write a percentage above 0, such as `95%`"
        )),
    }
}

/// A decimal number without sign or exponent.
fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let zeros = whole.len() > 1 && whole.starts_with('0');
    (digits(whole) && digits(fraction) && !zeros)
        .then(|| text.parse().ok())
        .flatten()
}

/// A range of counts: `3`, `"2..4"`, `"2.."`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub from: usize,
    /// The greatest; `None` for as many as there are.
    pub to: Option<usize>,
}

scalar!(Range, range, "a number of messages such as `3` or `\"2..4\"`", {
    "description": "A number, or a range that includes both ends: `3`, `\"2..4\"`, `\"2..\"`.",
    "anyOf": [
        {"type": "integer", "minimum": 2},
        {"type": "string", "pattern": "^[1-9][0-9]*(\\.\\.([1-9][0-9]*)?)?$"},
    ],
});

fn range(text: &str) -> Result<Range, String> {
    let wrong = |why: &str| {
        format!("`{text}` is not a number of messages{why}{HELP}write `3`, `\"2..4\"` or `\"2..\"`")
    };
    let number = |part: &str| -> Result<usize, String> {
        if part.len() > 1 && part.starts_with('0') {
            return Err(wrong(": it has leading zeros"));
        }
        part.parse().map_err(|_| wrong(""))
    };
    let (from, to) = match text.split_once("..") {
        None => {
            let n = number(text)?;
            (n, Some(n))
        }
        Some((from, "")) => (number(from)?, None),
        Some((from, to)) => (number(from)?, Some(number(to)?)),
    };
    if to.is_some_and(|to| to < from) {
        return Err(wrong(": it ends before it begins"));
    }
    Ok(Range { from, to })
}

/// A bound: `">= 3"`, or a bare number for equality.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound(pub Comparison);

scalar!(Bound, bound, "a bound such as `\">= 3\"`", {
    "description": "A relation (`<`, `<=`, `==`, `!=`, `>=`, `>`) with a number or size: `\">= 3\"`. A bare number means equality.",
    "anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": "^(<|<=|==|!=|>=|>)? ?[0-9].*$"},
    ],
});

fn bound(text: &str) -> Result<Bound, String> {
    let (op, value) = relation(text);
    let number = value
        .parse::<f64>()
        .ok()
        .filter(|n| n.is_finite() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let zeros = value.len() > 1 && value.starts_with('0') && !value.starts_with("0.");
    let value = match (number, zeros) {
        (Some(number), false) => number,
        #[expect(clippy::cast_precision_loss, reason = "sizes here are far below 2^53")]
        (None, false) if size(value).is_ok() => size(value)?.0 as f64,
        _ => {
            return Err(format!(
                "`{text}` is not a bound{HELP}write a relation with a number, such as `\">= 3\"`, or a bare number"
            ));
        }
    };
    Ok(Bound(Comparison {
        op: op.unwrap_or(Op::Equal),
        value,
    }))
}

/// The relation in front of a text, if there is one, and the rest.
pub(crate) fn relation(text: &str) -> (Option<Op>, &str) {
    let text = text.trim();
    for (sign, op) in [
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        ("==", Op::Equal),
        ("!=", Op::NotEqual),
        ("<", Op::Less),
        (">", Op::Greater),
    ] {
        if let Some(rest) = text.strip_prefix(sign) {
            return (Some(op), rest.trim());
        }
    }
    (None, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_bytes() {
        for (text, bytes) in [
            ("0", 0),
            ("100", 100),
            ("4KB", 4_000),
            ("4 KiB", 4_096),
            ("1.5KiB", 1_536),
            ("16MiB", 16 << 20),
            ("2GB", 2_000_000_000),
        ] {
            assert_eq!(size(text), Ok(Size(bytes)), "{text}");
        }
        for text in [
            "",
            "KiB",
            "1k",
            "-1",
            "1.5",
            "0100",
            "1..5",
            ".5KiB",
            "99999999999TiB",
            "1e3",
            "1_000",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_need_a_unit() {
        for (text, nanoseconds) in [
            ("1ns", 1),
            ("200us", 200_000),
            ("50ms", 50_000_000),
            ("1.5s", 1_500_000_000),
            ("2 m", 120_000_000_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_nanos(nanoseconds)),
                "{text}"
            );
        }
        assert!(time("50").unwrap_err().contains("it has no unit"));
        assert!(
            time("5 parsecs")
                .unwrap_err()
                .contains("`parsecs` is not a unit of time")
        );
        assert!(time("25h").unwrap_err().contains("longer than a day"));
        assert!(time("0050ms").unwrap_err().contains("leading zeros"));
        assert!(
            time("0.5ns")
                .unwrap_err()
                .contains("finer than a nanosecond")
        );
    }

    #[test]
    fn integers_have_no_leading_zeros() {
        assert_eq!(integer("0"), Ok(0));
        assert_eq!(integer("-12"), Ok(-12));
        assert_eq!(integer("0x61"), Ok(97));
        assert!(integer("0500").unwrap_err().contains("write `500`"));
        for text in ["", "-", "0x", "5.0", "1e3", "+5", "1_000", "ten"] {
            assert!(integer(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_a_second_and_shares_are_percentages() {
        for (text, number) in [
            ("500/s", 500.0),
            ("50k/s", 50e3),
            ("1.5M/s", 1.5e6),
            ("0/s", 0.0),
        ] {
            assert_eq!(rate(text), Ok(Rate(number)), "{text}");
        }
        for text in [
            "500", "/s", "k/s", "05/s", "-1/s", "1e3/s", "2000M/s", "5/m", "inf/s",
        ] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(share("95%"), Ok(Share(0.95)));
        assert_eq!(share("0.5%"), Ok(Share(0.005)));
        for text in ["95", "%", "0%", "101%", "-1%", "nan%"] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_include_both_ends() {
        assert_eq!(
            range("3"),
            Ok(Range {
                from: 3,
                to: Some(3)
            })
        );
        assert_eq!(
            range("2..4"),
            Ok(Range {
                from: 2,
                to: Some(4)
            })
        );
        assert_eq!(range("2.."), Ok(Range { from: 2, to: None }));
        for text in ["", "..", "..4", "4..2", "a", "2..b", "-2"] {
            assert!(range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bounds_default_to_equality() {
        let bound = |text| bound(text).map(|b| (b.0.op, b.0.value));
        assert_eq!(bound(">= 3"), Ok((Op::AtLeast, 3.0)));
        assert_eq!(bound("3"), Ok((Op::Equal, 3.0)));
        assert_eq!(bound("<0.5"), Ok((Op::Less, 0.5)));
        assert_eq!(bound("> 4KiB"), Ok((Op::Greater, 4096.0)));
        for text in ["", ">=", "=> 3", "3 >", "inf", "nan", ">= -1", "> 03"] {
            assert!(bound(text).is_err(), "{text}");
        }
    }
}

//! Numbers as people read them: grouped digits, times with a fitting unit.

/// A whole number with a comma after each third digit.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A number with its noun, such as `1 delivery` or `4,812 deliveries`.
pub(crate) fn count(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(value), if value == 1 { one } else { many })
}

/// A number of bytes, such as `1 byte` or `4,096 bytes`.
pub(crate) fn bytes(value: u64) -> String {
    count(value, "byte", "bytes")
}

/// A time in microseconds, to three digits.
pub(crate) fn duration_us(us: u64) -> String {
    duration_ns(us.saturating_mul(1_000))
}

/// A time in nanoseconds, to three digits, with the unit that fits; minutes from 100 s on.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn duration_ns(ns: u64) -> String {
    let value = ns as f64;
    let rounded = |scaled: f64, unit: &str| {
        let places = if scaled < 9.995 {
            2
        } else if scaled < 99.95 {
            1
        } else {
            0
        };
        let text = format!("{scaled:.places$}");
        let text = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            &text
        };
        format!("{text} {unit}")
    };
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..999_500 => rounded(value / 1e3, "us"),
        999_500..999_500_000 => rounded(value / 1e6, "ms"),
        999_500_000..99_950_000_000 => rounded(value / 1e9, "s"),
        _ => {
            let seconds = ns / 1_000_000_000;
            if seconds < 3_600 {
                format!("{} min {} s", seconds / 60, seconds % 60)
            } else {
                format!(
                    "{} h {} min",
                    grouped(seconds / 3_600),
                    seconds % 3_600 / 60
                )
            }
        }
    }
}

/// A threshold's measured value: with a time's unit where the threshold names one.
///
/// Times are measured in nanoseconds; everything else (counts, ratios) is a bare number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measured time is finite and not negative here, and is shown to three digits"
)]
pub(crate) fn measured(threshold: &str, value: f64) -> String {
    if names_a_time(threshold) && value.is_finite() && value >= 0.0 {
        return duration_ns(value.round() as u64);
    }
    let percent = if threshold.trim_end().ends_with('%') {
        "%"
    } else {
        ""
    };
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}{percent}", grouped(value.abs() as u64));
    }
    format!("{}{percent}", format!("{value:.4}").trim_end_matches('0'))
}

/// True where the last word of a threshold is a number with a time unit, as in `p99 < 10ms`.
fn names_a_time(threshold: &str) -> bool {
    let tail = threshold.trim_end();
    let number = tail.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &tail[number.len()..];
    matches!(unit, "ns" | "us" | "ms" | "s" | "m" | "min" | "h")
        && number.trim_end().ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn times_keep_three_digits() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1 us"),
            (1_234, "1.23 us"),
            (40_300, "40.3 us"),
            (999_499, "999 us"),
            (999_500, "1 ms"),
            (50_000_000, "50 ms"),
            (3_400_000_000, "3.4 s"),
            (100_000_000_000, "1 min 40 s"),
            (7_260_000_000_000, "2 h 1 min"),
        ] {
            assert_eq!(duration_ns(ns), text, "{ns}");
        }
        assert!(!duration_us(u64::MAX).is_empty());
    }

    #[test]
    fn thresholds_tell_the_unit() {
        assert_eq!(measured("p99 < 10ms", 3_200_000.0), "3.2 ms");
        assert_eq!(measured("p99 < 10 ms", 3_200_000.0), "3.2 ms");
        assert_eq!(measured("errors == 0", 12_000.0), "12,000");
        assert_eq!(measured("errors < 1%", 0.25), "0.25%");
        assert_eq!(measured("ratio >= 4", f64::NAN), "NaN");
        assert_eq!(measured("größe < 5µs", -1.5), "-1.5");
    }
}

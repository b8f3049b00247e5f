//! Latency histograms: their bounds, and their compressed text in `run.json`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{
    DeserializeError, Deserializer, Serializer as _, V2DeflateSerializeError, V2DeflateSerializer,
};

use crate::run::Latency;
use crate::scenario::model::Metric;

/// The smallest value that is told apart: 1 ns.
const LOWEST_NS: u64 = 1;
/// The greatest value: 60 s. Longer times count as this.
const HIGHEST_NS: u64 = 60_000_000_000;
/// Significant figures kept of each value.
const FIGURES: u8 = 3;
/// The most characters of a histogram's text that are decoded: far above what the bounds need.
const MAX_TEXT: usize = 1 << 20;

/// Why a histogram could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum HistogramError {
    /// It could not be compressed.
    #[error("the histogram could not be written: {0}")]
    Write(#[from] V2DeflateSerializeError),
    /// The text is longer than any histogram's.
    #[error("a histogram of {found} characters; at most {MAX_TEXT} are read")]
    TooLong {
        /// Its characters.
        found: usize,
    },
    /// The text is no base64.
    #[error("the histogram's text is not base64: {0}")]
    NotBase64(#[from] base64::DecodeError),
    /// The bytes are no V2 histogram.
    #[error("the histogram's bytes are not HdrHistogram V2, deflated: {0:?}")]
    NotV2(DeserializeError),
}

/// An empty histogram of nanoseconds: 1 ns to 60 s, 3 significant figures, never resized. It takes
/// about 220 KiB.
#[must_use]
#[expect(clippy::expect_used, reason = "the bounds are constants, and tested")]
pub fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, FIGURES).expect("constant, valid bounds")
}

/// Records a time in nanoseconds: 0 counts as 1 ns, more than 60 s as 60 s.
pub fn record(histogram: &mut Histogram<u64>, ns: u64) {
    histogram.saturating_record(ns.clamp(LOWEST_NS, HIGHEST_NS));
}

/// What a metric says of a histogram. `None` where it holds nothing, or where the metric is none of
/// latency.
#[must_use]
pub fn measure(histogram: &Histogram<u64>, metric: Metric) -> Option<f64> {
    if histogram.is_empty() {
        return None;
    }
    match metric {
        Metric::Quantile(q) => Some(histogram.value_at_quantile(q) as f64),
        Metric::Mean => Some(histogram.mean()),
        Metric::Max => Some(histogram.max() as f64),
        Metric::Rate | Metric::Errors | Metric::Timeouts | Metric::Corrupt => None,
    }
}

impl Latency {
    /// The sums of a histogram of nanoseconds, and the histogram itself.
    ///
    /// # Errors
    ///
    /// Where the histogram cannot be compressed.
    pub fn from_histogram(
        class: impl Into<String>,
        histogram: &Histogram<u64>,
    ) -> Result<Self, HistogramError> {
        let at = |quantile| {
            if histogram.is_empty() {
                0
            } else {
                histogram.value_at_quantile(quantile)
            }
        };
        Ok(Self {
            class: class.into(),
            count: histogram.len(),
            min_ns: if histogram.is_empty() {
                0
            } else {
                histogram.min()
            },
            p50_ns: at(0.5),
            p90_ns: at(0.9),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: histogram.max(),
            hdr: encode(histogram)?,
        })
    }

    /// The histogram.
    ///
    /// # Errors
    ///
    /// Where `hdr` is not what [`Latency::from_histogram`] writes.
    pub fn histogram(&self) -> Result<Histogram<u64>, HistogramError> {
        decode(&self.hdr)
    }
}

/// A histogram as text: V2, deflated, base64 with padding (RFC 4648 section 4).
fn encode(histogram: &Histogram<u64>) -> Result<String, HistogramError> {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(histogram, &mut bytes)?;
    Ok(STANDARD.encode(bytes))
}

/// The histogram of such a text.
///
/// # Errors
///
/// Where the text is too long, no base64, or no V2 histogram.
pub fn decode(text: &str) -> Result<Histogram<u64>, HistogramError> {
    if text.len() > MAX_TEXT {
        return Err(HistogramError::TooLong { found: text.len() });
    }
    let bytes = STANDARD.decode(text)?;
    Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(HistogramError::NotV2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut histogram = empty();
        for i in 1..=10_000_u64 {
            record(&mut histogram, i * i);
        }
        let latency = Latency::from_histogram("each_cut", &histogram).unwrap();
        assert_eq!(latency.count, 10_000);
        assert_eq!(latency.min_ns, 1);
        let near = |value: u64, wanted: u64| value.abs_diff(wanted) * 1_000 <= wanted;
        assert!(near(latency.p50_ns, 25_000_000), "{}", latency.p50_ns);
        assert!(near(latency.p90_ns, 81_000_000), "{}", latency.p90_ns);
        assert!(near(latency.p99_ns, 98_010_000), "{}", latency.p99_ns);
        assert!(near(latency.max_ns, 100_000_000), "{}", latency.max_ns);
        assert_eq!(latency.histogram().unwrap(), histogram);
    }

    #[test]
    fn records_saturate_at_both_ends() {
        let mut histogram = empty();
        record(&mut histogram, 0);
        record(&mut histogram, u64::MAX);
        assert_eq!((histogram.len(), histogram.min()), (2, 1));
        assert_eq!(
            histogram.max(),
            histogram.highest_equivalent(60_000_000_000)
        );
    }

    #[test]
    fn an_empty_histogram_has_no_latencies() {
        let latency = Latency::from_histogram("whole", &empty()).unwrap();
        assert_eq!(
            (
                latency.count,
                latency.min_ns,
                latency.p99_ns,
                latency.max_ns
            ),
            (0, 0, 0, 0)
        );
        assert!(latency.histogram().unwrap().is_empty());
    }

    #[test]
    fn bad_text_is_refused() {
        assert!(matches!(decode("***"), Err(HistogramError::NotBase64(_))));
        assert!(matches!(decode("AAAA"), Err(HistogramError::NotV2(_))));
        let long = "A".repeat(MAX_TEXT + 1);
        assert!(matches!(decode(&long), Err(HistogramError::TooLong { .. })));
        let mut text = encode(&empty()).unwrap();
        text.truncate(text.len() / 2 / 4 * 4);
        assert!(
            matches!(decode(&text), Err(HistogramError::NotV2(_))),
            "{text}"
        );
    }
}

//! Diagrams of anything at all: they never panic, keep the width, and show what matters.

use harness::report::{Options, render_diagram};
use harness::run::{Diagram, DiagramRow, DiagramSpan, DiagramStream};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

mod report_samples;
use report_samples as samples;

const WIDE: Options = Options {
    colour: false,
    width: 100,
    unicode: true,
};

fn one(bytes: &[u8], rows: Vec<DiagramRow>) -> Diagram {
    let stream = DiagramStream {
        title: "a -> target".into(),
        bytes_hex: samples::hex(bytes),
        len: bytes.len() as u64,
        rows,
    };
    Diagram {
        title: String::new(),
        streams: vec![stream],
    }
}

fn draw(diagram: &Diagram) -> String {
    render_diagram(diagram, &WIDE)
}

#[test]
fn borders_of_all_rows_stand_in_the_same_columns() {
    insta::assert_snapshot!(draw(&samples::sticky()));
}

#[test]
fn nested_fields_get_lanes_and_gaps_stay_blank() {
    let rows = vec![samples::row(
        "frames",
        true,
        &[(0, 10, "frame"), (0, 2, "len"), (4, 10, "body")],
    )];
    insta::assert_snapshot!(draw(&one(b"\x00\x08xxabcdef", rows)));
}

#[test]
fn an_empty_datagram_is_seen() {
    let rows = vec![samples::row(
        "writes",
        true,
        &[(0, 3, ""), (3, 3, ""), (3, 6, "")],
    )];
    insta::assert_snapshot!(draw(&one(b"abcdef", rows)));
}

#[test]
fn no_bytes_at_all() {
    let rows = vec![samples::row("reads", false, &[])];
    insta::assert_snapshot!(draw(&one(b"", rows)));
}

#[test]
fn a_long_stream_keeps_its_borders_and_loses_its_middles() {
    let mut diagram = one(
        &[b'x'; 4096],
        vec![
            samples::row(
                "writes",
                true,
                &[(0, 1, ""), (1, 4_999_999, ""), (4_999_999, 5_000_000, "")],
            ),
            samples::row(
                "reads",
                true,
                &[(0, 2_500_000, ""), (2_500_000, 5_000_000, "")],
            ),
        ],
    );
    diagram.streams[0].len = 5_000_000;
    insta::assert_snapshot!(draw(&diagram));
}

#[test]
fn a_piece_a_byte_of_five_megabytes_is_drawn_soon() {
    let spans: Vec<_> = (0..500_000).map(|i| (i * 10, i * 10 + 10, "")).collect();
    let mut diagram = one(&[b'x'; 4096], vec![samples::row("writes", true, &spans)]);
    diagram.streams[0].len = 5_000_000;
    let began = std::time::Instant::now();
    let text = draw(&diagram);
    assert!(text.contains("500,000 writes"), "{text}");
    assert!(text.contains("borders"), "{text}");
    assert!(text.lines().count() < 30, "{text}");
    // Generous: an unoptimised build takes well below a second.
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn inferred_rows_are_dashed_and_say_so() {
    let mut diagram = one(b"abcdef", vec![samples::row("reads", false, &[(0, 6, "")])]);
    let dashed = draw(&diagram);
    assert!(
        dashed.contains("└┄┄") && dashed.contains("(inferred)"),
        "{dashed}"
    );
    diagram.streams[0].rows[0].proved = true;
    let solid = draw(&diagram);
    assert!(solid.contains("└──") && !solid.contains('┄'), "{solid}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ -~]{0,40}",
        any::<String>(),
        Just("粘包\u{202e}\x1b[31m".to_owned()),
    ]
}

fn offset() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0_u64..40, 2 => 0_u64..6_000, 1 => any::<u64>()]
}

prop_compose! {
    fn span()(start in offset(), end in offset(), label in text(), at_us in proptest::option::of(any::<u64>())) -> DiagramSpan {
        DiagramSpan { start, end, label, at_us }
    }
}

prop_compose! {
    fn row()(layer in text(), spans in proptest::collection::vec(span(), 0..30), proved in any::<bool>(),
             note in proptest::option::of(text())) -> DiagramRow {
        DiagramRow { layer, spans, proved, note }
    }
}

/// Rows whose spans tile the stream, as real ones do.
fn tiled() -> impl Strategy<Value = DiagramRow> {
    (
        proptest::collection::vec(0_u64..30, 0..60),
        any::<bool>(),
        text(),
    )
        .prop_map(|(sizes, proved, label)| {
            let mut at = 0;
            let mut span = |size: u64| {
                let start = at;
                at += size;
                DiagramSpan {
                    start,
                    end: at,
                    label: label.clone(),
                    at_us: Some(start),
                }
            };
            let spans = sizes.into_iter().map(&mut span).collect();
            DiagramRow {
                layer: "writes".into(),
                spans,
                proved,
                note: None,
            }
        })
}

prop_compose! {
    fn stream()(title in text(), bytes in proptest::collection::vec(any::<u8>(), 0..300),
                hex in prop_oneof![9 => Just(None), 1 => any::<String>().prop_map(Some)],
                more in prop_oneof![Just(0_u64), 0_u64..5_000_000, any::<u64>()],
                rows in proptest::collection::vec(prop_oneof![row(), tiled()], 0..5)) -> DiagramStream {
        let len = (bytes.len() as u64).saturating_add(more);
        DiagramStream { title, bytes_hex: hex.unwrap_or_else(|| samples::hex(&bytes)), len, rows }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_diagram_keeps_the_width(
        title in text(),
        streams in proptest::collection::vec(stream(), 0..3),
        width in 40_usize..140,
        unicode in any::<bool>(),
    ) {
        let diagram = Diagram { title, streams };
        let drawn = render_diagram(&diagram, &Options { colour: true, width, unicode });
        for line in drawn.lines() {
            prop_assert!(line.width() <= width, "{} > {width}: {line:?}\n{drawn}", line.width());
            prop_assert!(!line.contains('\x1b'), "an escape sequence came through: {line:?}");
        }
    }

    /// What the diagram is for: every border of a short stream stands under the ruler's byte row.
    #[test]
    fn every_border_of_a_short_stream_is_drawn(cuts in proptest::collection::btree_set(1_u64..12, 0..6)) {
        let mut borders: Vec<u64> = std::iter::once(0).chain(cuts).collect();
        borders.push(12);
        let spans: Vec<_> = borders.windows(2).map(|pair| (pair[0], pair[1], "")).collect();
        let drawn = draw(&one(b"abcdefghijkl", vec![samples::row("writes", true, &spans)]));
        let bytes = drawn.lines().find(|line| line.contains('│')).unwrap();
        let writes = drawn.lines().find(|line| line.starts_with("writes")).unwrap();
        let columns = |line: &str, wanted: &[char]| -> Vec<usize> {
            line.chars().enumerate().filter(|(_, c)| wanted.contains(c)).map(|(at, _)| at).collect()
        };
        prop_assert_eq!(columns(bytes, &['│']), columns(writes, &['└', '┴', '┘']));
        prop_assert_eq!(columns(bytes, &['│']).len(), borders.len());
    }
}

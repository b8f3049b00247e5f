//! Files that are meant to hurt, or are broken by chance: refused, within bounds, without a panic.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use harness::scenario::{BUDGET, Diagnostics, MAX_FILE_BYTES, Source, Tree, load, parse};
use proptest::prelude::*;

/// Far above what any of these takes (milliseconds); only a blow-up comes near it.
const GENEROUS: Duration = Duration::from_secs(10);

fn refused(text: &str) -> Diagnostics {
    let start = Instant::now();
    let errors = parse(Path::new("hostile.yaml"), text).expect_err("it is refused");
    assert!(start.elapsed() < GENEROUS, "{:?}", start.elapsed());
    let first = errors.iter().next().unwrap();
    assert!(first.one_line().starts_with("hostile.yaml:"), "{first}");
    errors
}

/// The tree that a text leaves in memory, and what was said of it.
fn tree(text: &str) -> (Tree, Vec<String>) {
    let source = std::sync::Arc::new(Source::new(
        Path::new("hostile.yaml").into(),
        text.to_owned(),
    ));
    let mut errors = Vec::new();
    let tree = Tree::parse(&source, BUDGET, &mut errors);
    (tree, errors.iter().map(|e| e.one_line()).collect())
}

/// Nine levels of ten aliases each: a thousand million values.
fn alias_bomb() -> String {
    let mut text = String::from("target: &l0 lol\n");
    for level in 1..10 {
        let before = format!("*l{}, ", level - 1).repeat(10);
        text.push_str(&format!(
            "k{level}: &l{level} [{}]\n",
            before.trim_end_matches(", ")
        ));
    }
    text
}

#[test]
fn an_alias_bomb_is_refused_where_it_goes_off() {
    let errors = refused(&alias_bomb());
    let first = errors.iter().next().unwrap();
    assert!(
        first
            .message
            .contains("more than 20000 values, aliases followed"),
        "{first}"
    );
    assert!(first.line > 1, "{first}");
    // An alias is a number: nothing was expanded.
    let (tree, _) = tree(&alias_bomb());
    assert!(tree.len() < 200, "{} nodes", tree.len());
}

#[test]
fn an_alias_of_a_large_value_costs_nothing_until_it_is_used() {
    // 200 aliases of 1 MiB would be 200 MiB of bytes to send.
    let mut text = format!(
        "target: t\nconnect: tcp://127.0.0.1:9\nframes: {{any: raw}}\nexchanges:\n  - a: {{request: {{any: &big {}}}}}\n",
        "x".repeat(1 << 20)
    );
    for n in 0..200 {
        text.push_str(&format!("  - b{n}: {{request: {{any: *big}}}}\n"));
    }
    let errors = refused(&text);
    assert!(
        errors.to_string().contains("come to more than 64 MiB"),
        "{errors}"
    );
}

#[test]
fn fills_within_cats_do_not_multiply() {
    let mut text = String::from(
        "target: t\nconnect: tcp://127.0.0.1:9\nframes: {any: raw}\nexchanges:\n  - a: {request: {any: {concat: [",
    );
    text.push_str(&"{fill: {byte: 0, size: 60MiB}}, ".repeat(1000));
    text.push_str("]}}}\n");
    let errors = refused(&text);
    assert!(
        errors.to_string().contains("come to more than 64 MiB"),
        "{errors}"
    );
}

#[test]
fn deep_nesting_is_refused_where_it_is_too_deep() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let text = format!("target: {}x{}\n", open.repeat(20_000), close.repeat(20_000));
        let text = if close.is_empty() {
            text.replacen("target: ", "", 1)
        } else {
            text
        };
        let errors = refused(&text);
        let first = errors.iter().next().unwrap();
        assert!(first.line == 1 && first.column > 0, "{first}");
        let (tree, _) = tree(&text);
        assert!(
            tree.len() <= 2 * BUDGET.depth + 2,
            "{} nodes of {open}",
            tree.len()
        );
    }
    // Neither the blocks nor the brackets are too deep by themselves.
    let blocks: String = (0..50).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let mixed = format!(
        "{blocks}{}{}x{}\n",
        " ".repeat(51),
        "[".repeat(50),
        "]".repeat(50)
    );
    let errors = refused(&mixed);
    assert!(
        errors.to_string().contains("nested deeper than 64 levels"),
        "{errors}"
    );
    let block: String = (0..20_000)
        .map(|n| format!("{}a:\n", " ".repeat(n % 2000)))
        .collect();
    refused(&block);
}

#[test]
fn many_values_are_refused_at_the_first_too_many() {
    let text = format!("target: [{}]\n", "a, ".repeat(1_000_000));
    let errors = refused(&text);
    assert!(
        errors.to_string().contains("more than 20000 values"),
        "{errors}"
    );
    let (tree, _) = tree(&text);
    assert!(tree.len() <= BUDGET.nodes as usize, "{} nodes", tree.len());
}

#[test]
fn many_keys_are_compared_in_linear_time() {
    let keys: String = (0..9_900).map(|n| format!("k{n}: 1\n")).collect();
    let errors = refused(&format!("target: t\n{keys}k77: 2\n"));
    // More mistakes than anyone reads are counted, not kept.
    assert!(errors.count() > 9_000);
    assert!(errors.iter().count() <= 200);
    assert!(errors.render(false).contains("more"));
}

#[test]
fn many_broken_documents_are_told_a_few_times() {
    let (_, errors) = tree(&"a: [\n---\n".repeat(100_000));
    assert!(errors.len() <= BUDGET.syntax_errors + 1, "{}", errors.len());
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.yaml");
    // Sparse: 100 MB that take no room.
    std::fs::File::create(&path)
        .unwrap()
        .set_len(100_000_000)
        .unwrap();
    let start = Instant::now();
    let errors = load(&path).unwrap_err();
    assert!(start.elapsed() < GENEROUS);
    assert!(
        errors
            .to_string()
            .contains("huge.yaml: the file has more than 4 MiB"),
        "{errors}"
    );
    let text = " ".repeat(MAX_FILE_BYTES + 1);
    assert!(refused_whole(&text).contains("more than 4 MiB"));
}

fn refused_whole(text: &str) -> String {
    parse(Path::new("hostile.yaml"), text)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_large_scalar_and_a_long_line_are_no_trouble() {
    let errors = refused(&format!(
        "target: t\nabout: {}\nconect: x\n",
        "word ".repeat(500_000)
    ));
    assert!(errors.render(false).len() < 1 << 20);
    // The excerpt of a mistake in a line of megabytes is what it costs to show it.
    let errors = refused(&format!("target: {{a: {}}}\n", "x".repeat(3_000_000)));
    assert!(errors.render(false).contains("expected text"));
}

#[test]
fn what_is_not_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        load(folder.path())
            .unwrap_err()
            .to_string()
            .contains("not a regular file")
    );
    assert!(
        load(Path::new("/dev/zero"))
            .unwrap_err()
            .to_string()
            .contains("not a regular file")
    );
    assert!(
        load(&folder.path().join("none.yaml"))
            .unwrap_err()
            .to_string()
            .contains("No such file")
    );
}

#[test]
fn repeats_within_repeats_do_not_multiply() {
    let mut steps = String::from("[play: all]");
    for _ in 0..9 {
        steps = format!(
            "[{{repeat: {{times: 9, steps: {steps}}}}}, {{repeat: {{times: 9, steps: {steps}}}}}]"
        );
        if steps.len() > 60_000 {
            break;
        }
    }
    let text = format!("scenario: s\ncases:\n  - {{id: a, title: A, steps: {steps}}}\n");
    let start = Instant::now();
    let _ = parse(Path::new("hostile.yaml"), &text);
    assert!(start.elapsed() < GENEROUS);
}

fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/valid");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|f| std::fs::read(f).unwrap())
        .collect()
}

/// What a mutation does to a file.
#[derive(Clone, Debug)]
enum Mutation {
    Delete(usize, usize),
    Insert(usize, Vec<u8>),
    Truncate(usize),
    Copy(usize, usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..8192usize;
    // Bytes that mean something to YAML are likelier to lead somewhere.
    let byte = prop_oneof![
        3 => prop::sample::select(b"{}[]:,-?&*!|>'\"%@`# \t\n\r\0~=<.0x".to_vec()),
        1 => any::<u8>(),
    ];
    prop_oneof![
        (at.clone(), 1..40usize).prop_map(|(at, n)| Mutation::Delete(at, n)),
        (at.clone(), prop::collection::vec(byte, 1..6)).prop_map(|(at, b)| Mutation::Insert(at, b)),
        at.clone().prop_map(Mutation::Truncate),
        (at.clone(), 1..200usize, at).prop_map(|(from, n, to)| Mutation::Copy(from, n, to)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: Mutation) {
    let len = bytes.len();
    let place = |at: usize| if len == 0 { 0 } else { at % (len + 1) };
    match mutation {
        Mutation::Delete(at, n) => {
            let at = place(at);
            bytes.drain(at..(at + n).min(len));
        }
        Mutation::Insert(at, new) => {
            let at = place(at);
            bytes.splice(at..at, new);
        }
        Mutation::Truncate(at) => bytes.truncate(place(at)),
        Mutation::Copy(from, n, to) => {
            let from = place(from);
            let piece = bytes[from..(from + n).min(len)].to_vec();
            let to = place(to);
            bytes.splice(to..to, piece);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever becomes of a file, it is taken or refused with located errors, and can be shown.
    #[test]
    fn no_mutation_of_a_sample_panics(
        which in any::<prop::sample::Index>(),
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let samples = samples();
        let mut bytes = which.get(&samples).clone();
        for mutation in mutations {
            mutate(&mut bytes, mutation);
        }
        let text = String::from_utf8_lossy(&bytes);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/valid/mutated.yaml");
        if let Err(errors) = parse(&file, &text) {
            prop_assert!(errors.count() > 0);
            let shown = errors.render(false) + &errors.render(true);
            prop_assert!(!shown.is_empty());
            for error in &errors {
                prop_assert!(error.line > 0, "{}", error);
            }
        }
    }
}

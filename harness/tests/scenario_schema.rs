//! Schema and reference are made from the types that read files: both say what the reader does.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harness::scenario::model::Origin;
use harness::scenario::{TargetOverride, find, load_target, reference, schema};
use serde_json::Value;

fn definition<'a>(schema: &'a Value, name: &str) -> &'a Value {
    schema
        .pointer(&format!("/definitions/{name}"))
        .unwrap_or_else(|| panic!("no {name}"))
}

fn walk(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            see(object);
            object.values().for_each(|v| walk(v, see));
        }
        Value::Array(items) => items.iter().for_each(|v| walk(v, see)),
        _ => {}
    }
}

#[test]
fn the_schema_is_closed_and_complete() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    let mut references = BTreeSet::new();
    walk(&schema, &mut |object| {
        if object.contains_key("properties") {
            assert_eq!(object["additionalProperties"], false, "{object:?}");
        }
        assert_ne!(object.get("type"), Some(&Value::from("null")), "{object:?}");
        if let Some(Value::String(to)) = object.get("$ref") {
            references.insert(to.clone());
        }
    });
    for to in references {
        assert!(
            schema.pointer(to.trim_start_matches('#')).is_some(),
            "{to} leads nowhere"
        );
    }
    let case = definition(&schema, "CaseSyntax");
    assert_eq!(case["required"], serde_json::json!(["id", "title"]));
    assert_eq!(case["properties"]["level"]["default"], "must");
}

#[test]
fn words_whose_value_may_be_left_out_stand_alone_in_the_schema() {
    let schema = schema();
    let steps = definition(&schema, "StepSyntax")["oneOf"]
        .as_array()
        .unwrap();
    let bare = |word: &str| {
        steps.iter().any(|s| {
            s["const"] == word
                || s["enum"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|w| w == word))
        })
    };
    for word in [
        "close",
        "shutdown",
        "stop_target",
        "start_target",
        "pause_target",
    ] {
        assert!(bare(word), "{word}");
    }
    for word in ["play", "send", "repeat"] {
        assert!(!bare(word), "{word}");
    }
}

#[test]
fn every_key_is_explained() {
    let schema = schema();
    let mut bare = Vec::new();
    walk(&schema["definitions"], &mut |object| {
        // A variant's only key is explained beside it.
        let Some(Value::Object(properties)) = object.get("properties") else {
            return;
        };
        let plain = |value: &Value| value.get("description").is_none();
        if properties.len() > 1 || !object.contains_key("required") {
            bare.extend(
                properties
                    .iter()
                    .filter(|(_, v)| plain(v))
                    .map(|(key, _)| key.clone()),
            );
        }
    });
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn the_reference_tells_of_every_type_and_key() {
    let text = reference();
    let schema = schema();
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        for key in definition
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            assert!(text.contains(&format!("`{}`", key.0)), "{name}: {}", key.0);
        }
    }
    for part in [
        "## profile",
        "## case",
        "## step",
        "**needed**",
        "`must`",
        "## bytes",
    ] {
        assert!(text.contains(part), "{part}");
    }
    // Each link leads to a heading.
    let headings: BTreeSet<String> = text
        .lines()
        .filter_map(|l| l.strip_prefix("## "))
        .map(|h| {
            h.replace(' ', "-")
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect()
        })
        .collect();
    for link in text.split("](#").skip(1) {
        let to = link.split(')').next().unwrap();
        assert!(headings.contains(to), "#{to} leads nowhere");
    }
}

#[test]
fn a_target_is_a_file_a_command_or_an_address() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/valid/plc.yaml");
    let target = |spec: &str| load_target(spec);
    let Ok(TargetOverride::Profile(profile)) = target(file.to_str().unwrap()) else {
        panic!()
    };
    assert_eq!(profile.name, "plc");
    let Ok(TargetOverride::Origin(Origin::Connect(to))) = target("tcp://127.0.0.1:7000") else {
        panic!()
    };
    assert_eq!(to.to_string(), "tcp://127.0.0.1:7000");
    let Ok(TargetOverride::Origin(Origin::Start(command))) =
        target("python3 'my server.py' {port}")
    else {
        panic!()
    };
    assert_eq!(command.argv, ["python3", "my server.py", "{port}"]);
    for (spec, says) in [
        ("python3 server.py", "does not say where to listen"),
        ("python3 server.py {prot}", "`{prot}` is not known"),
        ("server '{port}", "a `'` is not closed"),
        ("", "no program is named"),
        ("http://x", "`http` is not a known scheme"),
        ("no-such.yaml", "No such file"),
        ("tests/data/valid/suite.yml", "no profile"),
    ] {
        let error = target(spec).unwrap_err().to_string();
        assert!(error.contains(says), "{spec}: {error}");
    }
}

#[test]
fn folders_are_searched_without_samples_of_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "b.yaml",
        "a.yml",
        "sub/c.yaml",
        "invalid/x.yaml",
        "sub/invalid/y.yaml",
        ".git/z.yaml",
        "notes.txt",
    ] {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    let names = |paths: &[PathBuf]| -> Vec<String> {
        find(paths)
            .unwrap()
            .iter()
            .map(|p| p.strip_prefix(folder.path()).unwrap().display().to_string())
            .collect()
    };
    let root = folder.path().to_path_buf();
    for name in ["loop", "ring"] {
        std::os::unix::fs::symlink(&root, root.join("sub").join(name)).unwrap();
    }
    assert_eq!(
        names(std::slice::from_ref(&root)),
        ["a.yml", "b.yaml", "sub/c.yaml"]
    );
    assert_eq!(
        names(&[root.join("invalid")]),
        ["invalid/x.yaml"],
        "named itself, it is searched"
    );
    assert_eq!(
        names(&[root.join("b.yaml"), root.clone()]),
        ["b.yaml", "a.yml", "sub/c.yaml"],
        "once"
    );
    let error = find(&[root.join("nowhere")]).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
    std::fs::create_dir(root.join("empty")).unwrap();
    let error = find(&[root.join("empty")]).unwrap_err().to_string();
    assert!(
        error.contains("no scenario stands in this folder"),
        "{error}"
    );
}

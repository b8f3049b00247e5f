//! `run.json`: written, described by its schema, read back, refused where it is not one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test fails with the test"
)]

use std::path::{Path, PathBuf};

use harness::report::{self, Options, ReadError};
use harness::run::{Run, VERSION};
use serde_json::Value;

mod report_samples;
use report_samples as samples;

fn json(run: &Run) -> String {
    let mut out = Vec::new();
    (report::find("json").unwrap().render)(run, &mut out, &Options::default()).unwrap();
    String::from_utf8(out).unwrap()
}

fn schema_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/run.schema.json")
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let generated = report::schema();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(schema_path(), &generated).unwrap();
    }
    let committed = std::fs::read_to_string(schema_path()).unwrap_or_default();
    assert!(
        committed == generated,
        "reports/run.schema.json is out of date: run this test with UPDATE=1 in its environment"
    );
}

#[test]
fn every_sample_meets_the_schema() {
    let schema: Value = serde_json::from_str(&report::schema()).unwrap();
    for (name, run) in samples::all() {
        let value: Value = serde_json::from_str(&json(&run)).unwrap();
        validate(&schema, &schema, &value, "").unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn the_schema_refuses_what_is_no_run() {
    let schema: Value = serde_json::from_str(&report::schema()).unwrap();
    let good: Value = serde_json::from_str(&json(&samples::every_verdict())).unwrap();
    let check = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        validate(&schema, &schema, &value, "")
    };
    assert_eq!(check(&|_| {}), Ok(()));
    for change in [
        &(|v: &mut Value| v["seed"] = "42".into()) as &dyn Fn(&mut Value),
        &|v| v["seed"] = (-1).into(),
        &|v| drop(v.as_object_mut().unwrap().remove("exit")),
        &|v| v["scenarios"][0]["cases"][0]["verdict"] = "passed".into(),
        &|v| v["scenarios"][0]["cases"][1]["failures"][0]["expected_bytes"] = 1.into(),
        &|v| v["totals"]["verdicts"]["passed"] = 1.into(),
    ] {
        assert!(check(change).is_err());
    }
}

/// A validator for the keywords that the schema uses; any other keyword is an error, so that none
/// is passed over.
fn validate(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if *schema == Value::Bool(true) {
        return Ok(());
    }
    if *schema == Value::Bool(false) {
        return Err(format!("{at}: not allowed"));
    }
    for (keyword, rule) in schema.as_object().ok_or("a schema is an object")? {
        let fine = match keyword.as_str() {
            "$schema" | "title" | "description" | "definitions" | "format" | "default" => true,
            "$ref" => {
                let path = rule
                    .as_str()
                    .and_then(|r| r.strip_prefix('#'))
                    .ok_or("a local $ref")?;
                validate(root, root.pointer(path).ok_or("a known $ref")?, value, at)?;
                true
            }
            "allOf" => {
                for one in rule.as_array().ok_or("allOf is a list")? {
                    validate(root, one, value, at)?;
                }
                true
            }
            "anyOf" | "oneOf" => {
                let all = rule.as_array().ok_or("a list")?;
                let fit = all
                    .iter()
                    .filter(|one| validate(root, one, value, at).is_ok())
                    .count();
                if keyword == "oneOf" {
                    fit == 1
                } else {
                    fit > 0
                }
            }
            "type" => {
                let is = |name: &Value| match name.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("boolean") => value.is_boolean(),
                    Some("null") => value.is_null(),
                    Some("integer") => value.is_i64() || value.is_u64(),
                    Some("number") => value.is_number(),
                    _ => false,
                };
                rule.as_array()
                    .map_or_else(|| is(rule), |names| names.iter().any(is))
            }
            "enum" => rule.as_array().is_some_and(|values| values.contains(value)),
            "const" => rule == value,
            "minimum" => value.as_f64().is_none_or(|v| v >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|v| v <= rule.as_f64().unwrap()),
            "required" => value.as_object().is_none_or(|map| {
                rule.as_array()
                    .unwrap()
                    .iter()
                    .all(|key| map.contains_key(key.as_str().unwrap()))
            }),
            "propertyNames" => {
                for key in value.as_object().into_iter().flat_map(|map| map.keys()) {
                    validate(
                        root,
                        rule,
                        &Value::from(key.as_str()),
                        &format!("{at}/{key}"),
                    )?;
                }
                true
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    validate(root, rule, item, &format!("{at}/{i}"))?;
                }
                true
            }
            "properties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    if let Some(rule) = rule.get(key) {
                        validate(root, rule, item, &format!("{at}/{key}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties");
                for (key, item) in value.as_object().into_iter().flatten() {
                    if known.and_then(|known| known.get(key)).is_none() {
                        validate(root, rule, item, &format!("{at}/{key}"))?;
                    }
                }
                true
            }
            other => return Err(format!("{at}: the validator does not know `{other}`")),
        };
        if !fine {
            return Err(format!("{at}: {value} does not meet {keyword}: {rule}"));
        }
    }
    Ok(())
}

/// Every key of the form, so that none is left undescribed.
#[test]
fn the_readme_names_every_field() {
    let readme = schema_path().with_file_name("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let schema: Value = serde_json::from_str(&report::schema()).unwrap();
    let mut objects: Vec<&Value> = vec![&schema];
    objects.extend(schema["definitions"].as_object().unwrap().values());
    for key in objects
        .iter()
        .filter_map(|o| o["properties"].as_object())
        .flat_map(|p| p.keys())
    {
        assert!(
            readme.contains(&format!("`{key}`")),
            "reports/README.md does not name `{key}`"
        );
    }
}

#[test]
fn what_is_written_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, run) in samples::all() {
        // Infinity has no JSON form: it is read back as nothing measured.
        if name == "hostile" {
            continue;
        }
        let path = folder.path().join(name);
        std::fs::write(&path, json(&run)).unwrap();
        let read = report::read(&path).unwrap();
        assert_eq!(json(&read), json(&run), "{name}");
    }
}

#[test]
fn what_cannot_be_measured_does_not_break_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    std::fs::write(&path, json(&samples::hostile())).unwrap();
    let run = report::read(&path).unwrap();
    assert_eq!(run.scenarios[0].cases[0].thresholds[0].measured, None);
}

fn refused(text: &str) -> ReadError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    std::fs::write(&path, text).unwrap();
    report::read(&path).expect_err("it should be refused")
}

#[test]
fn broken_files_are_refused_with_a_reason() {
    let good = json(&samples::every_verdict());

    let missing = report::read(Path::new("/nonexistent/run.json")).unwrap_err();
    assert!(
        missing.to_string().starts_with("/nonexistent/run.json: "),
        "{missing}"
    );

    let cut = refused(&good[..good.len() / 2]);
    assert!(matches!(cut, ReadError::NotJson { .. }), "{cut}");
    assert!(cut.to_string().contains("not JSON: EOF"), "{cut}");

    let other = refused("{\"results\": []}");
    assert!(matches!(other, ReadError::NotARun { .. }), "{other}");
    assert!(
        refused("{\"v\": \"one\"}")
            .to_string()
            .ends_with("and is \"one\"")
    );
    assert!(matches!(refused("{\"v\": 0}"), ReadError::NotARun { .. }));
    assert!(matches!(refused("[]"), ReadError::NotARun { .. }));

    let newer = good
        .replacen("\"v\": 1", "\"v\": 7", 1)
        .replacen("0.1.0", "9.9.9", 1);
    let newer = refused(&newer);
    assert!(
        matches!(newer, ReadError::Newer { found: 7, .. }),
        "{newer}"
    );
    assert!(
        newer
            .to_string()
            .contains("form 7 of run.json, written by harness 9.9.9"),
        "{newer}"
    );
    assert!(
        newer.to_string().contains(&format!("up to form {VERSION}")),
        "{newer}"
    );

    let broken = refused(&good.replacen("\"seed\": 42", "\"seed\": \"x\"", 1));
    assert!(
        matches!(broken, ReadError::Broken { found: 1, .. }),
        "{broken}"
    );
    let line = good
        .lines()
        .position(|line| line.contains("\"seed\""))
        .unwrap()
        + 1;
    assert!(
        broken.to_string().contains(&format!("run.json:{line}:")),
        "{broken}"
    );
    assert!(broken.to_string().contains("expected u64"), "{broken}");
}

#[test]
fn unknown_keys_are_ignored_and_absent_bytes_are_none() {
    let mut value: Value = serde_json::from_str(&json(&samples::every_verdict())).unwrap();
    value["later"] = "key".into();
    let failure = value["scenarios"][0]["cases"][1]["failures"][0]
        .as_object_mut()
        .unwrap();
    failure.remove("expected_bytes");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    std::fs::write(&path, value.to_string()).unwrap();
    let run = report::read(&path).unwrap();
    assert_eq!(run.scenarios[0].cases[1].failures[0].expected_bytes, None);
}

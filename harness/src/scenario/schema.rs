//! The schema that editors read, made from the types of the language.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::syntax::{ProfileSyntax, ProtocolSyntax, ScenarioSyntax};

/// The JSON schema (draft-07) of one document of a file: a profile, a scenario or a protocol.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07()
        .with_transform(RecursiveTransform(close))
        .into_generator();
    let profile = generator.subschema_for::<ProfileSyntax>();
    let scenario = generator.subschema_for::<ScenarioSyntax>();
    let protocol = generator.subschema_for::<ProtocolSyntax>();
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "harness scenario",
        "description": "One document of a scenario file: a target profile, a scenario or a protocol.",
        "anyOf": [profile, scenario, protocol],
        "definitions": definitions,
    })
}

/// Makes a schema say what the reader does: unknown keys are refused, and so is null. A word whose
/// value may be left out may also stand alone.
fn close(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    bare_words(object);
    no_null(object);
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|t| t == "null")
}

/// Adds the words of an enum whose value may be absent as words that stand alone.
fn bare_words(object: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = object.get_mut("oneOf") else {
        return;
    };
    let optional = |value: &Value| {
        value
            .get("anyOf")
            .and_then(Value::as_array)
            .is_some_and(|any| any.iter().any(is_null))
            || value
                .get("type")
                .and_then(Value::as_array)
                .is_some_and(|types| types.iter().any(|t| t == "null"))
    };
    let words: Vec<Value> = variants
        .iter()
        .filter_map(|variant| {
            let properties = variant.get("properties")?.as_object()?;
            let (word, value) = properties.iter().next()?;
            (properties.len() == 1 && optional(value)).then(|| {
                let mut bare = json!({"type": "string", "const": word});
                if let (Some(text), Some(bare)) = (variant.get("description"), bare.as_object_mut())
                {
                    bare.insert("description".to_owned(), text.clone());
                }
                bare
            })
        })
        .collect();
    variants.extend(words);
}

fn no_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(any)) = object.get_mut("anyOf") else {
        return;
    };
    let before = any.len();
    any.retain(|s| !is_null(s));
    if any.len() == 1 && before > 1 {
        // draft-07 ignores what stands beside `$ref`; `allOf` keeps the description.
        if let Some(only) = object.remove("anyOf") {
            object.insert("allOf".to_owned(), only);
        }
    }
}

/// The schema of a type with all that it refers to, as the reference reads it.
pub(super) fn definitions() -> Map<String, Value> {
    match schema() {
        Value::Object(mut object) => match object.remove("definitions") {
            Some(Value::Object(definitions)) => definitions,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// The name of a type in the schema.
pub(super) fn name_of<T: JsonSchema>() -> String {
    T::schema_name().into_owned()
}

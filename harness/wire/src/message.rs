//! What a user wants to say: values for the fields of a frame, before any byte exists.

use crate::json;

/// Values by field name, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Field name and value. Fields that are computed (lengths, digests) are left out.
    pub fields: Vec<(String, Value)>,
}

impl Message {
    /// The value of the field of that name, if it was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut given = self.fields.iter().filter(|(given, _)| given == name);
        given.next().map(|(_, value)| value)
    }
}

/// The value of one field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An integer, for fields that hold numbers.
    Int(i128),
    /// Bytes, for everything else. Text is its UTF-8 bytes.
    Bytes(Vec<u8>),
    /// A JSON object or other value, for fields that hold JSON.
    Json(serde_json::Value),
    /// Header lines, in this order.
    Headers(Vec<(String, Vec<u8>)>),
    /// The fields of a nested frame; for alternatives the one that is meant, by its name.
    Frame(Message),
    /// Several values, one after the other.
    List(Vec<Value>),
}

impl Value {
    /// The value in a few words, for errors.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Int(value) => value.to_string(),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Self::Json(value) => json::shorten(&value.to_string()),
            Self::Headers(lines) => format!("{} header lines", lines.len()),
            Self::Frame(_) => "a nested frame".into(),
            Self::List(values) => format!("a list of {}", values.len()),
        }
    }
}

//! What a user wants to say: values for the fields of a frame, before any byte exists.

/// Values by field name, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Field name and value. Fields that are computed (lengths, digests) are left out.
    pub fields: Vec<(String, Value)>,
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
    /// The items of what stands several times: lines, or frames.
    List(Vec<Value>),
}

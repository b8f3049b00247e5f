//! `recv`: bytes that must arrive.

mod lower;
mod run;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::formula::{Formula, Slots};
use crate::scenario::model::ConnName;
use crate::scenario::pattern::Pattern;
use crate::scenario::syntax::{Bytes, Item, Size, Time, by_shape};

by_shape! {
    /// Bytes that must arrive, exactly, or a map that says more.
    pub enum RecvSyntax expecting "bytes, or a map such as `{prefix: \"OK\"}`" {
        /// Exactly these bytes.
        "scalar" | "bytes" => Exact(Bytes),
        /// Something else.
        "map" => Map(RecvMap),
    }
}

/// What must arrive. Exactly one of `exact`, `prefix`, `regex`, `size`, `nothing`, `error` and `reads`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RecvMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// These bytes. Where messages keep their boundaries, one message.
    pub exact: Option<Item<Bytes>>,
    /// At least these bytes at the front.
    pub prefix: Option<Item<Bytes>>,
    /// Bytes that match from the first one on.
    pub regex: Option<Item<String>>,
    /// So many bytes.
    pub size: Option<Item<Size>>,
    /// Nothing, for this long.
    pub nothing: Option<Item<Time>>,
    /// This error of recv(2), such as `ECONNREFUSED`.
    pub error: Option<Item<String>>,
    /// One read for each of these, which returns exactly these bytes.
    pub reads: Option<Item<Vec<Item<Bytes>>>>,
    /// The size of each read; a list for each in turn, whose last one repeats.
    pub in_reads_of: Option<Item<ReadSizes>>,
    /// The full size of a datagram that must be seen to be truncated.
    pub truncated: Option<Item<Size>>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

by_shape! {
    /// The sizes of reads.
    pub enum ReadSizes expecting "a size, or a list of sizes" {
        /// The size of every read.
        "scalar" => One(Size),
        /// The size of each read in turn; the last one repeats.
        "list" => Several(Vec<Item<Size>>),
    }
}

/// What must arrive.
#[derive(Clone, Debug)]
pub enum RecvExpect {
    /// These bytes. Where messages keep their boundaries: one message.
    Exact(Vec<u8>),
    /// At least these bytes at the front; what else is there is read too.
    Prefix(Vec<u8>),
    /// Bytes that match from their first byte on.
    Regex(Pattern),
    /// This many bytes.
    Size(usize),
    /// Nothing, for this long. The end of the stream is not something.
    Nothing(Duration),
    /// This error, and no byte before it.
    Error(String),
    /// One read for each of these, returning exactly these bytes.
    Reads(Vec<Vec<u8>>),
}

impl Slots for RecvExpect {
    fn slots(&mut self) -> Vec<&mut Vec<u8>> {
        match self {
            Self::Exact(bytes) | Self::Prefix(bytes) => vec![bytes],
            Self::Reads(reads) => reads.iter_mut().collect(),
            Self::Regex(_) | Self::Size(_) | Self::Nothing(_) | Self::Error(_) => Vec::new(),
        }
    }
}

/// Receives bytes.
#[derive(Clone, Debug)]
pub struct Recv {
    /// The connection.
    pub on: ConnName,
    /// What must come.
    pub expect: RecvExpect,
    /// How the byte strings of `expect` come about, one for each; empty where they are what stands
    /// there.
    pub formulas: Vec<Formula>,
    /// The size of each read, in turn; the last one repeats. Empty for as much as there is.
    pub reads: Vec<usize>,
    /// For datagrams: the full length of a datagram that must be seen to be truncated.
    pub truncated: Option<usize>,
    /// How long it may take, where the user said it.
    pub within: Option<Duration>,
}

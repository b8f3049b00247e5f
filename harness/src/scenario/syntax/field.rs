//! The fields of a composed frame as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::frame::AlgorithmSyntax;
use super::shape::by_shape;
use super::{Bytes, Count, Int, Item, Named, Raw};

/// Declares the integer types once, for lengths and for fields.
macro_rules! integers {
    ($($(#[doc = $doc:literal])* $variant:ident,)+) => {
        /// An integer type: sign, bits, byte order.
        #[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
        #[serde(rename_all = "lowercase")]
        pub enum IntWord {
            $($(#[doc = $doc])* $variant,)+
        }

        impl IntWord {
            /// The word itself.
            pub fn name(self) -> String {
                match self {
                    $(Self::$variant => stringify!($variant).to_lowercase(),)+
                }
            }
        }

        /// What a field of a frame is.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum FieldSyntax {
            $($(#[doc = $doc])* $variant(Option<Item<IntArgs>>),)+
            /// Bytes that never change, such as a magic number.
            Const(Item<Bytes>),
            /// Bytes. Alone: as many as a length counts, or the rest of a datagram.
            Bytes(Option<Item<BytesArgs>>),
            /// Bytes of UTF-8 text.
            Text(Option<Item<BytesArgs>>),
            /// A JSON value. Alone: as many bytes as a length counts.
            Json(Option<Item<JsonArgs>>),
            /// An integer in groups of 7 bits, the lowest first (MQTT, LEB128).
            Varint(Option<Item<VarintArgs>>),
            /// An integer in ASCII digits.
            Decimal(Item<DecimalArgs>),
            /// Lines of `Name: value` in any order, up to an empty one.
            Headers(Option<Item<HeadersArgs>>),
            /// Lines up to one that says the end.
            Lines(Item<LinesArgs>),
            /// The fields of a frame inside this one.
            Frame(Item<FieldList>),
            /// One of several frames, by the value of an earlier field.
            Switch(Item<SwitchArgs>),
            /// The same frame several times: as often as a count says, or until a length ends.
            Repeat(Item<RepeatArgs>),
            /// The first of several frames that the bytes fit, by names that you choose.
            #[serde(rename = "first_of")]
            FirstOf(Item<Vec<Item<Named<FieldList>>>>),
        }

        impl FieldSyntax {
            /// Type and arguments, where it is an integer.
            pub fn int(&self) -> Option<(IntWord, Option<&Item<IntArgs>>)> {
                match self {
                    $(Self::$variant(args) => Some((IntWord::$variant, args.as_ref())),)+
                    _ => None,
                }
            }
        }
    };
}

integers! {
    /// One byte, unsigned.
    U8,
    /// One byte, signed.
    I8,
    /// 16 bits, unsigned, big-endian.
    U16Be,
    /// 16 bits, unsigned, little-endian.
    U16Le,
    /// 16 bits, unsigned, in the order of the machine that runs this.
    U16Ne,
    /// 16 bits, signed, big-endian.
    I16Be,
    /// 16 bits, signed, little-endian.
    I16Le,
    /// 16 bits, signed, in the order of the machine that runs this.
    I16Ne,
    /// 24 bits, unsigned, big-endian.
    U24Be,
    /// 24 bits, unsigned, little-endian.
    U24Le,
    /// 24 bits, unsigned, in the order of the machine that runs this.
    U24Ne,
    /// 24 bits, signed, big-endian.
    I24Be,
    /// 24 bits, signed, little-endian.
    I24Le,
    /// 24 bits, signed, in the order of the machine that runs this.
    I24Ne,
    /// 32 bits, unsigned, big-endian.
    U32Be,
    /// 32 bits, unsigned, little-endian.
    U32Le,
    /// 32 bits, unsigned, in the order of the machine that runs this.
    U32Ne,
    /// 32 bits, signed, big-endian.
    I32Be,
    /// 32 bits, signed, little-endian.
    I32Le,
    /// 32 bits, signed, in the order of the machine that runs this.
    I32Ne,
    /// 40 bits, unsigned, big-endian.
    U40Be,
    /// 40 bits, unsigned, little-endian.
    U40Le,
    /// 40 bits, unsigned, in the order of the machine that runs this.
    U40Ne,
    /// 40 bits, signed, big-endian.
    I40Be,
    /// 40 bits, signed, little-endian.
    I40Le,
    /// 40 bits, signed, in the order of the machine that runs this.
    I40Ne,
    /// 48 bits, unsigned, big-endian.
    U48Be,
    /// 48 bits, unsigned, little-endian.
    U48Le,
    /// 48 bits, unsigned, in the order of the machine that runs this.
    U48Ne,
    /// 48 bits, signed, big-endian.
    I48Be,
    /// 48 bits, signed, little-endian.
    I48Le,
    /// 48 bits, signed, in the order of the machine that runs this.
    I48Ne,
    /// 56 bits, unsigned, big-endian.
    U56Be,
    /// 56 bits, unsigned, little-endian.
    U56Le,
    /// 56 bits, unsigned, in the order of the machine that runs this.
    U56Ne,
    /// 56 bits, signed, big-endian.
    I56Be,
    /// 56 bits, signed, little-endian.
    I56Le,
    /// 56 bits, signed, in the order of the machine that runs this.
    I56Ne,
    /// 64 bits, unsigned, big-endian.
    U64Be,
    /// 64 bits, unsigned, little-endian.
    U64Le,
    /// 64 bits, unsigned, in the order of the machine that runs this.
    U64Ne,
    /// 64 bits, signed, big-endian.
    I64Be,
    /// 64 bits, signed, little-endian.
    I64Le,
    /// 64 bits, signed, in the order of the machine that runs this.
    I64Ne,
}

/// Declares the arguments of a kind of number: its own, and what every number may mean.
macro_rules! number_args {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$own:meta])* $key:ident: $ty:ty,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$own])* pub $key: $ty,)*
            /// True: fresh for each request, and repeated by the reply.
            pub id: Option<Item<bool>>,
            /// The only value that is right.
            #[serde(rename = "const")]
            pub constant: Option<Item<Int>>,
            /// The fields whose bytes it counts, itself included if it is named.
            pub size_of: Option<Item<Vec<Item<String>>>>,
            /// Added to the number of bytes to give the number that is written. Only with `size_of`.
            #[schemars(extend("default" = 0))]
            pub adjust: Option<Item<Int>>,
            /// The value that says that the field is not there, as -1 often does. A message then
            /// leaves the field out. Only with `size_of` and one field.
            pub absent: Option<Item<Int>>,
            /// The `repeat` whose frames it counts.
            pub count_of: Option<Item<String>>,
            /// The value where a message gives none.
            pub default: Option<Item<Int>>,
            /// `stream`: streams have the field and datagrams do not.
            pub only: Option<Item<OnlyWord>>,
        }

        impl $name {
            /// What the number means.
            pub fn role(&self) -> RoleArgs<'_> {
                RoleArgs {
                    id: self.id.as_ref(),
                    constant: self.constant.as_ref(),
                    size_of: self.size_of.as_ref(),
                    adjust: self.adjust.as_ref(),
                    absent: self.absent.as_ref(),
                    count_of: self.count_of.as_ref(),
                    default: self.default.as_ref(),
                    only: self.only.as_ref(),
                }
            }
        }
    };
}

number_args! {
    /// What an integer means. At most one of `id`, `const`, `size_of`, `count_of`, `default`;
    /// without any of them a message gives its value.
    IntArgs {}
}

number_args! {
    /// An integer in groups of 7 bits, the lowest first. It means what any integer may mean.
    VarintArgs {
        /// The most bytes, 1 to 10. MQTT has 4, 64 bits need 10.
        #[schemars(extend("default" = 10))]
        max: Option<Item<Count>>,
    }
}

number_args! {
    /// An integer in ASCII digits. It means what any integer may mean.
    DecimalArgs {
        /// The bytes behind the digits. No leading zeros then, and at most 20 digits. Either this
        /// or `width`.
        until: Option<Item<Bytes>>,
        /// The number of digits, leading zeros included, 1 to 20.
        width: Option<Item<Count>>,
    }
}

/// What a number may mean, of whatever kind it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoleArgs<'a> {
    /// As the key `id`.
    pub id: Option<&'a Item<bool>>,
    /// As the key `const`.
    pub constant: Option<&'a Item<Int>>,
    /// As the key of its name.
    pub size_of: Option<&'a Item<Vec<Item<String>>>>,
    /// As the key of its name.
    pub adjust: Option<&'a Item<Int>>,
    /// As the key of its name.
    pub absent: Option<&'a Item<Int>>,
    /// As the key of its name.
    pub count_of: Option<&'a Item<String>>,
    /// As the key of its name.
    pub default: Option<&'a Item<Int>>,
    /// As the key of its name.
    pub only: Option<&'a Item<OnlyWord>>,
}

/// What has a field.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OnlyWord {
    /// Streams; datagrams do not.
    Stream,
}

by_shape! {
    /// Where a field of bytes ends: the word `rest`, or a map.
    pub enum BytesArgs expecting "`rest`, `{size: 4}` or `{until: \"\\n\"}`" {
        /// At the end of the stream.
        "scalar" => Rest(RestWord),
        /// After a size, or with certain bytes.
        "map" | "bytes" => Extent(BytesExtent),
    }
}

/// Where a field of bytes ends: with the stream.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RestWord {
    /// At the end of the stream, or of the datagram.
    Rest,
}

/// Where a field of bytes ends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BytesExtent {
    /// After so many bytes.
    Size(Item<Count>),
    /// With these bytes, which are not part of the value.
    Until(Item<Bytes>),
}

/// Where a JSON field says the sizes and digests of others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonArgs {
    /// A key that says the size of other fields.
    pub size: Option<Item<JsonSize>>,
    /// A key that holds the digest of other fields.
    pub digest: Option<Item<JsonDigest>>,
}

/// A key of a JSON field that says the size of other fields.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonSize {
    /// The key.
    pub key: Item<String>,
    /// The fields whose bytes it counts.
    pub of: Item<Vec<Item<String>>>,
}

/// A key of a JSON field that holds the digest of other fields.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonDigest {
    /// The key.
    pub key: Item<String>,
    /// The algorithm; the digest is written in lower-case hexadecimal.
    pub algorithm: Item<AlgorithmSyntax>,
    /// The fields whose bytes it covers.
    pub of: Item<Vec<Item<String>>>,
}

/// The fields of a frame, one after the other.
pub type FieldList = Vec<Item<Named<FieldSyntax>>>;

/// Lines of `Name: value`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct HeadersArgs {
    /// What ends a line.
    #[schemars(extend("default" = "crlf"))]
    pub line_end: Option<Item<LineEndWord>>,
    /// What is written between name and value. With a blank in it, blanks around a value that is
    /// read do not belong to it.
    #[schemars(extend("default" = ": "))]
    pub separator: Option<Item<Bytes>>,
    /// The header that says the size of later fields.
    pub size: Option<Item<HeaderSizeArgs>>,
}

/// The header that says the size of later fields.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct HeaderSizeArgs {
    /// Its name, in any case.
    pub name: Item<String>,
    /// The fields whose bytes it counts, terminators included.
    pub of: Item<Vec<Item<String>>>,
    /// Added to the number of bytes to give the number that is written.
    #[schemars(extend("default" = 0))]
    pub adjust: Option<Item<Int>>,
    /// True: it may be missing. Its field, which has an `until`, then ends at the first terminator.
    #[schemars(extend("default" = false))]
    pub optional: Option<Item<bool>>,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LineEndWord {
    /// CR LF.
    Crlf,
    /// LF.
    Lf,
    /// Either where it is read; LF is written.
    Either,
}

/// Lines up to one that says the end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LinesArgs {
    /// The last line, without its end: `"."`, or `""` for an empty line.
    pub until: Item<Bytes>,
    /// What ends a line.
    #[schemars(extend("default" = "crlf"))]
    pub line_end: Option<Item<LineEndWord>>,
}

/// Frames to choose from by an earlier field.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SwitchArgs {
    /// The field, an integer or bytes.
    pub on: Item<String>,
    /// The choices.
    pub cases: Item<Vec<Item<SwitchCaseArgs>>>,
    /// The fields for any other value. Without it, another value is an error.
    #[serde(rename = "else")]
    pub other: Option<Item<FieldList>>,
}

/// One choice of a switch.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SwitchCaseArgs {
    /// The values that choose it: integers, or bytes where the field holds bytes.
    pub is: Item<Vec<Item<Raw>>>,
    /// Its fields; `[]` for none.
    pub frame: Item<FieldList>,
}

/// The same frame several times.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RepeatArgs {
    /// The frame's fields.
    pub frame: Item<FieldList>,
    /// The most times. More are refused.
    #[schemars(extend("default" = 65536))]
    pub max: Option<Item<Count>>,
}

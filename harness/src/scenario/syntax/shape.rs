//! Enums whose variants are told apart by the shape of the value, with its place kept.

/// Declares an enum whose variants are chosen by the shape of a value: `scalar`, `list`, `map`, or
/// `bytes` for a map whose only key is a word that gives bytes, such as `hex`.
macro_rules! by_shape {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident expecting $expected:literal {
            $(
                #[doc = $vdoc:literal]
                $($shape:literal)|+ => $variant:ident($ty:ty),
            )+
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        #[allow(clippy::large_enum_variant, reason = "read once; few of them live at a time")]
        pub enum $name {
            $(#[doc = $vdoc] $variant($ty),)+
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Shape;

                impl<'de> serde::de::Visitor<'de> for Shape {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_enum<A: serde::de::EnumAccess<'de>>(
                        self,
                        data: A,
                    ) -> Result<$name, A::Error> {
                        use serde::de::VariantAccess as _;
                        let (shape, access) = data.variant::<String>()?;
                        match shape.as_str() {
                            $($($shape)|+ => {
                                access.newtype_variant::<$ty>().map($name::$variant)
                            })+
                            _ => Err(serde::de::Error::invalid_type(
                                serde::de::Unexpected::Other(&shape),
                                &self,
                            )),
                        }
                    }
                }

                deserializer
                    .deserialize_newtype_struct(crate::scenario::de::magic::SHAPE, Shape)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": ([$($doc),*].map(str::trim).join("\n")),
                    "anyOf": [$(generator.subschema_for::<$ty>()),+],
                })
            }
        }
    };
}

pub(crate) use by_shape;

//! The registry of steps, and that of conditions: each of them once.

/// Declares what may be written, what it means, and how the one becomes the other. Behind the names
/// of the two enums and the trait stands an entry for each step or condition, as
/// `file::Name(args: what stands behind its word)`; its doc comment is the reference's text.
macro_rules! registry {
    (
        $(#[doc = $syntax_doc:literal])+ $Syntax:ident,
        $(#[doc = $kind_doc:literal])+ $Kind:ident,
        $(#[doc = $stage_doc:literal])+ $stage:ident: $Stage:ident;
        $($(#[doc = $doc:literal])+ $module:ident::$name:ident $(($given:ident: $value:ty))?,)+
    ) => {
        $(pub use self::$module::$name;)+

        $(#[doc = $syntax_doc])+
        #[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $Syntax {
            $($(#[doc = $doc])+ $name $(($value))?,)+
        }

        $(#[doc = $kind_doc])+
        #[derive(Clone, Debug)]
        pub enum $Kind {
            $($(#[doc = $doc])+ $name($name),)+
        }

        /// What is meant, found valid with what came before it in mind.
        pub(crate) fn lower(here: crate::step::Here<'_, '_>, given: &$Syntax) -> Option<$Kind> {
            match given {
                $($Syntax::$name $(($given))? => {
                    $name::lower(here $(, $given)?).map($Kind::$name)
                })+
            }
        }

        impl $Kind {
            $(#[doc = $stage_doc])+
            pub(crate) fn $stage(&self) -> &dyn $Stage {
                match self {
                    $(Self::$name(meant) => meant,)+
                }
            }
        }
    };
}

pub(crate) use registry;

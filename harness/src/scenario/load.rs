//! Reading a file, with the files that it names.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::context::Context;
use super::de::read;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::lower::{self, Library, Lowered, Targets, Unique};
use super::model::{Document, Scenario};
use super::source::{MAX_FILE_BYTES, Source, Span};
use super::suggest;
use super::syntax::{Item, ProfileSyntax, ProtocolSyntax, ScenarioSyntax};
use super::tree::{BUDGET, Kind, NodeId, Tree};

/// Reads and checks a file, with the files that it names.
///
/// # Errors
/// All mistakes of the file, and of the files that it names, each located.
pub fn load(path: &Path) -> Result<Document, Diagnostics> {
    let mut loader = Loader::default();
    let document = match read_file(path) {
        Ok(text) => loader.document(path, text),
        Err(error) => {
            loader.errors.push(*error);
            None
        }
    };
    loader.finish(document)
}

/// Checks a text as if it stood in the file `path`, which is not read. Files that it names are.
///
/// # Errors
/// All mistakes of the text, and of the files that it names, each located.
pub fn parse(path: &Path, text: &str) -> Result<Document, Diagnostics> {
    let mut loader = Loader::default();
    let document = match decode(path, text.as_bytes().to_vec()) {
        Ok(text) => loader.document(path, text),
        Err(error) => {
            loader.errors.push(*error);
            None
        }
    };
    loader.finish(document)
}

/// The text of a file. Boxed, since a diagnostic is large and rare.
fn read_file(path: &Path) -> Result<String, Box<Diagnostic>> {
    let fail = |message: String| Box::new(Diagnostic::whole(path, message));
    let read = || -> std::io::Result<Vec<u8>> {
        // Opening a pipe would wait for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is not a regular file"));
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path)?;
        file.take(MAX_FILE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    decode(
        path,
        read().map_err(|e| fail(format!("the file cannot be read: {e}")))?,
    )
}

fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, Box<Diagnostic>> {
    let fail = |message: String| Box::new(Diagnostic::whole(path, message));
    if bytes.len() > MAX_FILE_BYTES {
        let error = fail(format!(
            "the file has more than {} MiB",
            MAX_FILE_BYTES >> 20
        ));
        return Err(Box::new(error.help(
            "scenarios are small: large payloads go into files of their own, as `{file: ...}`",
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..valid].iter().filter(|&&b| b == b'\n').count() + 1;
        let error = fail(format!(
            "the file is not UTF-8: byte 0x{:02x} at offset {valid}, in line {line}",
            bytes.get(valid).copied().unwrap_or_default(),
        ));
        Box::new(error.help("save it as UTF-8; give other bytes as `{hex: \"...\"}`"))
    })
}

/// What a file gives to others that name it: its first profile, or else its first protocol.
#[derive(Clone)]
enum Loaded {
    /// It is being read: whoever asks for it now is what it needs itself.
    Loading,
    /// It is right.
    Right(Box<Lowered>),
    /// It has no profile, and its protocols are right.
    Protocol(Box<Library>),
    /// It had mistakes, or has no profile.
    Wrong,
}

/// What a profile builds on.
enum Base {
    Profile(Box<Lowered>),
    Protocol(Box<Library>),
}

fn no_profile(cx: &Context, given: &str, at: Span) {
    cx.error_help(
        at,
        format!("`{given}` has no profile"),
        "a profile begins with `target: NAME`",
    );
}

/// The documents of a file; `None` for one that had a mistake.
struct Documents {
    /// By name.
    profiles: Vec<(String, Option<Lowered>)>,
    scenarios: Vec<Option<Scenario>>,
    protocols: Vec<Option<Library>>,
}

/// One load: the file that was asked for, and those that it names.
#[derive(Default)]
pub(super) struct Loader {
    /// By canonical path.
    files: HashMap<PathBuf, Loaded>,
    pub(super) errors: Vec<Diagnostic>,
}

impl Loader {
    /// The result, or all mistakes.
    pub(super) fn finish<T>(self, result: Option<T>) -> Result<T, Diagnostics> {
        match result {
            Some(result) if self.errors.is_empty() => Ok(result),
            None if self.errors.is_empty() => {
                // Whoever refuses a value must say so; this is better than no word at all.
                let error = Diagnostic::whole(Path::new(""), "a mistake was found but not told");
                Err(Diagnostics::from(
                    error.help("please report the file that led here"),
                ))
            }
            _ => Err(Diagnostics::new(self.errors)),
        }
    }

    /// Checks the text of a file.
    fn document(&mut self, path: &Path, text: String) -> Option<Document> {
        let key = canonical(path);
        self.files.insert(key.clone(), Loaded::Loading);
        let file: Arc<Path> = Arc::from(path);
        let digest = hex(&Sha256::digest(text.as_bytes()));
        let source = Arc::new(Source::new(Arc::clone(&file), text));
        let mut errors = Vec::new();
        let tree = Tree::parse(&source, BUDGET, &mut errors);
        let cx = Context::new(source, tree, errors);
        let Documents {
            profiles,
            scenarios,
            protocols,
        } = self.documents(&cx);
        let errors = cx.into_errors();
        let first = profiles.first().and_then(|(_, lowered)| lowered.clone());
        let library = protocols.first().and_then(Option::clone);
        let loaded = match (first, library) {
            (Some(lowered), _) if errors.is_empty() => Loaded::Right(Box::new(lowered)),
            (None, Some(library)) if errors.is_empty() => Loaded::Protocol(Box::new(library)),
            _ => Loaded::Wrong,
        };
        self.files.insert(key, loaded);
        self.errors.extend(errors);
        let profiles = profiles
            .into_iter()
            .map(|(_, lowered)| lowered.map(|l| l.profile))
            .collect::<Option<_>>();
        Some(Document {
            file,
            digest,
            profiles: profiles?,
            scenarios: scenarios.into_iter().collect::<Option<_>>()?,
            protocols: protocols
                .into_iter()
                .map(|library| library.map(|l| l.protocol))
                .collect::<Option<_>>()?,
        })
    }

    /// The profiles first, since scenarios name them, in whatever order they stand.
    fn documents(&mut self, cx: &Context) -> Documents {
        let mut profiles = Vec::new();
        let mut scenarios = Vec::new();
        let mut protocols = Vec::new();
        let mut names = Unique::default();
        let mut titles = Unique::default();
        let mut kinds = Unique::default();
        if cx.tree().documents.is_empty() && cx.mistakes() == 0 {
            cx.error_help(
                Span::default(),
                "the file is empty",
                "a file holds a profile (`target: ...`) or a scenario (`scenario: ...`)",
            );
        }
        for &id in &cx.tree().documents {
            match document_kind(cx, id) {
                Some(DocumentKind::Profile) => {
                    let at = cx.node(id).span;
                    let Some(syntax) = read::<ProfileSyntax>(cx, id) else {
                        continue;
                    };
                    let name = syntax.target.get().cloned().unwrap_or_default();
                    if !name.is_empty() {
                        names.add(cx, "the target", &name, syntax.target.span);
                    } else if syntax.target.get().is_some() {
                        cx.error(syntax.target.span, "the target's name is empty");
                    }
                    let base = self.base(cx, syntax.uses.as_ref());
                    let (profile, library) = match &base {
                        Ok(Some(Base::Profile(lowered))) => (Ok(Some(&**lowered)), None),
                        Ok(Some(Base::Protocol(library))) => (Ok(None), Some(&**library)),
                        Ok(None) => (Ok(None), None),
                        Err(()) => (Err(()), None),
                    };
                    let at = first_key(cx, id).unwrap_or(at);
                    let lowered = lower::profile(cx, &syntax, at, profile, library);
                    profiles.push((name, lowered));
                }
                Some(DocumentKind::Protocol) => {
                    if let Some(syntax) = read::<ProtocolSyntax>(cx, id) {
                        if let Some(name) = syntax.protocol.get() {
                            kinds.add(cx, "the protocol", name, syntax.protocol.span);
                        }
                        protocols.push(lower::protocol(cx, &syntax));
                    }
                }
                Some(DocumentKind::Scenario) => scenarios.push(read::<ScenarioSyntax>(cx, id)),
                None => {}
            }
        }
        let mut ids = Unique::default();
        let mut targets = Named {
            loader: self,
            profiles: &profiles,
        };
        let scenarios = scenarios
            .into_iter()
            .map(|syntax| {
                let syntax = syntax?;
                if let Some(name) = syntax.scenario.get() {
                    titles.add(cx, "the scenario", name, syntax.scenario.span);
                }
                lower::scenario(cx, &syntax, &mut targets, &mut ids)
            })
            .collect();
        Documents {
            profiles,
            scenarios,
            protocols,
        }
    }

    /// The profile or protocol that `use:` names. `Err` where it had mistakes; they are told.
    fn base(&mut self, cx: &Context, uses: Option<&Item<String>>) -> Result<Option<Base>, ()> {
        let Some(item) = uses else {
            return Ok(None);
        };
        let given = item.get().ok_or(())?;
        self.base_of(cx, given, item.span).map(Some).ok_or(())
    }

    /// The first profile of a file that is named at `at`.
    fn profile_of(&mut self, cx: &Context, given: &str, at: Span) -> Option<Lowered> {
        match self.base_of(cx, given, at)? {
            Base::Profile(lowered) => Some(*lowered),
            Base::Protocol(_) => {
                no_profile(cx, given, at);
                None
            }
        }
    }

    /// What the file gives that is named at `at`.
    fn base_of(&mut self, cx: &Context, given: &str, at: Span) -> Option<Base> {
        let path = cx.path(given);
        let path = path
            .strip_prefix("./")
            .map(Path::to_path_buf)
            .unwrap_or(path);
        let key = canonical(&path);
        match self.files.get(&key) {
            Some(Loaded::Right(lowered)) => return Some(Base::Profile(lowered.clone())),
            Some(Loaded::Protocol(library)) => return Some(Base::Protocol(library.clone())),
            Some(Loaded::Wrong) => return None,
            Some(Loaded::Loading) => {
                cx.error_help(
                    at,
                    format!("`{given}` needs this file itself: the two go in a circle"),
                    "`use` names a file that does without this one",
                );
                return None;
            }
            None => {}
        }
        if self
            .files
            .values()
            .filter(|f| matches!(f, Loaded::Loading))
            .count()
            > 16
        {
            cx.error(at, "more than 16 files name one another");
            return None;
        }
        let text = match read_file(&path) {
            Ok(text) => text,
            Err(error) => {
                self.files.insert(key, Loaded::Wrong);
                let help = error.help.clone().unwrap_or_else(|| {
                    format!(
                        "it is looked for at {}, relative to this file",
                        path.display()
                    )
                });
                cx.error_help(at, format!("`{given}`: {}", error.message), help);
                return None;
            }
        };
        let document = self.document(&path, text);
        if let (Some(document), Some(Loaded::Wrong)) = (&document, self.files.get(&key))
            && document.profiles.is_empty()
        {
            no_profile(cx, given, at);
        }
        match self.files.get(&key) {
            Some(Loaded::Right(lowered)) => Some(Base::Profile(lowered.clone())),
            Some(Loaded::Protocol(library)) => Some(Base::Protocol(library.clone())),
            _ => None,
        }
    }

    /// The first profile of a file, for `--target`.
    pub(super) fn target_file(&mut self, path: &Path) -> Option<Lowered> {
        let text = match read_file(path) {
            Ok(text) => text,
            Err(error) => {
                self.errors.push(*error);
                return None;
            }
        };
        self.document(path, text)?;
        match self.files.get(&canonical(path)) {
            Some(Loaded::Right(lowered)) => Some((**lowered).clone()),
            _ => {
                if self.errors.is_empty() {
                    let error = Diagnostic::whole(path, "the file has no profile");
                    self.errors
                        .push(error.help("a profile begins with `target: NAME`"));
                }
                None
            }
        }
    }
}

/// Where `target:` of a scenario is looked up.
struct Named<'a> {
    loader: &'a mut Loader,
    profiles: &'a [(String, Option<Lowered>)],
}

impl Targets for Named<'_> {
    fn target(&mut self, cx: &Context, name: &str, at: Span) -> Option<Lowered> {
        if let Some((_, lowered)) = self.profiles.iter().find(|(n, _)| n == name) {
            return lowered.clone();
        }
        if is_path(name) {
            return self.loader.profile_of(cx, name, at);
        }
        if !cx.tree().incomplete {
            let known: Vec<&str> = self.profiles.iter().map(|(n, _)| n.as_str()).collect();
            let mut error = suggest::unknown_name(cx, "target", name, at, &known);
            if known.is_empty() {
                error.help = Some(
                    "no profile stands in this file: name a file, as in `target: my.yaml`"
                        .to_owned(),
                );
            }
            cx.push(error);
        }
        None
    }
}

/// A name with a folder or an ending is that of a file.
pub(super) fn is_path(name: &str) -> bool {
    name.contains('/') || is_yaml(Path::new(name))
}

/// True for `.yaml` and `.yml`.
pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// The same path for the same file, however it is named.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

enum DocumentKind {
    Protocol,
    Profile,
    Scenario,
}

fn first_key(cx: &Context, id: NodeId) -> Option<Span> {
    match &cx.node(id).kind {
        Kind::Map(entries) => entries.first().map(|e| e.key_span),
        _ => None,
    }
}

/// What a document is: its first key says it.
fn document_kind(cx: &Context, id: NodeId) -> Option<DocumentKind> {
    const WORDS: [&str; 4] = ["target", "scenario", "protocol", "known_failures"];
    const HELP: &str = "a document begins with `target: NAME` (a profile) or `scenario: NAME`";
    let node = cx.node(id);
    let entries = match &node.kind {
        Kind::Broken => return None,
        Kind::Map(entries) => entries,
        _ => {
            let found = cx.describe(id);
            cx.error_help(
                node.span,
                format!("expected a profile or a scenario, found {found}"),
                HELP,
            );
            return None;
        }
    };
    let Some(first) = entries.first() else {
        cx.error_help(
            node.span,
            "expected a profile or a scenario, found an empty map",
            HELP,
        );
        return None;
    };
    match &*first.key {
        "target" => return Some(DocumentKind::Profile),
        "scenario" => return Some(DocumentKind::Scenario),
        "protocol" => return Some(DocumentKind::Protocol),
        "known_failures" => {
            cx.error_help(first.key_span, "`known_failures` is not built yet", HELP);
            return None;
        }
        _ => {}
    }
    // The word may stand further down, or be misspelt.
    if let Some(late) = entries.iter().find(|e| WORDS.contains(&&*e.key)) {
        cx.error_help(
            late.key_span,
            format!("`{}` must be the document's first key", late.key),
            format!("move this line above `{}`", first.key),
        );
        return match &*late.key {
            "scenario" => Some(DocumentKind::Scenario),
            "protocol" => Some(DocumentKind::Protocol),
            // A scenario may have a `target:` too.
            _ if entries.iter().any(|e| &*e.key == "cases") => None,
            _ => Some(DocumentKind::Profile),
        };
    }
    let error = Diagnostic::new(
        cx.source(),
        first.key_span,
        format!("a document cannot begin with `{}`", first.key),
    )
    .help(HELP);
    cx.push(match suggest::nearest(&first.key, WORDS) {
        Some(near) => error.label(format!("did you mean `{near}`?")),
        None => error,
    });
    None
}

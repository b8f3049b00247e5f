//! YAML text as a tree in which every value knows its bytes.
//!
//! Built from the events of the YAML parser, because only they tell a plain `0500` from a quoted
//! one, and where each value stands. The tree is an arena: an alias is the number of the node it
//! stands for, so that no alias copies anything.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_yaml::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span as YamlSpan, StrInput, Tag,
    options,
};

use super::diagnostic::Diagnostic;
use super::source::{Source, Span};

/// The number of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The number itself.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The node of that number. Of use only with the tree that gave it out.
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// One value.
#[derive(Debug)]
pub struct Node {
    /// Its bytes in the file.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// How many nodes it comes to with every alias followed.
    weight: u32,
}

/// What a value is.
#[derive(Debug)]
pub enum Kind {
    /// Text, a number, a word, or nothing at all.
    Scalar {
        /// Its text: as it stands in the file where it is plain, unescaped where it is quoted.
        text: Box<str>,
        /// True where it stands without quotes.
        plain: bool,
    },
    /// `[a, b]` or lines that begin with `-`.
    List(Vec<NodeId>),
    /// `{a: b}` or lines such as `a: b`.
    Map(Vec<Entry>),
    /// A mistake that was told already.
    Broken,
}

/// One entry of a map.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// The key's bytes in the file.
    pub key_span: Span,
    /// The value.
    pub value: NodeId,
}

/// The bounds that keep a file from costing more than it is worth.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The most values of a file, with every alias followed.
    pub nodes: u32,
    /// The deepest nesting.
    pub depth: usize,
    /// The most mistakes of YAML itself that are told of one file.
    pub syntax_errors: usize,
}

/// What a file may cost: a scenario of a thousand cases fits.
pub const BUDGET: Budget = Budget {
    nodes: 20_000,
    depth: 64,
    syntax_errors: 20,
};

/// The values of one file.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The root of each document, in order.
    pub documents: Vec<NodeId>,
    /// True where a document could not be read to its end, so that names may seem to be missing.
    pub incomplete: bool,
}

impl Tree {
    /// The node of that number.
    pub fn node(&self, id: NodeId) -> &Node {
        static NOTHING: Node = Node {
            span: Span { start: 0, end: 0 },
            kind: Kind::Broken,
            weight: 0,
        };
        self.nodes.get(id.0 as usize).unwrap_or(&NOTHING)
    }

    /// How many nodes it holds, aliases not followed: what it costs in memory.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True where it holds no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Reads the documents of a file. Each mistake goes to `errors`; the document that it is in
    /// is given up, and reading goes on with the next.
    pub fn parse(source: &Arc<Source>, budget: Budget, errors: &mut Vec<Diagnostic>) -> Self {
        let mut builder = Builder {
            source,
            budget,
            errors,
            tree: Self::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
            expanded: 0,
        };
        builder.run();
        builder.tree
    }
}

/// A list or map whose end was not seen yet.
struct Open {
    id: NodeId,
    start: u32,
    weight: u32,
    children: Children,
}

enum Children {
    List(Vec<NodeId>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next; `Some(None)` for one that was refused.
        key: Option<Option<(Box<str>, Span)>>,
        /// The keys so far, once there are too many to look through.
        seen: HashSet<Box<str>>,
    },
}

/// From this many entries on, a map's keys are also kept in a set.
const MANY_KEYS: usize = 32;

struct Builder<'a> {
    source: &'a Arc<Source>,
    budget: Budget,
    errors: &'a mut Vec<Diagnostic>,
    tree: Tree,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    /// Nodes so far with every alias followed.
    expanded: u32,
}

/// Reading cannot go on in this file.
struct Stop;

impl Builder<'_> {
    fn run(&mut self) {
        let source = Arc::clone(self.source);
        let options: Options = options! {
            disallow_directives: true,
            emit_unresolved_aliases: true,
            emit_comments: false,
            flow_nesting_limit: self.budget.depth,
            block_nesting_limit: self.budget.depth,
        };
        let mut parser: Parser<'_, StrInput<'_>> =
            Parser::new_from_str_with_options(source.text(), options);
        let mut mistakes = 0;
        loop {
            match parser.next_event() {
                None => return,
                Some(Ok((event, span))) => {
                    if self.event(event, span).is_err() {
                        self.tree.incomplete = true;
                        return;
                    }
                }
                Some(Err(error)) => {
                    self.syntax(&error);
                    mistakes += 1;
                    self.tree.incomplete = true;
                    self.open.clear();
                    self.anchors.clear();
                    if mistakes >= self.budget.syntax_errors {
                        return;
                    }
                    match parser.proceed_next_document() {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(error) => {
                            self.syntax(&error);
                            return;
                        }
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event<'_>, span: YamlSpan) -> Result<(), Stop> {
        let at = self.span(&span);
        match event {
            Event::DocumentStart(..) => {
                self.open.clear();
                self.anchors.clear();
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let text: Box<str> = text.into();
                if self.tagged(tag.as_deref(), &span) {
                    let id = self.add(at, Kind::Broken)?;
                    self.place(id, None);
                } else if self.wants_key() {
                    self.key(Some((text, at)), at);
                } else {
                    let id = self.add(at, Kind::Scalar { text, plain })?;
                    self.anchor(anchor, id);
                    self.place(id, None);
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(
                    at,
                    anchor,
                    tag.as_deref(),
                    &span,
                    Children::List(Vec::new()),
                )?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let children = Children::Map {
                    entries: Vec::new(),
                    key: None,
                    seen: HashSet::new(),
                };
                self.start(at, anchor, tag.as_deref(), &span, children)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(at)?,
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied();
                match target {
                    Some(id) if !self.open.iter().any(|open| open.id == id) => {
                        let weight = self.tree.node(id).weight;
                        self.count(weight, at)?;
                        self.place(id, Some(at));
                    }
                    _ => {
                        self.error(at, "an alias within the value that it stands for");
                        let id = self.add(at, Kind::Broken)?;
                        self.place(id, None);
                    }
                }
            }
            Event::UnresolvedAlias(name) => {
                let message = format!("no value is marked `&{name}` before this");
                let mut error = Diagnostic::new(self.source, at, message);
                error.help = Some(format!(
                    "quote it if `*{name}` is text; else mark a value above with `&{name}`"
                ));
                self.errors.push(error);
                let id = self.add(at, Kind::Broken)?;
                self.place(id, None);
            }
            _ => {}
        }
        Ok(())
    }

    /// True where the next scalar is a map's key.
    fn wants_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                children: Children::Map { key: None, .. },
                ..
            })
        )
    }

    fn start(
        &mut self,
        at: Span,
        anchor: usize,
        tag: Option<&Tag>,
        span: &YamlSpan,
        children: Children,
    ) -> Result<(), Stop> {
        self.tagged(tag, span);
        if self.open.len() >= self.budget.depth {
            let message = format!("nested deeper than {} levels", self.budget.depth);
            self.error(at, message);
            return Err(Stop);
        }
        if self.wants_key() {
            self.error(at, "a key must be a single word or text, not a list or map");
        }
        let id = self.add(at, Kind::Broken)?;
        self.anchor(anchor, id);
        self.open.push(Open {
            id,
            start: at.start,
            weight: 1,
            children,
        });
        Ok(())
    }

    fn end(&mut self, at: Span) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (kind, last) = match open.children {
            Children::List(items) => {
                let last = items.last().copied();
                (Kind::List(items), last)
            }
            Children::Map { entries, .. } => {
                let last = entries.last().map(|e| e.value);
                (Kind::Map(entries), last)
            }
        };
        // A block list or map ends where its last value ends: the parser's own end lies on the
        // line after it. An alias ends elsewhere, hence `max`.
        let text = self.source.text();
        let closed = matches!(text.as_bytes().get(open.start as usize), Some(b'[' | b'{'));
        let end = if closed {
            at.end
        } else {
            last.map_or(open.start, |id| self.tree.node(id).span.end)
        };
        if let Some(node) = self.tree.nodes.get_mut(open.id.0 as usize) {
            node.span = Span::new(open.start as usize, end.max(open.start) as usize);
            node.kind = kind;
            node.weight = open.weight;
        }
        self.place(open.id, None);
        Ok(())
    }

    /// Adds a node that stands in the file.
    fn add(&mut self, span: Span, kind: Kind) -> Result<NodeId, Stop> {
        self.count(1, span)?;
        let id = NodeId(u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX));
        self.tree.nodes.push(Node {
            span,
            kind,
            weight: 1,
        });
        Ok(id)
    }

    fn count(&mut self, weight: u32, at: Span) -> Result<(), Stop> {
        self.expanded = self.expanded.saturating_add(weight);
        if self.expanded <= self.budget.nodes {
            return Ok(());
        }
        let message = format!(
            "the file comes to more than {} values{} here",
            self.budget.nodes,
            if weight > 1 {
                ", aliases followed,"
            } else {
                ""
            },
        );
        let error = Diagnostic::new(self.source, at, message).help("split it into several files");
        self.errors.push(error);
        Err(Stop)
    }

    fn anchor(&mut self, anchor: usize, id: NodeId) {
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
    }

    /// Puts a finished node where it belongs: into the open list or map, or at the top.
    fn place(&mut self, id: NodeId, alias: Option<Span>) {
        let weight = self.tree.node(id).weight;
        let span = alias.unwrap_or(self.tree.node(id).span);
        let Some(open) = self.open.last_mut() else {
            self.tree.documents.push(id);
            return;
        };
        open.weight = open.weight.saturating_add(weight);
        match &mut open.children {
            Children::List(items) => items.push(id),
            Children::Map { entries, key, .. } => match key.take() {
                Some(Some((key, key_span))) => entries.push(Entry {
                    key,
                    key_span,
                    value: id,
                }),
                Some(None) => {}
                None => {
                    // Something other than a plain scalar where a key belongs.
                    if alias.is_some() {
                        self.error(span, "a key must be a single word or text, not an alias");
                    }
                    self.key(None, span);
                }
            },
        }
    }

    /// Takes a key: `None` for one that was refused already.
    fn key(&mut self, given: Option<(Box<str>, Span)>, at: Span) {
        let mut first = None;
        let Some(Open {
            children: Children::Map {
                entries, key, seen, ..
            },
            ..
        }) = self.open.last_mut()
        else {
            return;
        };
        let Some((text, span)) = given else {
            *key = Some(None);
            return;
        };
        let mut refused = false;
        if text.is_empty() {
            refused = true;
        } else if entries.len() < MANY_KEYS {
            first = entries.iter().find(|e| e.key == text).map(|e| e.key_span);
        } else {
            if seen.is_empty() {
                seen.extend(entries.iter().map(|e| e.key.clone()));
            }
            if !seen.insert(text.clone()) {
                first = entries.iter().find(|e| e.key == text).map(|e| e.key_span);
            }
        }
        if first.is_some() || refused {
            *key = Some(None);
        } else {
            *key = Some(Some((text.clone(), span)));
        }
        if refused {
            self.error(at, "a key is missing before the `:`");
        }
        if let Some(first) = first {
            let (line, _) = self.source.position(first.start);
            let error = Diagnostic::new(
                self.source,
                at,
                format!("the key `{text}` stands here twice"),
            )
            .label("the second")
            .help(format!("the first stands in line {line}; keep one of them"));
            self.errors.push(error);
        }
    }

    /// Refuses a tag such as `!!str`; true where there was one.
    fn tagged(&mut self, tag: Option<&Tag>, span: &YamlSpan) -> bool {
        if tag.is_none() {
            return false;
        }
        let at = span
            .tag_span()
            .map_or_else(|| self.span(span), |s| self.span(&s));
        let error = Diagnostic::new(self.source, at, "tags are not part of the language")
            .help("leave it out; quote the value if it is text");
        self.errors.push(error);
        true
    }

    fn span(&self, span: &YamlSpan) -> Span {
        span.byte_range()
            .map_or_else(Span::default, |range| Span::new(range.start, range.end))
    }

    fn error(&mut self, at: Span, message: impl Into<String>) {
        self.errors.push(Diagnostic::new(self.source, at, message));
    }

    /// A mistake of YAML itself.
    fn syntax(&mut self, error: &ScanError) {
        let at = error
            .marker()
            .byte_offset()
            .unwrap_or(self.source.text().len());
        let mut diagnostic = Diagnostic::new(
            self.source,
            Span::new(at, at),
            format!("this is not YAML: {}", error.info()),
        );
        diagnostic.help = match error.kind() {
            ErrorKind::DirectiveDisallowed => Some("leave the `%` line out".to_owned()),
            _ if self.tab_indents(at) => {
                Some("indent with spaces: YAML forbids tabs there".to_owned())
            }
            _ => None,
        };
        self.errors.push(diagnostic);
    }

    fn tab_indents(&self, at: usize) -> bool {
        let text = self.source.text();
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        text[start..]
            .chars()
            .take_while(|c| matches!(c, ' ' | '\t' | '-'))
            .any(|c| c == '\t')
    }
}

//! One mistake in a file, told so that it can be mended.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::model::Location;
use super::source::{Source, Span};

/// One mistake: what is wrong, where, and what would be right.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The file, as the user named it; empty for a command line value.
    pub file: Arc<Path>,
    /// Line, from 1; 0 where the mistake is the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 where the mistake is the file as a whole.
    pub column: u32,
    /// The bytes of the text that are wrong.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// What is said at the caret.
    pub label: Option<String>,
    source: Option<Arc<Source>>,
}

impl Diagnostic {
    /// A mistake at a place in a file.
    pub fn new(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        let (line, column) = source.position(span.start);
        Self {
            file: Arc::clone(source.file()),
            line,
            column,
            span,
            message: message.into(),
            help: None,
            label: None,
            source: Some(Arc::clone(source)),
        }
    }

    /// A mistake of a file as a whole, or of a value that stands in none (`file` is empty then).
    pub fn whole(file: &Path, message: impl Into<String>) -> Self {
        Self {
            file: Arc::from(file),
            line: 0,
            column: 0,
            span: Span::default(),
            message: message.into(),
            help: None,
            label: None,
            source: None,
        }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what is said at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The place as other parts of the program name it.
    pub fn location(&self) -> Location {
        Location {
            file: Arc::clone(&self.file),
            line: self.line,
            column: self.column,
        }
    }

    /// `file:line:column: message`, for logs and editors.
    pub fn one_line(&self) -> String {
        let mut line = String::new();
        if !self.file.as_os_str().is_empty() {
            line.push_str(&format!("{}:", self.file.display()));
            if self.line > 0 {
                line.push_str(&format!("{}:{}:", self.line, self.column));
            }
            line.push(' ');
        }
        line.push_str(&self.message);
        if let Some(help) = &self.help {
            line.push_str(&format!(" ({help})"));
        }
        line
    }

    /// The mistake with an excerpt and a caret under what is wrong.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let path = self.file.display().to_string();
        let title = Level::ERROR.primary_title(self.message.as_str());
        let mut group = match &self.source {
            Some(source) => title.element(self.excerpt(source, path)),
            None if path.is_empty() => Group::with_title(title),
            None => title.element(annotate_snippets::Origin::path(path)),
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }

    /// Only the line at fault goes to the renderer: it would otherwise look through the whole
    /// text for each of many mistakes.
    fn excerpt<'a>(
        &'a self,
        source: &'a Source,
        path: String,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let span = source.first_line(self.span).range();
        let text = source.text();
        let from = text[..span.start].rfind('\n').map_or(0, |n| n + 1);
        let to = text[span.end..]
            .find(['\n', '\r'])
            .map_or(text.len(), |n| span.end + n);
        let mut caret = AnnotationKind::Primary.span(span.start - from..span.end - from);
        if let Some(label) = &self.label {
            caret = caret.label(label.as_str());
        }
        Snippet::source(&text[from..to])
            .line_start(self.line.max(1) as usize)
            .path(path)
            .annotation(caret)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.one_line())
    }
}

/// The most mistakes that are kept of one load. Whoever made more wants the first ones mended
/// before the rest can mean anything.
pub const MAX_DIAGNOSTICS: usize = 200;

/// All mistakes of a load, by file and position. At least one.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    all: Vec<Diagnostic>,
    dropped: usize,
}

impl Diagnostics {
    /// Sorts by file and position; drops what was found twice, and what exceeds
    /// [`MAX_DIAGNOSTICS`].
    pub fn new(mut all: Vec<Diagnostic>) -> Self {
        all.sort_by(|a, b| {
            (&a.file, a.span, a.line, &a.message).cmp(&(&b.file, b.span, b.line, &b.message))
        });
        all.dedup_by(|a, b| a.file == b.file && a.span == b.span && a.message == b.message);
        let dropped = all.len().saturating_sub(MAX_DIAGNOSTICS);
        all.truncate(MAX_DIAGNOSTICS);
        Self { all, dropped }
    }

    /// The mistakes, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.all.iter()
    }

    /// How many there are, with those that were dropped.
    pub fn count(&self) -> usize {
        self.all.len() + self.dropped
    }

    /// All of them with excerpts, a blank line between two, and a last line that counts them.
    pub fn render(&self, colour: bool) -> String {
        let mut text = String::new();
        for diagnostic in &self.all {
            text.push_str(&diagnostic.render(colour));
            text.push_str("\n\n");
        }
        if self.dropped > 0 {
            text.push_str(&format!("... and {} more\n", self.dropped));
        }
        match self.count() {
            1 => text.push_str("1 error\n"),
            n => text.push_str(&format!("{n} errors\n")),
        }
        text
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self::new(vec![one])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, diagnostic) in self.all.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        if self.dropped > 0 {
            write!(f, "\n... and {} more", self.dropped)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

//! Measuring and breaking text by terminal columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text on one line, without anything that steers a terminal.
///
/// Titles, reasons and a target's stderr come from others: an escape sequence or a
/// direction override in them must not be obeyed, and must not be hidden either.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim_end_matches(['\n', '\r']).chars() {
        match c {
            '\t' => out.push_str("    "),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            // Makes the character before it wider: nothing could be aligned.
            '\u{fe00}'..='\u{fe0f}' => {}
            _ if c.is_control() || steers(c) => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

/// True for characters that reorder or hide the text around them (Unicode TR 36, bidirectional
/// text spoofing; zero-width characters).
fn steers(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The longest start of `text` that takes at most `columns` columns, and the rest.
pub(crate) fn take_width(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Breaks a text at spaces into lines of at most `columns` columns; a longer word is broken
/// inside. A line feed in the text always begins a new line. Never returns an empty list.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    // A wide character needs two columns: with fewer, breaking would never advance.
    let columns = columns.max(2);
    let mut lines = Vec::new();
    for paragraph in text.trim_end().split('\n') {
        let mut line = String::new();
        for word in clean(paragraph).split(' ').filter(|word| !word.is_empty()) {
            let gap = usize::from(!line.is_empty());
            if width(&line) + gap + width(word) <= columns {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            let mut rest = word;
            while width(rest) > columns {
                let (head, tail) = take_width(rest, columns);
                if head.is_empty() {
                    break;
                }
                lines.push(head.to_owned());
                rest = tail;
            }
            line.push_str(rest);
        }
        lines.push(line);
    }
    lines
}

/// Words of at most `most` characters: the middle of a longer text is left out, and said to be.
pub(crate) fn elide_middle(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let keep = most / 2;
    let head: String = text.chars().take(keep).collect();
    let tail: String = text.chars().skip(length - keep).collect();
    format!("{head} [... {} characters ...] {tail}", length - 2 * keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_spaces_and_inside_long_words() {
        assert_eq!(
            wrap("a stream has no boundaries", 10),
            ["a stream", "has no", "boundaries"]
        );
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one\ntwo", 20), ["one", "two"]);
    }

    #[test]
    fn counts_columns_not_characters() {
        assert_eq!(wrap("粘包 拆包", 5), ["粘包", "拆包"]);
        assert_eq!(wrap("粘包拆包", 3), ["粘", "包", "拆", "包"]);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            clean("a\x1b[31mb\u{202e}c\td\n"),
            "a\\u{1b}[31mb\\u{202e}c    d"
        );
    }

    #[test]
    fn says_how_much_is_left_out() {
        assert_eq!(
            elide_middle("abcdefghij", 4),
            "ab [... 6 characters ...] ij"
        );
        assert_eq!(elide_middle("abc", 4), "abc");
    }
}

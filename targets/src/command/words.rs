//! Splits a command into words without a shell.
//!
//! Words are divided by spaces, tabs and line ends. `'...'` keeps everything as it is. `"..."`
//! keeps everything but a backslash, which keeps the next byte. Outside quotes a backslash keeps
//! the next byte. Quoted and bare parts that touch are one word; `''` is an empty word. There are
//! no variables, globs, pipes or redirections. Words are bytes and need no encoding.

/// The words of a command.
///
/// # Errors
/// A quote is not closed, or the command ends in a backslash: the text says which and where.
pub(super) fn split(command: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote: Option<(u8, usize)> = None;
    let mut bytes = command.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let escapes = byte == b'\\' && !matches!(quote, Some((b'\'', _)));
        match (byte, quote) {
            _ if escapes => match bytes.next() {
                Some((_, kept)) => word.get_or_insert_default().push(kept),
                None => return Err(format!("the backslash at byte {at} has nothing to keep")),
            },
            (b'\'' | b'"', None) => {
                quote = Some((byte, at));
                word.get_or_insert_default();
            }
            (_, Some((open, _))) if byte == open => quote = None,
            (b' ' | b'\t' | b'\r' | b'\n', None) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    if let Some((open, at)) = quote {
        return Err(format!(
            "the quote {} at byte {at} is not closed",
            char::from(open)
        ));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_quotes() {
        for (command, words) in [
            ("", &[][..]),
            ("  echo\ta  b\n", &["echo", "a", "b"]),
            (r#"echo 'a  "b' "c 'd'""#, &["echo", "a  \"b", "c 'd'"]),
            (r#"a\ b "x\"y\\" 'n\o'"#, &["a b", "x\"y\\", "n\\o"]),
            ("pre'fix'\"ed\" ''", &["prefixed", ""]),
        ] {
            let split = split(command.as_bytes()).unwrap();
            let split: Vec<_> = split.iter().map(|w| str::from_utf8(w).unwrap()).collect();
            assert_eq!(split, words, "{command}");
        }
    }

    #[test]
    fn mistakes_say_where() {
        for (command, why) in [
            ("echo 'a", "the quote ' at byte 5"),
            ("\"", "the quote \" at byte 0"),
            ("a\\", "the backslash at byte 1"),
        ] {
            assert!(split(command.as_bytes()).unwrap_err().contains(why));
        }
    }
}

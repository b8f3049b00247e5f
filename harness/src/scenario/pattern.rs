//! Patterns of bytes that say early that no further byte can make them match.

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::hybrid::dfa::DFA;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

/// The most bytes that a compiled pattern may take.
const SIZE: usize = 1 << 20;

/// A pattern, tied to the first byte.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// The same as an automaton, whose dead state says that all is lost. Some patterns, such as
    /// those with Unicode word borders, have none.
    automaton: Option<std::sync::Arc<DFA>>,
}

impl Pattern {
    /// Compiles a pattern. A compiled one may take 1 MiB.
    ///
    /// # Errors
    /// It is no pattern, or it is too large; in words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let build = |text: &str| {
            let mut builder = RegexBuilder::new(text);
            let regex = builder.size_limit(SIZE).dfa_size_limit(SIZE).build()?;
            Ok::<_, regex::Error>((regex, text.to_owned()))
        };
        // A comment at the end of an extended pattern would swallow the closing parenthesis; in
        // such a pattern, and only there, a line end means nothing.
        let tied =
            build(&format!("\\A(?:{pattern})")).or_else(|_| build(&format!("\\A(?:{pattern}\n)")));
        match tied {
            Ok((regex, text)) => Ok(Self {
                regex,
                automaton: automaton(&text).map(Into::into),
            }),
            // The pattern alone gives the better message.
            Err(_) => Err(match build(pattern) {
                Err(error) => error.to_string(),
                Ok(_) => "it cannot be tied to the first byte".to_owned(),
            }),
        }
    }

    /// The pattern as it is compiled.
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// Where the match ends, if the bytes begin with one.
    pub fn matches(&self, bytes: &[u8]) -> Option<usize> {
        let found = self.regex.find(bytes)?;
        (found.start() == 0).then(|| found.end())
    }

    /// False where neither these bytes nor any that follow them can make a match. True where that
    /// is not known.
    pub fn can_match(&self, bytes: &[u8]) -> bool {
        let Some(dfa) = &self.automaton else {
            return true;
        };
        let mut cache = dfa.create_cache();
        let input = Input::new(bytes).anchored(Anchored::Yes);
        let Ok(mut state) = dfa.start_state_forward(&mut cache, &input) else {
            return true;
        };
        for byte in bytes {
            match dfa.next_state(&mut cache, state, *byte) {
                Ok(next) if next.is_dead() => return false,
                Ok(next) if !next.is_quit() => state = next,
                _ => return true,
            }
        }
        true
    }
}

fn automaton(pattern: &str) -> Option<DFA> {
    DFA::builder()
        .syntax(syntax::Config::new().utf8(false))
        .thompson(
            regex_automata::nfa::thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(SIZE)),
        )
        .build(pattern)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_when_no_byte_can_help_any_more() {
        let of = |pattern: &str, bytes: &[u8]| {
            let pattern = Pattern::new(pattern).unwrap();
            (pattern.matches(bytes), pattern.can_match(bytes))
        };
        assert_eq!(of("[0-9]+\n", b""), (None, true));
        assert_eq!(of("[0-9]+\n", b"12"), (None, true));
        assert_eq!(of("[0-9]+\n", b"12\n3"), (Some(3), true));
        assert_eq!(of("[0-9]+\n", b"x12\n"), (None, false));
        assert_eq!(of("[0-9]+\n", b"12x"), (None, false));
        assert_eq!(
            of("(?s-u)^\\x00..\\x02.*\\n", b"\x00\xff\xff\x01"),
            (None, false)
        );
        assert_eq!(
            of("(?s-u)^\\x00..\\x02.*\\n", b"\x00\xff\xff\x02abc"),
            (None, true)
        );
        assert_eq!(of("é", b"\xc3"), (None, true), "half a character");
        assert_eq!(of("é", b"\xc4"), (None, false));
        assert_eq!(of(".*OK", b"anything"), (None, true));
        // What the automaton cannot say is not known.
        assert_eq!(of("\\bé\\b", b"?").0, None);
    }
}

//! Commands that need no process: the same on every machine, and fast enough for sweeps.
//!
//! | command | does |
//! |---|---|
//! | `true`, `false` | nothing, with status 0 or 1 |
//! | `exit N` | nothing, with status N, 0 to 255 |
//! | `echo WORDS` | the words with single spaces and a line end on stdout |
//! | `upper WORDS` | the same in upper case, as Unicode has it |
//! | `bytes N` | N bytes `a` to `z`, over and over, on stdout |
//! | `stderr N` | the same on stderr |
//! | `both OUT ERR` | the first word and a line end on stdout, the second on stderr |

use super::{MALFORMED, Outcome};
use crate::text;

/// Runs a built-in command; `None` if there is none of this name. At most `limit` + 1 bytes are
/// made, so that the caller can see that the limit was passed.
pub(super) fn run(name: &[u8], words: &[Vec<u8>], limit: usize) -> Option<Outcome> {
    let mut outcome = Outcome::default();
    match name {
        b"true" => {}
        b"false" => outcome.status = 1,
        b"exit" => match number(words).and_then(|n| u8::try_from(n).ok()) {
            Some(status) => outcome.status = status,
            None => return Some(usage("exit N, with N from 0 to 255")),
        },
        b"echo" => outcome.stdout = line(words),
        b"upper" => outcome.stdout = text::upper(&line(words)),
        b"bytes" => match number(words) {
            Some(size) => outcome.stdout = letters(size, limit),
            None => return Some(usage("bytes N, with N in bytes")),
        },
        b"stderr" => match number(words) {
            Some(size) => outcome.stderr = letters(size, limit),
            None => return Some(usage("stderr N, with N in bytes")),
        },
        b"both" => match words {
            [out, err] => {
                outcome.stdout = line(std::slice::from_ref(out));
                outcome.stderr = line(std::slice::from_ref(err));
            }
            _ => return Some(usage("both OUT ERR")),
        },
        _ => return None,
    }
    Some(outcome)
}

fn usage(right: &str) -> Outcome {
    Outcome::refused(MALFORMED, &format!("write {right}"))
}

fn line(words: &[Vec<u8>]) -> Vec<u8> {
    let mut line = words.join(&b' ');
    line.push(b'\n');
    line
}

fn number(words: &[Vec<u8>]) -> Option<usize> {
    match words {
        [word] => str::from_utf8(word).ok()?.parse().ok(),
        _ => None,
    }
}

fn letters(size: usize, limit: usize) -> Vec<u8> {
    (b'a'..=b'z')
        .cycle()
        .take(size.min(limit.saturating_add(1)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Runner, TOO_MUCH_OUTPUT};

    #[test]
    fn each_does_what_the_table_says() {
        for (command, status, stdout, stderr) in [
            ("true", 0, "", ""),
            ("false", 1, "", ""),
            ("exit 7", 7, "", ""),
            ("exit 256", 2, "", "write exit N, with N from 0 to 255\n"),
            ("echo a  'b  c'", 0, "a b  c\n", ""),
            ("upper straße", 0, "STRASSE\n", ""),
            ("bytes 3", 0, "abc", ""),
            ("bytes -1", 2, "", "write bytes N, with N in bytes\n"),
            ("stderr 2", 0, "", "ab"),
            ("both o e", 0, "o\n", "e\n"),
            ("both o", 2, "", "write both OUT ERR\n"),
            ("", 0, "", ""),
        ] {
            let outcome = Runner::for_tests().run(command);
            assert_eq!(outcome.status, status, "{command}");
            assert_eq!(outcome.stdout, stdout.as_bytes(), "{command}");
            assert_eq!(outcome.stderr, stderr.as_bytes(), "{command}");
        }
    }

    #[test]
    fn output_stops_at_the_limit() {
        let runner = Runner {
            output_limit: 10,
            ..Runner::for_tests()
        };
        let outcome = runner.run("bytes 999999999999");
        assert_eq!(
            (outcome.status, outcome.stdout.len()),
            (TOO_MUCH_OUTPUT, 10)
        );
        assert_eq!(runner.run("bytes 10").status, 0);
    }
}

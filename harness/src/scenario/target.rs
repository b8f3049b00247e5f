//! The value of `--target`: a profile, a command or an address.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use harness_net::Endpoint;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::load::{Loader, is_yaml};
use super::lower::{READY_WITHIN, START, template_names};
use super::model::{Origin, Profile, Ready, StartCommand};

/// What `--target` replaces.
#[derive(Clone, Debug)]
pub enum TargetOverride {
    /// The whole target: where it is and how it speaks.
    Profile(Arc<Profile>),
    /// Only where it is; how it speaks stays as the scenario's own profile says.
    Origin(Origin),
}

/// Reads the value of `--target`: an address where it has `://`, a profile's file where it ends in
/// `.yaml` or `.yml`, else a command, split into words as a shell would (quotes and backslashes,
/// nothing else).
///
/// # Errors
/// The address or command cannot be used, or the file has mistakes.
pub fn load_target(spec: &str) -> Result<TargetOverride, Diagnostics> {
    let spec = spec.trim();
    // A command may name an address: `nc -l tcp://...` has spaces in front of it.
    let address = spec.contains("://") && !spec.contains(char::is_whitespace);
    if address {
        return match spec.parse::<Endpoint>() {
            Ok(endpoint) => Ok(TargetOverride::Origin(Origin::Connect(endpoint))),
            Err(error) => Err(value_error(format!("--target: {error}"), None)),
        };
    }
    let path = Path::new(spec);
    if is_yaml(path) && (path.is_file() || !spec.contains(char::is_whitespace)) {
        let mut loader = Loader::default();
        let lowered = loader.target_file(path);
        return loader
            .finish(lowered)
            .map(|lowered| TargetOverride::Profile(lowered.profile));
    }
    command(spec).map(|command| TargetOverride::Origin(Origin::Start(command)))
}

fn value_error(message: String, help: Option<&str>) -> Diagnostics {
    let mut error = Diagnostic::whole(Path::new(""), message);
    error.help = help.map(str::to_owned);
    Diagnostics::from(error)
}

fn command(spec: &str) -> Result<StartCommand, Diagnostics> {
    let argv = words(spec)
        .map_err(|why| value_error(format!("--target: {why} in the command `{spec}`"), None))?;
    if argv.first().is_none_or(String::is_empty) {
        return Err(value_error(
            "--target: no program is named".to_owned(),
            Some(
                "give a profile's file, a command such as `python3 server.py {port}`, or an address such as tcp://127.0.0.1:7000",
            ),
        ));
    }
    let names = || argv.iter().flat_map(|word| template_names(word));
    if !names().any(|(_, name)| name == "port" || name == "path") {
        let near = names().find(|(_, name)| {
            START
                .iter()
                .any(|known| strsim::osa_distance(known, name) == 1)
        });
        let mut message = format!("--target: the command `{spec}` does not say where to listen");
        if let Some((_, name)) = near {
            message.push_str(&format!("; `{{{name}}}` is not known"));
        }
        return Err(value_error(
            message,
            Some("put {port} where the program expects its port, or {path} for a Unix socket"),
        ));
    }
    Ok(StartCommand {
        argv,
        env: BTreeMap::new(),
        dir: None,
        ready: Ready::Listening,
        within: READY_WITHIN,
        if_present: None,
    })
}

/// The words of a command as POSIX shells split them: blanks between, `'...'` as it stands,
/// `"..."` with backslash before `"`, `\` and `$`, backslash before any character elsewhere.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a `'` is not closed".to_owned()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("a `\"` is not closed".to_owned()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("a `\"` is not closed".to_owned()),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("a backslash stands last".to_owned()),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_split_as_in_a_shell() {
        let split = |text| words(text).unwrap();
        assert_eq!(split("a  b\tc"), ["a", "b", "c"]);
        assert_eq!(
            split(r#"a 'b c' "d \" e" f\ g"#),
            ["a", "b c", "d \" e", "f g"]
        );
        assert_eq!(split(r#"a'b'"c" '' """#), ["abc", "", ""]);
        assert_eq!(split(r#"'\n' "\n""#), [r"\n", r"\n"]);
        for wrong in ["a 'b", "a \"b", "a\\"] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
    }
}

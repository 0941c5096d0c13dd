//! Rewrites the text of an AWS config or credentials file into the form that aws-config reads. The AWS CLI reads more:
//! indented properties, text after a section's `]`, names with spaces, `:` for `=`, a byte order mark.
//!
//! Pure: [`profile_files`](crate::aws::credentials::profile_files) reads the files. The rules are those of Python's
//! `configparser`, with which the AWS CLI reads; a line that it would refuse spoils its own section only.

use std::collections::HashSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The characters that aws-config does not permit in a name, and the escape character itself.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'/')
    .remove(b'.')
    .remove(b'@')
    .remove(b':')
    .remove(b'+');

/// The profile where none is selected. Its section in the config file is one with and without the prefix.
pub(super) const DEFAULT: &str = "default";
/// The section whose properties every other one has too, for Python's `configparser`.
const OF_EVERY_SECTION: &str = "DEFAULT";
/// The property whose value is a command.
const COMMAND: &str = "credential_process";
/// The first words of the sections that have a name.
const PREFIXES: [&str; 3] = ["profile", "sso-session", "services"];
/// The properties whose value is the name of a section.
const REFERENCES: [&str; 3] = ["source_profile", "sso_session", "services"];

/// The properties that are absent where their value is empty: aws-config would use it.
const NEVER_EMPTY: [&str; 5] = ["region", "endpoint_url", KEYS[0], KEYS[1], KEYS[2]];
/// The properties of a profile's keys, which belong together.
const KEYS: [&str; 3] = [
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
];

/// The kind of a file, which decides how its sections are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `[profile NAME]`
    Config,
    /// `[NAME]`
    Credentials,
}

/// A file's text for aws-config.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rewritten {
    pub(crate) text: String,
    /// The lines that could not be read, with the profile that they belong to.
    pub(crate) bad_lines: Vec<BadLine>,
}

/// A line that is neither a section nor a property.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) profile: String,
    /// From 1.
    pub(crate) line: usize,
}

/// A profile's name as aws-config knows it.
pub(crate) fn encode(name: &str) -> String {
    utf8_percent_encode(name, ESCAPED).to_string()
}

/// The name that the user knows.
pub(crate) fn decode(name: &str) -> String {
    percent_decode_str(name).decode_utf8_lossy().into_owned()
}

/// Rewrites a file.
pub(crate) fn rewrite(text: &str, kind: FileKind) -> Rewritten {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut rewriter = Rewriter {
        kind,
        section: None,
        property: None,
        output: Rewritten::default(),
    };
    for (index, line) in text.split(['\n', '\r']).enumerate() {
        rewriter.line(line, index + 1);
    }
    let Rewritten { text, bad_lines } = rewriter.output;
    Rewritten {
        text: with_common_properties(text),
        bad_lines,
    }
}

/// A rewritten text whose sections have the properties of the common one before their own, which win.
fn with_common_properties(text: String) -> String {
    let is_common = |section: &str| section == OF_EVERY_SECTION;
    if !in_sections(&text).any(|(section, _)| is_common(section)) {
        return text;
    }
    let common: Vec<_> = in_sections(&text)
        .filter(|(section, line)| is_common(section) && !line.starts_with('['))
        .map(|(_, line)| line)
        .collect();
    let mut rest = String::with_capacity(text.len());
    for (_, line) in in_sections(&text).filter(|(section, _)| !is_common(section)) {
        let added = common.iter().filter(|_| line.starts_with('['));
        for line in std::iter::once(&line).chain(added) {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    rest
}

/// A section that aws-config reads.
struct Section {
    /// `None` for a section that is not a profile.
    profile: Option<String>,
}

/// The property of the last line, which an indented line continues.
struct Property {
    indent: usize,
    /// Indented lines are properties of their own.
    is_group: bool,
    is_dropped: bool,
    is_command: bool,
}

struct Rewriter {
    kind: FileKind,
    /// `None` at the start, and in a section that nothing reads.
    section: Option<Section>,
    property: Option<Property>,
    output: Rewritten,
}

impl Rewriter {
    fn line(&mut self, line: &str, number: usize) {
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            return;
        }
        let continued = self.property.as_ref().filter(|last| indent > last.indent);
        let is_read = if let Some(last) = continued {
            let (is_group, is_command) = (last.is_group, last.is_command);
            last.is_dropped || self.continuation(line, is_group, is_command)
        } else if let Some(name) = section_name(line) {
            self.section(name);
            true
        } else if line.starts_with('[') {
            // What follows belongs to the section that this line was to begin.
            (self.section, self.property) = (None, None);
            true
        } else {
            self.property(line, indent)
        };
        if !is_read
            && let Some(section) = &self.section
            && let Some(profile) = &section.profile
        {
            self.output.bad_lines.push(BadLine {
                profile: profile.clone(),
                line: number,
            });
        }
    }

    fn section(&mut self, name: &str) {
        self.property = None;
        let name = name.trim();
        let (header, profile) = match self.kind {
            FileKind::Credentials => (encode(name), Some(name.to_owned())),
            // With the prefix: aws-config would ignore the one without it beside one with it.
            FileKind::Config if name == DEFAULT => {
                (format!("profile {name}"), Some(name.to_owned()))
            }
            FileKind::Config if name == OF_EVERY_SECTION => (name.to_owned(), None),
            FileKind::Config => {
                let words = shell_words(name).unwrap_or_default();
                let [prefix, name] = words.as_slice() else {
                    self.section = None;
                    return;
                };
                if !PREFIXES.contains(&prefix.as_str()) {
                    self.section = None;
                    return;
                }
                let profile = (prefix == "profile").then(|| name.clone());
                (format!("{prefix} {}", encode(name)), profile)
            }
        };
        self.section = Some(Section { profile });
        self.write(&format!("[{header}]"));
    }

    /// Writes a property; returns whether the line is one.
    fn property(&mut self, line: &str, indent: usize) -> bool {
        let Some((name, value)) = line.split_once(['=', ':']) else {
            return false;
        };
        let (name, value) = (name.trim().to_lowercase(), value.trim());
        if name.is_empty() {
            return false;
        }
        let is_dropped = value.is_empty() && NEVER_EMPTY.contains(&name.as_str());
        self.property = Some(Property {
            indent,
            is_group: value.is_empty(),
            is_dropped,
            is_command: name == COMMAND,
        });
        if is_dropped {
            return true;
        }
        if name == COMMAND {
            self.write(&format!("{name} = {}", literal(value)));
        } else if REFERENCES.contains(&name.as_str()) {
            self.write(&format!("{name} = {}", encode(value)));
        } else {
            self.write(&format!("{name} = {value}"));
        }
        true
    }

    fn continuation(&mut self, line: &str, is_group: bool, is_command: bool) -> bool {
        if is_command {
            // For the shell, another line would be another command.
            if self.section.is_some() && self.output.text.ends_with('\n') {
                self.output.text.pop();
                self.write(&format!(" {}", literal(line)));
            }
            return true;
        }
        let is_read = !is_group
            || line
                .split_once('=')
                .is_some_and(|(name, _)| !name.trim().is_empty());
        if is_read {
            self.write(&format!(" {line}"));
        }
        is_read
    }

    fn write(&mut self, line: &str) {
        if self.section.is_some() {
            self.output.text.push_str(line);
            self.output.text.push('\n');
        }
    }
}

/// A command for aws-config, with the words that the AWS CLI runs. aws-config takes a `#` or a `;` after a space for a
/// comment, also inside quotes, and its shell ends a command at a `&` or a `;` inside a word, such as a URL.
fn literal(command: &str) -> String {
    let mut text = String::with_capacity(command.len());
    let (mut quote, mut last) = (None, None);
    let mut is_escaped = false;
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        let begins_word = last.is_none_or(char::is_whitespace);
        let is_inside = |next: Option<&char>| {
            !begins_word && next.is_some_and(|next| !next.is_whitespace() && *next != character)
        };
        match (character, quote) {
            ('#' | ';', None) if begins_word && last.is_some() => text.push('\\'),
            ('#' | ';', Some(quote)) if begins_word => text.extend([quote, quote]),
            ('&' | ';', None)
                if !is_escaped
                    && is_inside(characters.peek())
                    && !matches!(last, Some('&' | ';' | '<' | '>')) =>
            {
                text.push('\\');
            }
            _ => {}
        }
        match (character, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', None | Some('"')) => is_escaped = true,
            ('\'' | '"', None) => quote = Some(character),
            (end, Some(begin)) if end == begin => quote = None,
            _ => {}
        }
        text.push(character);
        last = Some(character);
    }
    text
}

/// A rewritten config file without the keys of profiles that have some in the rewritten credentials file: keys of one
/// file do not go with the secret or the token of the other.
pub(crate) fn without_keys_of(config: &str, credentials: &str) -> String {
    let lines = |text| in_sections(text);
    let has_keys: HashSet<_> = lines(credentials)
        .filter(|(_, line)| is_property(line, KEYS[0]))
        .map(|(section, _)| section)
        .collect();
    let kept = lines(config).filter(|(section, line)| {
        let profile = section.strip_prefix("profile ").unwrap_or(section);
        let is_key = KEYS.iter().any(|key| is_property(line, key));
        !(is_key && has_keys.contains(profile))
    });
    kept.flat_map(|(_, line)| [line, "\n"]).collect()
}

/// The lines of a rewritten file, each with the header of its section.
fn in_sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().scan("", |section, line| {
        if let Some(header) = line.strip_prefix('[') {
            *section = header.trim_end_matches(']');
        }
        Some((*section, line))
    })
}

fn is_property(line: &str, name: &str) -> bool {
    let value = line.strip_prefix(name);
    value.is_some_and(|value| value.starts_with(" ="))
}

/// The text between the brackets: to the first `]` outside quotes, else to the last one.
fn section_name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('[')?;
    // Of a line that is no section, not every bracket is tried.
    let ends = rest.match_indices(']').take(16);
    let names = ends.filter_map(|(at, _)| rest.get(..at));
    let name = names.clone().find(|name| shell_words(name).is_some());
    name.or_else(|| names.last())
        .filter(|name| !name.trim().is_empty())
}

/// Splits a text as a POSIX shell does; `None` if a quote is not closed.
fn shell_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        other => word.push(other),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => match characters.next()? {
                            escaped @ ('"' | '\\') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        other => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            space if space.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(text: &str) -> String {
        rewrite(text, FileKind::Config).text
    }

    #[test]
    fn commands_are_rewritten_for_the_shell_that_aws_config_starts() {
        for (text, expected) in [
            // Signs of a comment in a command.
            (
                "[default]\ncredential_process = a 'b ;c' \"d #e\" #f;g \\\"; h#i\n",
                "[profile default]\ncredential_process = a 'b '';c' \"d \"\"#e\" \\#f\\;g \\\"; h#i\n",
            ),
            // Signs of the shell inside its words, and as words of their own.
            (
                "[default]\ncredential_process = a https://x/?y=1&z=2;3 '4&5' 2>&1 | b && c; d &\n",
                "[profile default]\ncredential_process = a https://x/?y=1\\&z=2\\;3 '4&5' 2>&1 | b && c; d &\n",
            ),
            // A command of several lines.
            (
                "[default]\ncredential_process = a\n  # note\n  'b ;c'\nx = y",
                "[profile default]\ncredential_process = a 'b '';c'\nx = y\n",
            ),
        ] {
            assert_eq!(config(text), expected, "{text}");
        }
    }

    #[test]
    fn what_the_aws_cli_reads_is_rewritten_for_aws_config() {
        for (text, expected) in [
            // Indented properties, also after comments, and a tab.
            (
                "[profile a]\n  # note\n region = x\n output = json\n",
                "[profile a]\nregion = x\noutput = json\n",
            ),
            (
                "[default]\n\tregion=x\r\n",
                "[profile default]\nregion = x\n",
            ),
            // Text after the bracket.
            (
                "[profile a] # of [b]\nregion = x",
                "[profile a]\nregion = x\n",
            ),
            ("[profile a]];x\nregion = x", "[profile a]\nregion = x\n"),
            // A byte order mark, and the line ends of other systems.
            (
                "\u{feff}[default]\r\nregion = x\r\routput = y",
                "[profile default]\nregion = x\noutput = y\n",
            ),
            // Names.
            ("[profile 'My Mac']\na = 1", "[profile My%20Mac]\na = 1\n"),
            ("[profile \"a \\\"b]\"]", "[profile a%20%22b%5D]\n"),
            ("[profile My\\ Mac]", "[profile My%20Mac]\n"),
            ("[profile\té]", "[profile %C3%A9]\n"),
            ("[sso-session 'a b']", "[sso-session a%20b]\n"),
            (
                "[profile a]\nsource_profile = My Mac\nsso_session=a b",
                "[profile a]\nsource_profile = My%20Mac\nsso_session = a%20b\n",
            ),
            ("[profile 100%]", "[profile 100%25]\n"),
            // Names in capitals, and a colon.
            (
                "[default]\nAWS_Access_Key_ID: x=y",
                "[profile default]\naws_access_key_id = x=y\n",
            ),
            // Nested properties, and values of several lines.
            (
                "[services s]\nec2 =\n\n  endpoint_url = http://x\n  # note\n  y = z\nsts =\n  a = b",
                "[services s]\nec2 = \n endpoint_url = http://x\n y = z\nsts = \n a = b\n",
            ),
            (
                "[default]\na = b\n  [c]",
                "[profile default]\na = b\n [c]\n",
            ),
            // A section that does not end is not the one before it.
            (
                "[default]\na = 1\n[profile b\nregion = x\n[profile c]\nb = 2",
                "[profile default]\na = 1\n[profile c]\nb = 2\n",
            ),
            // Empty values that would be used.
            (
                "[default]\nregion =\n  # note\n  x\naws_access_key_id =\noutput =\n",
                "[profile default]\noutput = \n",
            ),
            // Sections that are no profiles.
            (
                "[work]\na = 1\n[plugins]\n?\n[default]\nb = 2",
                "[profile default]\nb = 2\n",
            ),
            ("[profile My Mac]\na = 1\n[profile it's]\na = 1", ""),
            // Properties of every section, of which its own win.
            (
                "[profile a]\nx = 1\n[DEFAULT]\nx = 2\ny = 3\n[services s]\nz = 4",
                "[profile a]\nx = 2\ny = 3\nx = 1\n[services s]\nx = 2\ny = 3\nz = 4\n",
            ),
            ("[DEFAULT]\nx = 2\n", ""),
            // The default profile with and without the prefix.
            (
                "[profile default]\nx = 1\n[default]\ny = 2",
                "[profile default]\nx = 1\n[profile default]\ny = 2\n",
            ),
            // The same section twice.
            (
                "[profile a]\nx = 1\n[profile a]\nx = 2",
                "[profile a]\nx = 1\n[profile a]\nx = 2\n",
            ),
            ("a = 1\n", ""),
        ] {
            assert_eq!(config(text), expected, "{text}");
        }
    }

    #[test]
    fn the_credentials_file_has_plain_names() {
        let text = "[My Mac]\n a = 1\n[ work ] ; old\nb = 2\n";
        let expected = "[My%20Mac]\na = 1\n[work]\nb = 2\n";
        assert_eq!(rewrite(text, FileKind::Credentials).text, expected);
    }

    #[test]
    fn the_keys_of_a_profile_come_from_one_file() {
        let keys = "aws_access_key_id = a\naws_secret_access_key = s\naws_session_token = t\n";
        let config = format!("[default]\n{keys}[profile a]\nregion = x\n{keys}[profile b]\n{keys}");
        let credentials = "[a]\naws_access_key_id = c\n[b]\nregion = y\n";
        let expected = format!("[default]\n{keys}[profile a]\nregion = x\n[profile b]\n{keys}");
        assert_eq!(without_keys_of(&config, credentials), expected);
    }

    #[test]
    fn a_line_that_is_nothing_is_left_out_and_named() {
        let text =
            "?\n[profile a]\nregion = x\noops\n= 1\n[other]\noops\n[profile b]\ns3 =\n  oops\n";
        let rewritten = rewrite(text, FileKind::Config);
        let expected = "[profile a]\nregion = x\n[profile b]\ns3 = \n";
        assert_eq!(rewritten.text, expected);
        let lines = rewritten.bad_lines.iter();
        let lines: Vec<_> = lines.map(|bad| (bad.profile.as_str(), bad.line)).collect();
        assert_eq!(lines, [("a", 4), ("a", 5), ("b", 10)]);
    }

    proptest! {
        #[test]
        fn names_come_back(name in ".{0,20}") {
            prop_assert_eq!(decode(&encode(&name)), name);
        }

        #[test]
        fn rewriting_again_changes_nothing(text in "([\\[\\]=:#' \t\r\na-c]|profile |default){0,60}") {
            let once = rewrite(&text, FileKind::Credentials).text;
            // A name is escaped only once.
            prop_assume!(!once.contains('%'));
            prop_assert_eq!(&rewrite(&once, FileKind::Credentials).text, &once);
        }
    }
}

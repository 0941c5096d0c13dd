//! The program's own documents (the version, the completions, the manual), and README.md with the files of `docs`:
//! their links, their paths and the commands that they show.

use std::fs;
use std::path::{Path, PathBuf};

use bakewatch::testing::Cli;
use bakewatch::testing::config::BUILT_IN;
use clap::Parser as _;
use clap::error::ErrorKind;
use pulldown_cmark::{Event as Piece, Options, Parser as Markdown, Tag, TagEnd};

use crate::support::program::{Program, fresh_folder, run};

#[test]
fn the_version_names_the_commit() {
    let output = run(&["--version"]).lines.join("\n");
    let rest = output
        .strip_prefix(concat!("bakewatch ", env!("CARGO_PKG_VERSION")))
        .unwrap();
    let commit = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.strip_suffix(')'));
    let is_commit =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(rest.is_empty() || commit.is_some_and(is_commit), "{output}");
}

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = run(&["completions", shell]);
        assert_eq!(ended.code(), Some(0), "{shell}: {}", ended.diagnostics);
        let script = ended.lines.join("\n");
        for word in ["watch", "demo", "completions", "on-outcome"] {
            assert!(
                script.contains(word),
                "{word} is not in the script for {shell}"
            );
        }
    }
}

/// The ids of recorded builds are completed, where a build is named and nowhere else.
#[test]
fn recorded_ids_are_completed_in_bash_and_offered_to_zsh_and_fish() {
    let state = fresh_folder();
    let folder = state.join("bakewatch/recordings");
    for id in ["alinux2-image", "rocky9-efa", "$(touch x)", "empty"] {
        fs::create_dir_all(folder.join(id)).unwrap();
        if id != "empty" {
            fs::write(folder.join(id).join("a.jsonl"), "{}").unwrap();
        }
    }
    let environment = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let ids = Program::start_with(&["history", "-o", "ids"], &environment).end();
    ids.assert_code(0);
    assert_eq!(ids.lines, ["alinux2-image", "rocky9-efa"]);

    let script = state.join("script");
    fs::write(&script, run(&["completions", "bash"]).lines.join("\n")).unwrap();
    let completed = |words: &[&str]| {
        let program = env!("CARGO_BIN_EXE_bakewatch");
        let shell = "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
             _bakewatch_recorded \"$1\" \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; \
             printf '%s\\n' \"${COMPREPLY[@]}\"";
        let output = std::process::Command::new("bash")
            .args(["--norc", "-c", shell, "bash"])
            .arg(&script)
            .arg(program)
            .args(words)
            .env("XDG_STATE_HOME", &*state)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for command in ["watch", "replay", "report", "diff", "log", "check"] {
        let all = completed(&[command, ""]);
        assert!(
            all.contains("alinux2-image") && all.contains("rocky9-efa"),
            "{command}: {all}"
        );
        let some = completed(&[command, "al"]);
        assert!(
            some.contains("alinux2-image") && !some.contains("rocky9"),
            "{command}: {some}"
        );
    }
    assert!(completed(&["diff", "alinux2-image", "r"]).contains("rocky9-efa"));
    for words in [
        &["watch", "--region", ""][..],
        &["demo", ""],
        &["wat"],
        &["watch", "--no"],
    ] {
        assert!(!completed(words).contains("rocky9-efa"), "{words:?}");
    }
    assert!(completed(&["wat"]).contains("watch"));
    // A target may name its region.
    assert!(completed(&["watch", "us-gov-east-1/r"]).contains("us-gov-east-1/rocky9-efa"));
    assert!(!completed(&["watch", "folder/r"]).contains("rocky9-efa"));

    let zsh = run(&["completions", "zsh"]).lines.join("\n");
    assert_eq!(
        zsh.matches(":_bakewatch_recorded'").count(),
        7,
        "one for each argument that names a build"
    );
    let fish = run(&["completions", "fish"]).lines.join("\n");
    assert!(fish.contains("watch replay report diff log check") && fish.contains("history -o ids"));
    assert!(
        zsh.contains("compset -P") && fish.contains("commandline -ct"),
        "a region before an id"
    );
}

#[test]
fn the_names_of_scenarios_and_themes_are_completed() {
    let script = run(&["completions", "bash"]).lines.join("\n");
    let files = fs::read_dir("assets/scenarios").unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    // Every scenario begins with this stack.
    let scenarios = names.filter(|name| name != "stack.toml");
    let scenarios: Vec<_> = scenarios
        .filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned()))
        .collect();
    let themes: Vec<_> = BUILT_IN.map(|(name, _)| name.to_owned()).into();
    for names in [scenarios, themes] {
        let completed = script.lines().any(|line| {
            let words = line
                .split_once("compgen -W ")
                .map_or("", |(_, words)| words);
            names
                .iter()
                .all(|name| words.split(['"', ' ']).any(|word| word == *name))
        });
        assert!(completed, "{names:?}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let page = |arguments: &[&str]| run(arguments).lines.join("\n");
    assert!(page(&["man"]).contains("bakewatch\\-watch(1)"));
    let watch = page(&["man", "watch"]);
    assert!(watch.contains(".TH bakewatch-watch 1"), "{watch}");
    assert!(watch.contains("\\-\\-timeout") && watch.contains("BAKEWATCH_API_URL"));
    let none = run(&["man", "fly"]);
    assert_eq!(none.code(), Some(2));
    assert_eq!(
        none.diagnostics,
        "error: no manual page: unknown command fly; `bakewatch help` lists the commands\n"
    );
}

/// The files that describe the program, in a form in which they can be checked.
#[derive(Debug, Default)]
struct Document {
    path: PathBuf,
    links: Vec<String>,
    /// The anchors of the headings, as GitHub makes them.
    anchors: Vec<String>,
    spans: Vec<String>,
    blocks: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README.md and the files of `docs`.
fn documents() -> Vec<Document> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut paths: Vec<_> = docs.chain([root().join("README.md")]).collect();
    paths.sort();
    assert!(paths.len() > 8, "{paths:?}");
    paths.into_iter().map(Document::read).collect()
}

impl Document {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let mut document = Self {
            path,
            ..Self::default()
        };
        let (mut heading, mut block) = (None::<String>, None::<String>);
        for piece in Markdown::new_ext(&text, Options::ENABLE_TABLES) {
            match piece {
                Piece::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(dest_url.to_string());
                }
                Piece::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Piece::End(TagEnd::Heading(_)) => {
                    document.add_anchor(&heading.take().unwrap_or_default());
                }
                Piece::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
                Piece::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
                Piece::Text(text) => {
                    if let Some(open) = heading.as_mut().or(block.as_mut()) {
                        open.push_str(&text);
                    }
                }
                Piece::Code(span) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&span);
                    }
                    document.spans.push(span.to_string());
                }
                _ => {}
            }
        }
        document
    }

    fn add_anchor(&mut self, heading: &str) {
        let letters = heading.trim().to_lowercase().replace(' ', "-");
        let anchor: String = letters
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
            .collect();
        let (first, same) = (anchor.clone(), format!("{anchor}-"));
        let is_same = |known: &&String| {
            let number = known.strip_prefix(&same);
            **known == first || number.is_some_and(|number| number.parse::<u32>().is_ok())
        };
        self.anchors
            .push(match self.anchors.iter().filter(is_same).count() {
                0 => anchor,
                count => format!("{anchor}-{count}"),
            });
    }

    /// Why a link leads nowhere.
    fn fault_of(&self, link: &str) -> Option<String> {
        if link.contains("://") {
            return None;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let path = match file {
            "" => self.path.clone(),
            file => self.path.parent()?.join(file),
        };
        let fault = format!("{}: {link}", self.path.display());
        if !path.exists() {
            return Some(fault);
        }
        let leads =
            anchor.is_empty() || Self::read(path).anchors.iter().any(|known| known == anchor);
        (!leads).then_some(fault)
    }

    /// The commands of this program in code blocks.
    fn commands(&self) -> impl Iterator<Item = &str> {
        let lines = self.blocks.iter().flat_map(|block| block.lines());
        lines.filter(|line| line.starts_with("bakewatch "))
    }

    /// The commands of this program in running text, which may name a command without its arguments.
    fn named_commands(&self) -> impl Iterator<Item = &str> {
        let spans = self.spans.iter().map(String::as_str);
        spans.filter(|span| span.starts_with("bakewatch "))
    }
}

/// Why a command is not understood.
fn refusal(command: &str) -> Option<clap::Error> {
    let error = Cli::try_parse_from(words(command)).err()?;
    let helps = [ErrorKind::DisplayHelp, ErrorKind::DisplayVersion];
    (!helps.contains(&error.kind())).then_some(error)
}

/// The words of a shell command, up to a comment, an operator or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '|' | '&' | ';' | '<' | '>') => break,
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_link_in_the_documents_has_a_target() {
    let faults = |document: &Document| {
        let links = document.links.iter();
        links
            .filter_map(|link| document.fault_of(link))
            .collect::<Vec<_>>()
    };
    let faults: Vec<_> = documents().iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "links without a target: {faults:#?}");
}

#[test]
fn every_path_in_the_documents_exists() {
    let folders = [
        ".ci/", "assets/", "benches/", "docs/", "fuzz/", "src/", "tests/",
    ];
    for document in documents() {
        let paths = document.spans.iter().filter(|span| {
            let begins = folders.iter().any(|folder| span.starts_with(folder));
            begins && !span.contains(char::is_whitespace) && !span.contains("NAME")
        });
        for path in paths {
            let file = document.path.display();
            assert!(
                root().join(path).exists(),
                "{file} names {path}, which does not exist"
            );
        }
    }
}

#[test]
fn every_command_in_the_documents_parses() {
    let documents = documents();
    let commands: Vec<_> = documents.iter().flat_map(Document::commands).collect();
    assert!(commands.len() > 10, "{commands:#?}");
    for command in commands {
        let refusal = refusal(command);
        assert!(refusal.is_none(), "{command}: {}", refusal.unwrap());
    }
    for command in documents.iter().flat_map(Document::named_commands) {
        let refusal =
            refusal(command).filter(|error| error.kind() != ErrorKind::MissingRequiredArgument);
        assert!(refusal.is_none(), "{command}: {}", refusal.unwrap());
    }
}

#[test]
fn a_command_ends_where_the_shell_ends_it() {
    let of = |line| words(line).join("|");
    assert_eq!(
        of("bakewatch watch a -o text && b"),
        "bakewatch|watch|a|-o|text"
    );
    assert_eq!(of("bakewatch demo   # a comment"), "bakewatch|demo");
    assert_eq!(
        of("bakewatch watch a --on-outcome 'x \"$Y\" # z'"),
        "bakewatch|watch|a|--on-outcome|x \"$Y\" # z"
    );
}

//! The source as the layering test reads it: the code of a file without comments, strings and tests, and the paths
//! in it that lead to other modules of the crate.

use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file of `src`.
pub(crate) struct SourceFile {
    /// Its path below `src`.
    pub(crate) path: PathBuf,
    /// Its code without comments, texts and tests.
    pub(crate) code: String,
}

/// The folder `src`.
pub(crate) fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file of the crate, without those that only tests are compiled with and without the build script.
pub(crate) fn files() -> Vec<SourceFile> {
    let mut paths = Vec::new();
    collect(&src(), &mut paths);
    paths.sort();
    let mut files = Vec::new();
    let mut test_modules = Vec::new();
    for path in paths {
        let text = without_texts(&fs::read_to_string(&path).unwrap());
        let path = path.strip_prefix(src()).unwrap().to_owned();
        let code = without_tests(&text);
        let file = SourceFile { path, code };
        for name in test_modules_in(&text) {
            test_modules.push([file.module(), vec![name]].concat());
        }
        files.push(file);
    }
    files.retain(|file| {
        let module = file.module();
        file.layer() != "build" && !test_modules.iter().any(|test| module.starts_with(test))
    });
    files
}

/// The modules that a file declares for tests, in files of their own.
fn test_modules_in(code: &str) -> Vec<String> {
    let items = code.split("#[cfg(test)]").skip(1);
    let names = items.filter_map(|item| {
        let end = item.find(['{', ';'])?;
        let (declaration, rest) = item.split_at(end);
        let words: Vec<_> = declaration.split_whitespace().collect();
        let (name, before) = words.split_last()?;
        (rest.starts_with(';') && before.last() == Some(&"mod")).then(|| (*name).to_owned())
    });
    names.collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

impl SourceFile {
    /// The folder or the file of `src` that it belongs to, without an extension.
    pub(crate) fn layer(&self) -> String {
        let first = self.path.iter().next().unwrap().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    }

    /// The module that the file is, from the root of the crate.
    fn module(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        let parts = path.iter().map(|part| part.to_str().unwrap().to_owned());
        parts
            .filter(|part| part != "mod" && part != "lib")
            .collect()
    }

    /// The paths in the code that begin with `crate` or `super`, from the root of the crate.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let tokens = tokens(&self.code);
        let mut paths = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let begins = at
                .checked_sub(1)
                .is_none_or(|before| tokens[before] != "::");
            let base = match *token {
                "crate" if begins => Vec::new(),
                "super" if begins => parent(&self.module()),
                _ => continue,
            };
            if tokens.get(at + 1) == Some(&"::") {
                tree(&tokens, at + 2, &base, &mut paths);
            }
        }
        paths
    }
}

fn parent(module: &[String]) -> Vec<String> {
    module
        .split_last()
        .map_or_else(Vec::new, |(_, above)| above.to_vec())
}

/// Reads a path or a group of paths, and returns the position behind it.
fn tree(tokens: &[&str], mut at: usize, base: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = base.to_vec();
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = tree(tokens, at, &path, paths);
                    while tokens
                        .get(at)
                        .is_some_and(|token| !matches!(*token, "," | "}"))
                    {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            Some(&"super") => path = parent(&path),
            Some(&name) if name != "self" && is_name(name) => path.push(name.to_owned()),
            _ => {}
        }
        at += 1;
        if tokens.get(at) != Some(&"::") {
            paths.push(path);
            return at;
        }
        at += 1;
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let length = if is_word(first) {
            rest.find(|character| !is_word(character))
                .unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, more) = rest.split_at(length);
        tokens.push(token);
        rest = more.trim_start();
    }
    tokens
}

/// Leaves out comments and the content of texts.
fn without_texts(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest).filter(|_| !ends_in_name(&code)) {
            code.push_str("\"\"");
            length
        } else if first == '"' {
            code.push_str("\"\"");
            quoted(rest, '"')
        } else if let Some(length) = character(rest) {
            code.push_str("' '");
            length
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = rest.split_at(skipped).1;
    }
    code
}

fn ends_in_name(code: &str) -> bool {
    code.ends_with(|last: char| last.is_alphanumeric() || last == '_')
}

/// The length of the raw text that a text begins with.
fn raw_text(text: &str) -> Option<usize> {
    let marks = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let content = marks.trim_start_matches('#');
    let hashes = marks.len() - content.len();
    let content = content.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text.len() - content.len() + content.find(&end)? + end.len())
}

/// The length of the character that a text begins with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut characters = text.strip_prefix('\'')?.chars();
    let is_one = characters.next()? == '\\' || characters.next() == Some('\'');
    is_one.then(|| quoted(text, '\''))
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let is_end = *character == quote && !escaped;
        escaped = *character == '\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Leaves out the items that only tests are compiled with. In the code, no text has a brace any more.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some((before, item)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        let mut depth = 0;
        let end = item.char_indices().find(|(_, character)| {
            depth += match character {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0 && matches!(character, '}' | ';')
        });
        rest = item.split_at(end.map_or(item.len(), |(at, _)| at + 1)).1;
    }
    kept.push_str(rest);
    kept
}

#[test]
fn paths_are_resolved_and_those_in_texts_comments_and_tests_are_left_out() {
    let text = r##"
        use crate::{app::{keys::Key, model}, text}; // crate::comment
        use super::sibling as other;
        use super::super::aunt::{self, Niece};
        const TEXT: &str = "crate::text \" crate::more"; const RAW: &str = r#"crate::"raw"#;
        pub(crate) fn f<'a>(x: &'a crate::clock::Clock) -> char { crate :: store::g('"'); '\'' }
        #[cfg(test)]
        mod tests { use crate::view; }
        fn after() { crate::last(); }
    "##;
    let file = SourceFile {
        path: PathBuf::from("poll/inner/file.rs"),
        code: without_tests(&without_texts(text)),
    };
    let paths: Vec<_> = file.paths().iter().map(|path| path.join("::")).collect();
    let expected = [
        "app::keys::Key",
        "app::model",
        "text",
        "poll::inner::sibling",
        "poll::aunt",
        "poll::aunt::Niece",
        "clock::Clock",
        "store::g",
        "last",
    ];
    assert_eq!(paths, expected);
}

//! What the program says about itself: the version, the completions, the manual.

use crate::support::program::run;

#[test]
fn the_version_names_the_commit_where_there_is_one() {
    let said = run(&["--version"]).lines.join("\n");
    let rest = said
        .strip_prefix(concat!("bakewatch ", env!("CARGO_PKG_VERSION")))
        .unwrap();
    let commit = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.strip_suffix(')'));
    let is_commit =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(rest.is_empty() || commit.is_some_and(is_commit), "{said}");
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
        "error: no manual page: there is no command fly; `bakewatch help` lists them\n"
    );
}

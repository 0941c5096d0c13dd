//! The completion scripts: those of clap, and after them the image ids of recorded builds, which `bakewatch history -o ids`
//! prints. clap's own dynamic completion would start the program for every word.

use std::fmt::Write as _;

use clap::{Arg, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;

/// The commands whose arguments name builds.
const OF_BUILDS: [&str; 6] = ["watch", "replay", "report", "diff", "log", "check"];
/// The names of those arguments, as the script for zsh has them.
const BUILDS: [&str; 5] = ["targets", "recording", "image_id", "before", "after"];

/// The completion script for a shell.
pub(crate) fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bakewatch", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => script + &bash(),
        Shell::Zsh => zsh(&script),
        Shell::Fish => script + &fish(),
        _ => script,
    }
}

/// The options of these commands that have a value, as a pattern.
fn options_with_values() -> String {
    let program = Cli::command();
    let commands = program.get_subcommands();
    let commands = commands.filter(|command| OF_BUILDS.contains(&command.get_name()));
    let has_value = |arg: &&Arg| !arg.is_positional() && arg.get_action().takes_values();
    let options = commands.flat_map(|command| command.get_arguments().filter(has_value));
    let mut names: Vec<String> = options
        .flat_map(|arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            long.into_iter()
                .chain(arg.get_short().map(|short| format!("-{short}")))
        })
        .collect();
    names.sort();
    names.dedup();
    names.join("|")
}

/// A function around clap's. The ids have only letters, digits and hyphens, so the shell expands nothing in them.
fn bash() -> String {
    let (commands, options) = (OF_BUILDS.join("|"), options_with_values());
    format!(
        r#"
_bakewatch_recorded() {{
    _bakewatch "$@"
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
    case "${{COMP_WORDS[1]}}" in
        {commands}) ;;
        *) return 0 ;;
    esac
    if [[ ${{COMP_CWORD}} -lt 2 || "${{cur}}" == -* ]]; then
        return 0
    fi
    case "${{prev}}" in
        {options}) return 0 ;;
    esac
    local region=""
    if [[ "${{cur}}" =~ ^[a-z]+(-[a-z]+)+-[0-9]+/ ]]; then
        region="${{BASH_REMATCH[0]}}"
    fi
    COMPREPLY+=( $(compgen -P "${{region}}" -W "$("$1" history -o ids 2>/dev/null)" -- "${{cur#"${{region}}"}}") )
}}

complete -F _bakewatch_recorded -o bashdefault -o default bakewatch
"#
    )
}

/// The ids in the place of the files that clap offers, and the files after them.
fn zsh(script: &str) -> String {
    let function = r#"
_bakewatch_recorded() {
    local -a ids
    ids=(${(f)"$(_call_program recorded bakewatch history -o ids 2>/dev/null)"})
    if compset -P '[a-z]##-[a-z-]##-[0-9]##/'; then
        compadd -a ids
        return
    fi
    _alternative 'recorded:recorded build:compadd -a ids' 'files:file:_files'
}

"#;
    let mut all = String::new();
    for line in script.lines() {
        let names_build = |name: &&str| {
            let after = line.trim_start_matches(['\'', '*', ':']);
            line.starts_with('\'') && after.starts_with(&format!("{name} -- "))
        };
        let is_of_build = BUILDS.iter().any(names_build);
        let action = line.rsplit_once(':').filter(|_| is_of_build);
        match action.and_then(|(before, after)| Some((before, after.split_once('\'')?.1))) {
            Some((before, after)) => {
                let _ = writeln!(all, "{before}:_bakewatch_recorded'{after}");
            }
            None => {
                let _ = writeln!(all, "{line}");
            }
        }
        if line == "autoload -U is-at-least" {
            all.push_str(function);
        }
    }
    all
}

fn fish() -> String {
    let commands = OF_BUILDS.join(" ");
    format!(
        r#"
function __bakewatch_recorded
    set -l region (commandline -ct | string match -r '^[a-z]+(?:-[a-z]+)+-[0-9]+/')
    for id in (bakewatch history -o ids 2>/dev/null)
        echo "$region$id"
    end
end

complete -c bakewatch -n "__fish_seen_subcommand_from {commands}" -d 'recorded build' -a '(__bakewatch_recorded)'
"#
    )
}

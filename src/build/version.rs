//! The build script: tells the program its version with the commit that it was built from, as
//! `BAKEWATCH_VERSION`. Without a repository and out of a crate's archive too, where it says what it can.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// Digits of a commit that are shown.
const DIGITS: usize = 12;
/// What cargo writes into an archive about the commit that it was made from.
const ARCHIVE_INFO: &str = ".cargo_vcs_info.json";

fn main() -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let version = match commit() {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    let mut out = io::stdout();
    writeln!(out, "cargo::rustc-env=BAKEWATCH_VERSION={version}")?;
    writeln!(out, "cargo::rerun-if-changed=src/build/version.rs")?;
    for path in watched() {
        writeln!(out, "cargo::rerun-if-changed={path}")?;
    }
    Ok(())
}

fn commit() -> Option<String> {
    let commit = if has_repository() {
        git(&["rev-parse", "HEAD"])?
    } else {
        let info = fs::read_to_string(ARCHIVE_INFO).ok()?;
        let (_, rest) = info.split_once("\"sha1\":")?;
        rest.split('"').nth(1)?.to_owned()
    };
    let digits = commit.get(..DIGITS)?;
    let is_commit = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_commit.then(|| digits.to_owned())
}

/// Whether the package is a repository's root. One that only lies somewhere inside a repository, as a crate's
/// archive may, was not built from that repository's commit.
fn has_repository() -> bool {
    Path::new(".git").exists()
}

/// The files that change when another commit is checked out or made. Only those that are there: cargo takes a
/// missing one for changed, and would run this at every build.
fn watched() -> Vec<String> {
    if !has_repository() {
        return Vec::new();
    }
    let branch = git(&["symbolic-ref", "-q", "HEAD"]);
    let names = ["HEAD", "logs/HEAD", "packed-refs"].map(str::to_owned);
    let paths = names.into_iter().chain(branch);
    let paths = paths.filter_map(|name| git(&["rev-parse", "--git-path", &name]));
    paths.filter(|path| Path::new(path).exists()).collect()
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

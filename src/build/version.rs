//! The build script: sets `BAKEWATCH_VERSION` to the version with the commit of the build.
//!
//! The commit is from the Git repository, else from the crate's archive; without either, only the version is set.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

/// The number of commit digits in the version.
const DIGITS: usize = 12;
/// Cargo's file in an archive with the commit of the archive.
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
    for path in commit_files() {
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

/// Whether the package is a repository's root. A package somewhere inside a repository, as a crate's archive may be,
/// was not built from that repository's commit.
fn has_repository() -> bool {
    Path::new(".git").exists()
}

/// The files that change on a checkout or commit. Only existing ones: cargo treats a missing file as changed, and would
/// run this script in every build.
fn commit_files() -> Vec<String> {
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

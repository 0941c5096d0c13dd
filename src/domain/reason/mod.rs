//! What the reason of a failure says, in parts, in one line, and what helps: known without its build, of which
//! `domain::failure` adds the rest.
//!
//! - `parts`: a reason in its parts; `parse`: how they are found
//! - `known`: the failures that are known (`assets/remedies.toml`); `remedy`: what helps against one
//! - `summary`: a reason in one line; `said`: what it quotes; `fit`: what is left out where it is too long

pub(crate) mod fit;
pub(crate) mod known;
pub(crate) mod parse;
pub(crate) mod parts;
pub(crate) mod remedy;
pub(crate) mod said;
pub(crate) mod summary;

pub(crate) use parts::{Label, Reason};
pub use remedy::Remedy;

use crate::text::safe::SafeText;

/// The line that says most of a failure that is known; the first of several.
pub(crate) fn known_line(lines: impl Iterator<Item = SafeText>) -> Option<SafeText> {
    let mut best: Option<(SafeText, known::Level)> = None;
    for line in lines {
        let Some(found) = known::find_in_log(line.as_str()) else {
            continue;
        };
        let level = found.entry.level;
        if best.as_ref().is_none_or(|(_, known)| level > *known) {
            best = Some((line, level));
        }
    }
    best.map(|(line, _)| line)
}

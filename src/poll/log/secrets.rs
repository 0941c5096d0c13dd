//! Redacts what is a secret because of the lines around it. Lines are told apart by what each says alone, since one may be
//! read with other lines around it, so this comes last.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::domain::log_line::LogLine;
use crate::text::redact::LineSecrets;
use crate::text::safe::SafeText;

/// The texts of lines that have such a secret, without it.
#[derive(Debug, Default)]
pub(super) struct Redacted(HashMap<(DateTime<Utc>, SafeText), SafeText>);

impl Redacted {
    /// Searches lines that follow each other.
    pub(super) fn find(secrets: &mut LineSecrets, lines: &[LogLine]) -> Self {
        let mut found = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            let next = lines.get(index + 1);
            let next = next.and_then(|next| next.message.as_str().lines().next());
            if let Some(text) = redact(secrets, line.message.as_str(), next) {
                let key = (line.timestamp, line.message.clone());
                found.insert(key, SafeText::new(&text));
            }
        }
        Self(found)
    }

    pub(super) fn apply(&self, mut lines: Vec<LogLine>) -> Vec<LogLine> {
        if self.0.is_empty() {
            return lines;
        }
        for line in &mut lines {
            let text = self.0.get(&(line.timestamp, line.message.clone()));
            if let Some(text) = text {
                line.message = text.clone();
            }
        }
        lines
    }
}

/// A message may have several lines itself.
fn redact(secrets: &mut LineSecrets, message: &str, next: Option<&str>) -> Option<String> {
    let mut rows = message.split('\n').peekable();
    let mut out: Vec<String> = Vec::new();
    let mut is_changed = false;
    while let Some(row) = rows.next() {
        let following = rows.peek().copied().or(next);
        let redacted = secrets.redact(row, following);
        is_changed |= redacted.is_some();
        out.push(redacted.unwrap_or_else(|| row.to_owned()));
    }
    is_changed.then(|| out.join("\n"))
}

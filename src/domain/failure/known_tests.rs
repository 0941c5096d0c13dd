//! Tests of `assets/remedies.toml`, and of what it makes of reasons.

use std::collections::BTreeMap;

use regex::Regex;

use crate::domain::failure::known::{DATA, File, compiled, find};
use crate::domain::failure::reason::Reason;
use crate::domain::failure::remedy::{PLACEHOLDERS, RemedyContext};
use crate::domain::failure::{Diagnosis, diagnose, summary};
use crate::text::safe::SafeText;
use crate::text::width::width;

fn file() -> File {
    toml::from_str(DATA).unwrap()
}

fn class(text: &str) -> Option<&'static str> {
    let found = find(&Reason::parse(&SafeText::new(text)))?;
    Some(found.entry.class.as_str())
}

fn diagnosed(text: &str) -> Diagnosis {
    let context = RemedyContext {
        image_id: "demo",
        region: Some("us-east-1"),
        image_arn: None,
    };
    diagnose(&Reason::parse(&SafeText::new(text)), None, &context)
}

#[test]
fn every_entry_of_the_file_is_complete_and_its_patterns_compile() {
    for entry in file().remedy {
        let class = &entry.class;
        assert!(!entry.matches.is_empty(), "{class}");
        assert!(!entry.source.is_empty(), "{class}");
        assert!(!entry.examples.is_empty(), "{class}");
        assert!(entry.log || !entry.meaning.is_empty(), "{class}");
        for pattern in entry.matches.iter().chain(&entry.unless) {
            if let Err(why) = compiled(pattern) {
                panic!("{class}: {why}");
            }
        }
    }
}

#[test]
fn every_example_of_the_file_has_its_class() {
    let mut wrong = BTreeMap::new();
    for entry in file().remedy {
        for example in &entry.examples {
            let found = class(example).unwrap_or("none");
            if found != entry.class {
                wrong.insert(example.clone(), format!("{found}, not {}", entry.class));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_placeholder_of_the_file_is_known() {
    let placeholder = Regex::new(r"<([A-Za-z_]+)").unwrap();
    for entry in file().remedy {
        let prose = [&entry.meaning, &entry.fix];
        let texts = prose
            .into_iter()
            .chain(&entry.summary)
            .chain(&entry.commands);
        for text in texts {
            for name in placeholder.captures_iter(text) {
                let known = PLACEHOLDERS.iter().any(|(known, _)| *known == &name[1]);
                assert!(known, "{}: {text}", entry.class);
            }
        }
    }
}

#[test]
fn every_example_of_the_file_has_a_short_summary_and_a_command_of_one_line() {
    for entry in file().remedy {
        for example in &entry.examples {
            let Diagnosis {
                summary, remedy, ..
            } = diagnosed(example);
            let columns = width(summary.unwrap().as_str());
            assert!(columns <= summary::SUMMARY_COLUMNS, "{}", entry.class);
            let remedy = remedy.unwrap();
            let advice = remedy.advice.as_str();
            assert!(!advice.contains(['<', '\n']), "{}: {advice}", entry.class);
            assert!(!advice.contains("  "), "{}: {advice}", entry.class);
            assert!(width(advice) < 400, "{}: {advice}", entry.class);
            if let Some(command) = remedy.command {
                let command = command.as_str();
                let words = command.matches('\'').count();
                assert!(words % 2 == 0, "{}: {command}", entry.class);
                assert!(!command.contains('\n'), "{}: {command}", entry.class);
                assert!(
                    command.starts_with("aws ") || command.starts_with("pcluster "),
                    "{}: {command}",
                    entry.class
                );
            }
        }
    }
}

include!("known_tests/sample_reasons.rs");

#[test]
fn every_sample_reason_has_the_right_class_and_summary() {
    let mut wrong = Vec::new();
    for (text, expected, words) in REPORTED.into_iter().chain(MADE) {
        let found = class(text).unwrap_or("none");
        let summary = diagnosed(text).summary.unwrap();
        let summary = summary.as_str();
        if found != expected || !summary.contains(words) || width(summary) > 90 {
            wrong.push(format!("{expected} {words:?}: is {found} {summary:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

//! Reports: their content, and that no text from outside changes their Markdown.

use std::fs;

use bakewatch::testing::app::Effect;
use bakewatch::testing::domain::{Ami, ImageAnswer, ImageDescription, Seen};
use bakewatch::testing::output::{Subject, report};
use bakewatch::testing::text::SafeText;
use proptest::prelude::*;
use pulldown_cmark::{Event as Piece, Options, Parser, Tag, TagEnd};
use serde_json::json;

use crate::support::builds;
use crate::support::program::{fresh_folder, run};
use crate::support::story::{IMAGE, Story};

/// The report of a story, without the version that this was built as.
fn report_of(story: &Story, note: Option<&str>) -> String {
    let model = &story.model;
    let subject = Subject {
        image_id: &model.shown.target.image_id,
        region: model.shown.target.region.as_ref(),
        note,
        recorded_by: note,
        now: model.now,
    };
    let text = report(&model.shown.build, &subject);
    let lines = text.lines().map(|line| {
        let version = line.strip_prefix("| bakewatch | ");
        let end = version.and_then(|version| version.find([';', '|']));
        let rest = version
            .zip(end)
            .map(|(version, end)| version.split_at(end).1);
        rest.map_or_else(
            || format!("{line}\n"),
            |rest| format!("| bakewatch | VERSION {rest}\n"),
        )
    });
    lines.collect()
}

#[test]
fn a_report_of_each_build() {
    for name in [
        "failed", "leftover", "deleted", "loading", "waiting", "rebuilt",
    ] {
        let mut builds = builds::all(80, 24);
        let (_, story) = builds.find(|(build, _)| *build == name).unwrap();
        insta::assert_snapshot!(format!("report_{name}"), report_of(&story, None));
    }
}

/// The rows of a Markdown document's tables, head included, each as its number of cells.
fn tables(markdown: &str) -> Vec<Vec<usize>> {
    let mut tables = Vec::new();
    let mut code_only = true;
    for piece in Parser::new_ext(markdown, Options::all()) {
        match piece {
            Piece::Start(Tag::Table(_)) => tables.push(Vec::new()),
            Piece::Start(Tag::TableHead | Tag::TableRow) => tables.last_mut().unwrap().push(0),
            Piece::Start(Tag::TableCell) => *tables.last_mut().unwrap().last_mut().unwrap() += 1,
            Piece::Start(Tag::Heading { .. } | Tag::Paragraph)
            | Piece::End(
                TagEnd::Table
                | TagEnd::TableHead
                | TagEnd::TableRow
                | TagEnd::TableCell
                | TagEnd::Heading(_)
                | TagEnd::Paragraph,
            )
            | Piece::Code(_) => {}
            Piece::Text(text) => code_only &= !text.contains("://") && !text.contains('@'),
            other => panic!("{other:?} in\n{markdown}"),
        }
    }
    assert!(
        code_only,
        "text that could become a link outside of code:\n{markdown}"
    );
    tables
}

fn hostile() -> impl Strategy<Value = String> {
    let parts = [
        "|",
        "\\",
        "\\|",
        "`",
        "``",
        "```",
        "\n",
        "\r\n",
        "\n\n",
        "<",
        ">",
        "<script>",
        "<!--",
        "-->",
        "&lt;",
        "&",
        "[a](http://b.c)",
        "![i](//x)",
        "https://evil.example/",
        "www.evil.example",
        "me@evil.example",
        "@maintainer",
        "#1",
        "**",
        "_",
        "*",
        "~~",
        "$x$",
        "| --- | --- |",
        "# h",
        "- [ ] ",
        "[^1]",
        "[^1]: x",
        ":x:",
        "{#id}",
        "\u{1b}[31m",
        "\u{202e}",
        "word",
        " ",
        "日本語",
        "=",
        "---",
    ];
    prop_oneof![
        2 => Just("CREATE_FAILED".to_owned()),
        4 => prop::collection::vec(prop::sample::select(parts.to_vec()), 0..12).prop_map(|parts| parts.concat()),
        1 => ".{0,40}",
        1 => "[|`\\\\<&> ]{0,40}",
    ]
}

fn story_of(events: &[[String; 5]], about: &[String; 4]) -> Story {
    let mut story = Story::new(80, 24);
    let [image, region, version, reason] = about;
    story.model.shown.target.image_id.clone_from(image);
    let json = events.iter().enumerate().map(|(number, [id, kind, status, physical, reason])| {
        json!({
            "eventId": format!("e{number}"), "stackId": region, "logicalResourceId": id, "resourceType": kind,
            "resourceStatus": status, "physicalResourceId": physical, "resourceStatusReason": reason,
            "timestamp": "2022-04-05T21:40:00Z", "resourceProperties": json!({id: reason}).to_string(),
        })
        .to_string()
    });
    let json: Vec<_> = json.collect();
    story.raw_page(&json, true);
    let clean = |text: &String| Some(SafeText::new(text));
    story.observe(Seen::Image(ImageAnswer::Described(Box::new(
        ImageDescription {
            region: clean(region),
            version: clean(version),
            build_status: Some(SafeText::new("BUILD_FAILED")),
            stack_status_reason: clean(reason),
            builder_status: clean(reason),
            builder_reason: clean(reason),
            ami: None::<Ami>,
            ..ImageDescription::default()
        },
    ))));
    story
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_breaks_the_markdown_of_a_report(
        events in prop::collection::vec([hostile(), hostile(), hostile(), hostile(), hostile()], 1..8),
        about in [hostile(), hostile(), hostile(), hostile()],
    ) {
        let story = story_of(&events, &about);
        let markdown = report_of(&story, Some(&about[3]));
        prop_assert!(!markdown.contains('<'), "{markdown}");
        for line in markdown.lines() {
            let begins = ["| ", "# ", "## "].iter().any(|begin| line.starts_with(begin));
            prop_assert!(begins || line.is_empty(), "{line:?}");
        }
        let tables = tables(&markdown);
        let columns: Vec<_> = tables.iter().map(|table| table[0]).collect();
        prop_assert!(columns.starts_with(&[2]) && columns.ends_with(&[6, 6]), "{columns:?}\n{markdown}");
        for table in &tables {
            prop_assert!(table.iter().all(|cells| cells == &table[0]), "{table:?}\n{markdown}");
        }
        prop_assert_eq!(tables.last().unwrap().len(), 1 + events.len(), "{}", markdown);
        // In the text too, for programs that read tables in another way.
        let mut expected = None;
        for line in markdown.lines() {
            let pipes = line.matches('|').count();
            if pipes == 0 {
                expected = None;
            } else {
                prop_assert_eq!(*expected.get_or_insert(pipes), pipes, "{}", line);
            }
        }
    }
}

#[test]
fn a_report_of_a_huge_build_can_still_be_pasted() {
    let mut story = Story::new(80, 24);
    let ids: Vec<_> = (0..5000)
        .map(|number| format!("Resource{number}"))
        .collect();
    let seconds = 0..5000_i64;
    let facts: Vec<_> = seconds
        .zip(&ids)
        .map(|(second, id)| (second, id.as_str(), "AWS::X", "CREATE_COMPLETE", ""))
        .collect();
    story.events(&facts);
    let markdown = report_of(&story, None);
    assert!(markdown.len() < 60_000, "{}", markdown.len());
    for text in [
        "4700 events omitted",
        "4900 more resources are not listed",
        "`Resource99`",
        "`Resource4999`",
    ] {
        assert!(markdown.contains(text), "{text} is not in it");
    }
    assert!(!markdown.contains("`Resource100`"));
    assert!(markdown.contains("| events | 5000 |"));
}

#[test]
fn a_report_of_a_recording_needs_no_screen() {
    let folder = fresh_folder();
    let file = folder.join("r.jsonl");
    let path = file.to_str().unwrap();
    run(&[
        "demo",
        "--scenario",
        "failure",
        "--speed",
        "2000",
        "-o",
        "json",
        "--record",
        path,
    ]);
    let replayed = run(&["replay", path, "--speed", "max", "-o", "json"]);
    let reported = run(&["report", path]);
    assert_eq!(
        (reported.code(), reported.diagnostics.as_str()),
        (Some(0), "")
    );
    let markdown = reported.lines.join("\n");
    assert!(
        markdown.starts_with("# `rocky9-efa`: FAILED\n"),
        "{markdown}"
    );
    assert!(markdown.contains("| source | `a simulated service` |"));
    assert_eq!(
        tables(&markdown).last().unwrap().len(),
        1 + replayed.event_ids().len()
    );
    fs::write(&file, &fs::read(&file).unwrap()[..3000]).unwrap();
    let cut = run(&["report", path]);
    assert_eq!(cut.code(), Some(0));
    assert!(
        cut.diagnostics.contains("is truncated"),
        "{}",
        cut.diagnostics
    );
    let none = run(&["report", folder.join("none").to_str().unwrap()]);
    assert_eq!(none.code(), Some(2));
    assert!(
        none.diagnostics.starts_with("error: failed to report on "),
        "{}",
        none.diagnostics
    );
}

#[test]
fn there_is_no_report_without_events() {
    let mut story = builds::connecting(80, 24);
    story.keys("R");
    assert_eq!(
        story.model.toast.as_deref(),
        Some("there is nothing to report yet")
    );
    assert!(
        !story
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::WriteReport(_)))
    );
    let mut story = builds::building(80, 24);
    for view in ["1", "2", "3", "1>"] {
        story.effects.clear();
        story.keys(view).keys("RR");
        assert!(
            matches!(story.effects[..], [Effect::WriteReport(_)]),
            "{view}"
        );
    }
    assert_eq!(story.model.shown.target.image_id, IMAGE);
}

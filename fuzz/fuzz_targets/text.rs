//! Any text made safe to show, cut, wrapped and escaped: nothing that could act on a terminal is left of it.
#![no_main]

use bakewatch::testing::text::{
    SafeText, escape_json, one_line, redact_secrets, truncate, width, wrap,
};
use libfuzzer_sys::fuzz_target;
use ratatui::text::Line;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

fuzz_target!(|data: &[u8]| {
    let raw = String::from_utf8_lossy(data);
    let middle = raw.floor_char_boundary(raw.len() / 2);
    let (one, other) = raw.split_at(middle);
    let clean = SafeText::new(&raw);
    let text = clean.as_str();
    is_inert(text);
    is_inert(&format!("{}{}", SafeText::new(one), SafeText::new(other)));
    assert_eq!(SafeText::new(text), clean, "cleaning twice changes nothing");
    assert!(text.len() <= 8 * raw.len());
    assert!(!one_line(text).contains(['\n', '\t']));

    for columns in [1, 2, 7, 80] {
        let cut = truncate(&one_line(text), columns, "…");
        assert!(width(&cut) <= columns);
        assert_eq!(
            Line::from(cut.as_str()).width(),
            width(&cut),
            "the cells are those that were counted"
        );
        for line in wrap(text, columns) {
            is_inert(&line);
            // A grapheme that is wider than the line has its own line.
            let wide = line.graphemes(true).filter(|part| width(part) > 0).count();
            assert!(
                width(&line) <= columns || wide == 1,
                "{line:?} in {columns}"
            );
        }
    }

    let json = Value::from(&*raw).to_string();
    let escaped = escape_json(&json);
    is_inert(&escaped);
    assert_eq!(
        serde_json::from_str::<Value>(&escaped).unwrap(),
        Value::from(&*raw),
        "an escape is the same value"
    );

    let safe = redact_secrets(&raw);
    assert_eq!(
        redact_secrets(&safe),
        safe,
        "nothing is left to be taken out"
    );
});

/// Controls but line breaks and tabs; overrides of direction; invisible characters (reference: Unicode 16, Cf, Zl, Zp).
fn is_inert(text: &str) {
    let acts = |character: char| {
        character.is_control() && !matches!(character, '\n' | '\t')
            || matches!(
                character,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
                    | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
            )
    };
    assert!(!text.contains(acts), "{text:?}");
}

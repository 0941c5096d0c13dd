//! The pictures of the README and the documents: frames of the real view, written as SVG, and compared with the files at
//! every run.
//!
//! After a change of the screen, `BAKEWATCH_WRITE=1 cargo test --test it repo::picture` draws it again.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use bakewatch::testing::app::Msg;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::support::builds::{building, failed, succeeded, usual_times, with_log, with_steps};
use crate::support::frame::{COLOUR, draw};
use crate::support::is_rewriting;
use crate::support::story::Story;

const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 12.0;
const PAPER: &str = "#16181d";
const INK: &str = "#d8dbe2";

/// The pictures: the file in `assets`, the build, and the keys that lead to the view.
const PICTURES: [(&str, Build, &str); 6] = [
    ("screen", failed, ""),
    ("building", building, ""),
    ("resources", with_usual_times, "2"),
    ("failure", failed, "3"),
    ("result", succeeded, "3"),
    ("log", with_log, "4e"),
];

type Build = fn(u16, u16) -> Story;

fn with_usual_times(width: u16, height: u16) -> Story {
    let mut story = with_steps(width, height);
    let (typical, times) = usual_times();
    story.msg(Msg::Typical(typical, times));
    story
}

#[test]
fn the_pictures_are_up_to_date() {
    for (name, build, keys) in PICTURES {
        let file = format!("assets/{name}.svg");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let mut story = build(110, 28);
        story.keys(keys);
        let drawn = svg(&draw(&story.model, &COLOUR));
        if is_rewriting() {
            fs::write(&path, &drawn).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == drawn,
            "{file} is out of date: set BAKEWATCH_WRITE=1 and run this test again"
        );
    }
}

fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let width = f64::from(area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(area.height) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let style = look(&buffer[(x, y)]);
            let end = (x..area.width)
                .find(|at| look(&buffer[(*at, y)]) != style)
                .unwrap_or(area.width);
            let text: String = (x..end).map(|at| buffer[(at, y)].symbol()).collect();
            run(&mut out, (x, y), end - x, &text, &style);
            x = end;
        }
    }
    out.push_str("</svg>\n");
    out
}

/// How a cell looks: its text's colour, its background, and whether it is bold.
#[derive(PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    bold: bool,
    faint: bool,
}

fn look(cell: &Cell) -> Look {
    let (mut ink, mut paper) = (colour(cell.fg), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        (ink, paper) = (
            Some(paper.unwrap_or_else(|| PAPER.to_owned())),
            Some(ink.unwrap_or_else(|| INK.to_owned())),
        );
    }
    Look {
        ink: ink.unwrap_or_else(|| INK.to_owned()),
        paper,
        bold: cell.modifier.contains(Modifier::BOLD),
        faint: cell.modifier.contains(Modifier::DIM),
    }
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Reset => None,
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        other => panic!("the picture is drawn in true colours, not in {other}"),
    }
}

/// One run of cells with the same look.
fn run(out: &mut String, (x, y): (u16, u16), cells: u16, text: &str, look: &Look) {
    let (left, top) = (
        MARGIN + f64::from(x) * CELL.0,
        MARGIN + f64::from(y) * CELL.1,
    );
    let width = f64::from(cells) * CELL.0;
    if let Some(paper) = &look.paper {
        let height = CELL.1;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{paper}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let weight = if look.bold {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let faint = if look.faint { " opacity=\"0.6\"" } else { "" };
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" fill=\"{ink}\" textLength=\"{width:.1}\" xml:space=\"preserve\"{weight}{faint}>{text}</text>",
        base = top + 13.5,
        ink = look.ink,
    );
}

//! Draws the first line: the image, its region and version, and how up to date the screen is.
//!
//! The image and the state of the connection are left out last.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::status::connection::ConnectionState;
use crate::domain::timeline::Timeline;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;
use crate::view::text::cut;
use crate::view::time::rough_duration;

/// Columns between two parts.
const GAP: usize = 2;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let columns = usize::from(area.width);
    let described = model.shown.build.image();
    let version = described.and_then(|image| image.version.as_ref());
    let version = version.map(|version| format!("pcluster {}", one_line(version.as_str())));
    let region = model.shown.region().map(|region| one_line(region.as_str()));
    let note = model.shown.target.note.as_deref().map(SafeText::new);
    let note = note.map(|note| Span::styled(one_line(note.as_str()), theme.warn()));
    let parts = vec![
        LinePart::of(0, image(model, theme, columns)),
        LinePart::maybe(3, region),
        LinePart::maybe(4, version),
        LinePart::maybe(2, note),
    ];
    parts::draw(
        parts,
        LinePart::of(1, connection(model, theme)),
        GAP,
        area,
        buf,
    );
}

fn image<'a>(model: &Model, theme: &Theme, columns: usize) -> Vec<Line<'a>> {
    let id = one_line(SafeText::new(&model.shown.target.image_id).as_str());
    let short = cut(&id, columns / 2, theme);
    let style = theme.strong();
    vec![Line::styled(id, style), Line::styled(short, style)]
}

/// The state of the connection, its age and the next poll, from the longest form to the shortest.
fn connection<'a>(model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    if model.shown.build.is_over() && model.shown.connection.last_sync().is_some() {
        // The build no longer changes, so neither the age nor the state of the connection matters.
        let over = format!("{} finished", theme.glyphs().live);
        return vec![Line::styled(over, theme.dim())];
    }
    let (glyph, style) = connection_style(model, theme);
    let word = connection_label(model);
    let synced = model
        .shown
        .connection
        .last_sync()
        .map(|at| rough_duration(model.now - at));
    let dot = theme.glyphs().dot;
    let mut notes: Vec<String> = Vec::new();
    if model.shown.connection.state.is_responding() {
        let synced = synced.as_ref();
        notes.extend(synced.map(|age| format!(" {dot} synced {age} ago")));
        notes.extend(synced.map(|age| format!(" {dot} {age} ago")));
    } else if let Some(next) = model.shown.connection.next_poll() {
        let next = rough_duration(next - model.now);
        if let Some(age) = synced {
            notes.push(format!(" {dot} synced {age} ago {dot} next try in {next}"));
        }
        notes.push(format!(" {dot} next try in {next}"));
    }
    notes.push(String::new());
    notes
        .into_iter()
        .map(|note| {
            let state = Span::styled(format!("{glyph} {word}"), style);
            Line::from(vec![state, Span::styled(note, theme.dim())])
        })
        .collect()
}

fn connection_style(model: &Model, theme: &Theme) -> (&'static str, Style) {
    let glyphs = theme.glyphs();
    match model.shown.connection.state {
        ConnectionState::Starting => (glyphs.idle, theme.dim()),
        ConnectionState::Waiting => (glyphs.idle, Style::new()),
        ConnectionState::Live | ConnectionState::Finishing => (glyphs.live, theme.good()),
        ConnectionState::Failing
        | ConnectionState::Throttled
        | ConnectionState::Unreachable
        | ConnectionState::Refused
        | ConnectionState::Gap => (glyphs.alert, theme.warn()),
        ConnectionState::Unauthorized | ConnectionState::Misconfigured => {
            (glyphs.alert, theme.bad())
        }
    }
}

fn connection_label(model: &Model) -> String {
    match model.shown.connection.state {
        ConnectionState::Starting => "connecting".to_owned(),
        ConnectionState::Live => match model.shown.build.current() {
            Some(timeline) if !timeline.is_whole() => loading(timeline),
            _ => ConnectionState::Live.label().to_owned(),
        },
        state => state.label().to_owned(),
    }
}

fn loading(timeline: &Timeline) -> String {
    format!("loading, {} so far", timeline.len())
}

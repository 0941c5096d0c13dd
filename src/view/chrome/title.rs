//! Draws the first line: the image, its region and version, and how up to date the screen is.
//!
//! The image and the state of the connection are left out last.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::status::connection::ConnectionState;
use crate::app::status::playback::Playback;
use crate::domain::timeline::Timeline;
use crate::domain::verdict::Verdict;
use crate::style::Theme;
use crate::text::duration::duration;
use crate::text::safe::{SafeText, one_line};
use crate::view::chrome::parts;
use crate::view::chrome::parts::LinePart;
use crate::view::text::cut_middle;
use crate::view::time::rough_duration;

/// Columns between two parts.
const GAP: usize = 2;
/// The columns of the names of other builds, from the longest form to the shortest.
const NAMES: [usize; 4] = [usize::MAX, 16, 12, 8];
/// From this width on, the time of the next try is always shown.
const ROOM_FOR_NEXT: usize = 60;

pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.inner(Margin::new(1, 0));
    let columns = usize::from(area.width);
    let version = model.shown.build.version();
    let version = version.map(|version| format!("pcluster {}", one_line(version.as_str())));
    let region = model.shown.region().map(|region| one_line(region.as_str()));
    let note = model.shown.target.note.as_deref().map(SafeText::new);
    let note = note.filter(|_| model.shown.playback.is_none());
    let note = note.map(|note| Span::styled(one_line(note.as_str()), theme.warn()));
    let parts = vec![
        LinePart::of(0, image(model, theme, columns)),
        LinePart::maybe(4, region),
        LinePart::maybe(5, version),
        LinePart::maybe(6, model.shown.target.backend.map(str::to_owned)),
        LinePart::maybe(2, note),
        LinePart::of(3, others(model, theme)),
    ];
    parts::draw(
        parts,
        LinePart::of(1, connection(model, theme, columns)),
        GAP,
        area,
        buf,
    );
}

/// The other builds and their verdicts, from whole names to the numbers of each verdict. Nothing if there are none.
fn others<'a>(model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    let mut labels = model.labels();
    let shown = model.shown.id;
    let others = model.in_order().into_iter();
    let others = others.filter(|session| session.id != shown);
    let others: Vec<_> = others
        .filter_map(|session| Some((session.verdict(), labels.remove(&session.id)?.text)))
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let sign = |verdict| theme.glyphs().verdict(verdict);
    let mut forms = Vec::new();
    for columns in NAMES {
        let chips = others.iter().flat_map(|(verdict, name)| {
            let name = cut_middle(name, columns, theme);
            let chip = format!("{} {name}", sign(*verdict));
            [Span::styled(chip, theme.verdict(*verdict)), Span::raw(" ")]
        });
        forms.push(chips.collect());
    }
    let signs = others
        .iter()
        .map(|(verdict, _)| Span::styled(sign(*verdict), theme.verdict(*verdict)));
    forms.push([Span::raw("+ ")].into_iter().chain(signs).collect());
    let mut counts: Vec<(Verdict, usize)> = Vec::new();
    for (verdict, _) in &others {
        match counts.iter_mut().find(|(known, _)| known == verdict) {
            Some((_, count)) => *count += 1,
            None => counts.push((*verdict, 1)),
        }
    }
    let counts = counts.into_iter().flat_map(|(verdict, count)| {
        let text = format!(" {count}{}", sign(verdict));
        [Span::styled(text, theme.verdict(verdict))]
    });
    forms.push([Span::raw("+")].into_iter().chain(counts).collect());
    // Each form must be shorter than the one before.
    let mut least = usize::MAX;
    forms.retain(|form: &Line<'_>| {
        let is_shorter = form.width() < least;
        least = least.min(form.width());
        is_shorter
    });
    forms
}

fn image<'a>(model: &Model, theme: &Theme, columns: usize) -> Vec<Line<'a>> {
    let id = one_line(SafeText::new(&model.shown.target.image_id).as_str());
    let short = cut_middle(&id, columns / 2, theme);
    let style = theme.strong();
    vec![Line::styled(id, style), Line::styled(short, style)]
}

/// The state of the connection, its age and the next poll, from the longest form to the shortest.
fn connection<'a>(model: &Model, theme: &Theme, columns: usize) -> Vec<Line<'a>> {
    if let Some(playback) = &model.shown.playback {
        return replay(playback, model, theme);
    }
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
    // Why nothing new arrives is worth more than the version and the region.
    if notes.is_empty() || model.shown.connection.state.is_responding() || columns < ROOM_FOR_NEXT {
        notes.push(String::new());
    }
    notes
        .into_iter()
        .map(|note| {
            let state = Span::styled(format!("{glyph} {word}"), style);
            Line::from(vec![state, Span::styled(note, theme.dim())])
        })
        .collect()
}

/// The state, the speed and the position of a replay: it is not live, and nothing is polled.
fn replay<'a>(playback: &Playback, model: &Model, theme: &Theme) -> Vec<Line<'a>> {
    let glyphs = theme.glyphs();
    let (sign, style, state) = match (playback.ended, playback.paused) {
        (true, _) => (glyphs.idle, theme.dim(), "end of the recording".to_owned()),
        (false, true) => (glyphs.paused, theme.warn(), "replay paused".to_owned()),
        (false, false) => (glyphs.playing, theme.good(), "replay".to_owned()),
    };
    let speed = if playback.ended {
        String::new()
    } else {
        format!(" x{}", factor(playback.speed))
    };
    let (played, whole) = playback.position(model.now);
    let (played, whole) = (duration(played), duration(whole));
    let dot = glyphs.dot;
    let state = Span::styled(format!("{sign} {state}{speed}"), style);
    let positions = [
        format!(" {dot} {played} of {whole}"),
        format!(" {dot} {played}"),
        String::new(),
    ];
    let line = |position| Line::from(vec![state.clone(), Span::styled(position, theme.dim())]);
    positions.map(line).into()
}

/// A speed, with two significant figures at least: halving it again and again gives many more.
fn factor(speed: f64) -> String {
    let places = match speed {
        10.0.. => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    let text = format!("{speed:.places$}");
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
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

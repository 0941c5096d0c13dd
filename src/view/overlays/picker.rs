//! Draws the picker: the images of the account and the recorded builds, or why there are none.
//! `app::overlays::picker` has the rows.

use ratatui::buffer::Buffer;
use ratatui::layout::{Offset, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use crate::app::model::Model;
use crate::app::overlays::picker;
use crate::app::overlays::picker::row::{PickerRow, RowState};
use crate::app::overlays::picker::{Comparing, Picker};
use crate::domain::listing::ListedStatus;
use crate::domain::status::StatusClass;
use crate::domain::verdict::OutcomeKind;
use crate::style::Theme;
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{pad, width, wrap};
use crate::view::overlays::popup;
use crate::view::text::{cut_line, cut_middle};
use crate::view::time::{date_and_time, rough_duration};

/// The longest id of a row, and the longest on a narrow screen.
const ID: usize = 40;
const LEAST_ID: usize = 20;
/// `  ✔ unfinished`, a date and a time, a version, and with an AMI all that stands beside the id.
const STATE: usize = 14;
const AGE: usize = 12;
/// `2026-` of a date.
const YEAR: usize = 5;
const VERSION: usize = 7;
const OTHERS: usize = 1 + STATE + 1 + AGE + 1 + VERSION + 1 + "ami-0123456789abcdef0".len();

pub(crate) fn draw(model: &Model, picker: &Picker, theme: &Theme, screen: Rect, buf: &mut Buffer) {
    let area = picker::area(screen.as_size());
    let area = area.offset(Offset::new(i32::from(screen.x), i32::from(screen.y)));
    let height = picker.height(screen.as_size());
    let note = note(picker, height, theme);
    let title = title(picker, usize::from(area.width.saturating_sub(2)));
    let inner = popup::draw(&title, &note, theme, area.intersection(screen), buf);
    let mut lines = inner.rows();
    let Some(first) = lines.next() else {
        return;
    };
    cut_line(head(picker, theme), usize::from(first.width), theme).render(first, buf);
    if picker.rows.is_empty() {
        let columns = usize::from(inner.width).saturating_sub(2);
        let text = nothing(picker);
        let texts = text.iter().flat_map(|text| wrap(text, columns));
        for (text, line) in texts.zip(lines) {
            Line::raw(format!(" {text}")).render(line, buf);
        }
        return;
    }
    let names = picker.rows.iter().map(|row| name(picker, row));
    let names: Vec<_> = names.collect();
    let widest = names.iter().map(|name| width(name)).max();
    let room = usize::from(inner.width).saturating_sub(OTHERS);
    let ids = widest.unwrap_or(0).min(room.clamp(LEAST_ID, ID));
    let remarks = picker.remarks(screen.as_size());
    let beneath = inner.rows().skip(1 + height);
    for (text, area) in remarks.iter().zip(beneath) {
        let text = theme.text(text).into_owned();
        let line = Line::styled(format!(" {text}"), theme.warn());
        cut_line(line, usize::from(area.width), theme).render(area, buf);
    }
    let rows = picker.rows.iter().enumerate().skip(picker.top);
    let lines = lines.take(height);
    for ((index, row), area) in rows.zip(lines) {
        let selected = index == picker.cursor;
        let name = pad(&cut_middle(&names[index], ids, theme), ids);
        let mut line = self::row(model, picker, row, name, theme);
        let marker = if selected { theme.glyphs().marker } else { " " };
        line.spans.insert(0, Span::raw(marker));
        if selected {
            line.spans
                .iter_mut()
                .for_each(|span| span.style = Style::new());
        }
        cut_line(line, usize::from(area.width), theme).render(area, buf);
        if selected {
            buf.set_style(area, theme.selected(true));
        }
    }
}

/// The region and the account whose images are listed, as far as they are known and there is room.
fn title(picker: &Picker, columns: usize) -> String {
    let state = if picker.is_whole { "" } else { " (reading)" };
    let region = picker.home.as_ref();
    let region = region.map(|region| one_line(region.as_str()));
    let account = picker.account.as_ref();
    let account = account.map(|account| format!("account {}", one_line(account.as_str())));
    let places = [
        [region.as_deref(), account.as_deref()],
        [region.as_deref(), None],
        [None, None],
    ];
    let titles = places.map(|place| {
        let place: Vec<_> = place.into_iter().flatten().collect();
        let colon = if place.is_empty() { "" } else { ": " };
        format!(" Builds to watch{colon}{}{state} ", place.join(", "))
    });
    let [.., shortest] = &titles;
    let fits = titles.iter().find(|title| width(title) <= columns);
    fits.unwrap_or(shortest).clone()
}

/// The marks, the sign of watched builds, and the place of the selected row where some are off the screen.
fn note(picker: &Picker, height: usize, theme: &Theme) -> String {
    let hidden = match picker.hidden_marks() {
        0 => String::new(),
        hidden => format!(", {hidden} hidden"),
    };
    let marks = picker.marks();
    let rows = picker.rows.len();
    let watched = picker.rows.iter().any(|row| row.is_watched);
    let notes = [
        (marks > 0).then(|| format!("{marks} marked{hidden}")),
        watched.then(|| format!("{} is watched", theme.glyphs().live)),
        (rows > height).then(|| format!("{}/{rows}", picker.cursor + 1)),
    ];
    let notes: Vec<_> = notes.into_iter().flatten().collect();
    let between = format!(" {} ", theme.glyphs().dot);
    if notes.is_empty() {
        String::new()
    } else {
        format!(" {} ", notes.join(&between))
    }
}

/// The comparison that is being read, or the query.
fn head(picker: &Picker, theme: &Theme) -> Line<'static> {
    if let Some(Comparing { names, read }) = &picker.comparing {
        let [one, other] = names.each_ref().map(|name| one_line(name));
        let text = format!(" comparing, {read} of 2 read: {one} and {other}");
        return Line::styled(text, theme.strong());
    }
    let query = one_line(SafeText::new(&picker.query).as_str());
    if picker.typing {
        return Line::from(vec![
            Span::styled(" filter: ", theme.dim()),
            Span::styled(query, theme.strong()),
            Span::raw("_"),
        ]);
    }
    if !query.is_empty() {
        return Line::styled(format!(" filter: {query}"), theme.strong());
    }
    Line::default()
}

/// The image's id, with its region where that is needed.
fn name(picker: &Picker, row: &PickerRow) -> String {
    let id = one_line(row.image_id.as_str());
    match row.region.as_ref().filter(|_| picker.shows_region(row)) {
        Some(region) => format!("{}/{id}", one_line(region.as_str())),
        None => id,
    }
}

fn row(
    model: &Model,
    picker: &Picker,
    row: &PickerRow,
    name: String,
    theme: &Theme,
) -> Line<'static> {
    let (class, state) = state(row.state);
    let sign = theme.glyphs().status(class);
    let is_running = row.state.is_running();
    let age = row.since.map_or_else(String::new, |since| {
        if is_running {
            format!("for {}", rough_duration(model.now - since))
        } else {
            let date = date_and_time(since, model.zone());
            // The year of this year's says nothing.
            let this_year = date_and_time(model.now, model.zone());
            let is_this_year = date.get(..YEAR) == this_year.get(..YEAR);
            date.get(YEAR..)
                .filter(|_| is_this_year)
                .map_or_else(|| date.clone(), str::to_owned)
        }
    });
    let version = row.version.as_ref().map_or("", |version| version.as_str());
    let result = row.result.as_ref().map_or("", |result| result.as_str());
    let mark = if picker.is_marked(row) {
        "[x] "
    } else {
        "[ ] "
    };
    let is_recorded = matches!(row.state, RowState::Recorded(_));
    let style = if is_recorded {
        theme.dim()
    } else {
        theme.strong()
    };
    let live = theme.glyphs().live;
    let watched = match (picker.rows.iter().any(|row| row.is_watched), row.is_watched) {
        (true, true) => format!("{live} "),
        (true, false) => " ".repeat(width(live) + 1),
        (false, _) => String::new(),
    };
    Line::from(vec![
        Span::raw(if picker.marks() > 0 { mark } else { "" }),
        Span::raw(watched),
        Span::styled(name, style),
        Span::styled(
            pad(&format!("  {sign} {state}"), STATE),
            theme.status(class),
        ),
        Span::raw(format!(" {}", pad(&age, AGE))),
        Span::raw(format!(" {}", pad(&one_line(version), VERSION))),
        Span::raw(format!(" {}", one_line(result))),
    ])
}

fn state(state: RowState) -> (StatusClass, &'static str) {
    let class = |kind| match kind {
        OutcomeKind::Succeeded => StatusClass::Complete,
        OutcomeKind::Failed => StatusClass::Failed,
        OutcomeKind::Building => StatusClass::Running,
        OutcomeKind::Deleted => StatusClass::Deleting,
        OutcomeKind::NotFound | OutcomeKind::Unknown => StatusClass::Unknown,
    };
    match state {
        RowState::Listed(status) => (status_class(status), status.as_str()),
        // It was, when it was recorded.
        RowState::Recorded(kind @ OutcomeKind::Building) => (class(kind), "unfinished"),
        RowState::Recorded(kind) | RowState::Watched(kind) => (class(kind), kind.as_str()),
    }
}

const fn status_class(status: ListedStatus) -> StatusClass {
    match status {
        ListedStatus::Building => StatusClass::Running,
        ListedStatus::Failed => StatusClass::Failed,
        ListedStatus::Available => StatusClass::Complete,
    }
}

/// Why there is no row, and what to do.
fn nothing(picker: &Picker) -> Vec<String> {
    if !picker.query.is_empty() {
        return vec!["No build has this text.".to_owned()];
    }
    let faults = picker
        .faults
        .iter()
        .map(|fault| one_line(&fault.to_string()));
    let faults: Vec<_> = picker
        .not_opened
        .as_deref()
        .map(one_line)
        .into_iter()
        .chain(faults)
        .collect();
    if !faults.is_empty() {
        let passes = picker.faults.iter().any(|fault| fault.kind.may_pass());
        let again = if passes {
            "The request is made again until it succeeds. "
        } else {
            ""
        };
        let more = "`bakewatch check` shows what can be reached and what is permitted; `bakewatch demo` needs neither.";
        return [faults, vec![String::new(), format!("{again}{more}")]].concat();
    }
    if !picker.is_whole {
        return vec!["Reading the images of the account.".to_owned()];
    }
    vec![
        "There are no builds and no images in this account and region.".to_owned(),
        String::new(),
        "`pcluster build-image -i ID -c CONFIG` starts a build, `--region REGION` shows another region, and \
         `bakewatch demo` shows a simulated build."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::msg::Listed;
    use crate::domain::listing::ListedImage;

    #[test]
    fn the_title_names_the_region_and_the_account_where_they_are_known_and_fit() {
        let mut picker = Picker::default();
        assert_eq!(title(&picker, 80), " Builds to watch (reading) ");
        let arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/img/1";
        let image = ListedImage {
            image_id: SafeText::new("img"),
            region: None,
            status: ListedStatus::Building,
            since: None,
            version: None,
            ami_id: None,
            stack_id: Some(SafeText::new(arn)),
            stack_status: None,
        };
        let listed = |rows, whole| Listed {
            rows,
            region: Some(SafeText::new("eu-west-1")),
            whole,
            ..Listed::default()
        };
        picker.take(listed(Vec::new(), false));
        assert_eq!(title(&picker, 80), " Builds to watch: eu-west-1 (reading) ");
        picker.take(listed(vec![image], true));
        picker.take(listed(Vec::new(), true));
        for (columns, expected) in [
            (80, " Builds to watch: eu-west-1, account 123456789012 "),
            (49, " Builds to watch: eu-west-1 "),
            (20, " Builds to watch "),
        ] {
            assert_eq!(title(&picker, columns), expected);
        }
    }

    #[test]
    fn a_comparison_that_is_read_says_how_far_it_is() {
        let comparing = Comparing {
            names: ["alpha", "beta"].map(str::to_owned),
            read: 1,
        };
        let mut picker = Picker::default();
        picker.comparing = Some(comparing);
        let text = head(&picker, &Theme::default()).to_string();
        assert_eq!(text, " comparing, 1 of 2 read: alpha and beta");
    }
}

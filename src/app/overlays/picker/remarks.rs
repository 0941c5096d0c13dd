//! Why the list in the picker is not complete, in lines beneath its rows: the remedy is always among them.

use ratatui::layout::Size;

use crate::app::overlays::picker::{Picker, area};
use crate::text::safe::{SafeText, one_line};
use crate::text::width::{truncate_middle, width, wrap};

/// What the faults of a list begin with.
pub(super) const OF_THE_LIST: &str = "failed to list your images: ";
/// A screen with fewer rows has one line for what is missing.
const LOW: u16 = 14;
/// What stays of a reason at least.
const LEAST_REASON: usize = 40;
impl Picker {
    /// Why the list beside these rows is not complete, in lines for the end of the screen.
    pub fn remarks(&self, size: Size) -> Vec<String> {
        let area = area(size);
        let is_low = area.height < LOW;
        if self.rows.is_empty() {
            return Vec::new();
        }
        let columns = usize::from(area.width.saturating_sub(4)).max(1);
        let not_opened = self.not_opened.as_deref();
        let not_opened = not_opened.map(|why| (one_line(SafeText::new(why).as_str()), None));
        let faults = self.faults.iter().map(|fault| {
            let message = fault.message.as_str();
            let why = message.strip_prefix(OF_THE_LIST).unwrap_or(message);
            let hint = fault.hint.as_ref().map(|hint| one_line(hint.as_str()));
            (format!("not complete: {}", one_line(why)), hint)
        });
        let texts: Vec<_> = not_opened.into_iter().chain(faults).collect();
        let (most, lines) = match (is_low, texts.len()) {
            (true, _) => (1, 1),
            (false, 1) => (1, 3),
            (false, _) => (2, 2),
        };
        let texts = texts.into_iter().take(most);
        let texts = texts.flat_map(|(why, hint)| fitted(&why, hint.as_deref(), columns, lines));
        texts.collect()
    }
}

/// A reason and its remedy in at most so many lines. Where they are longer, the reason loses its middle: the remedy stays.
fn fitted(why: &str, hint: Option<&str>, columns: usize, lines: usize) -> Vec<String> {
    let text = |why: &str| match hint {
        Some(hint) => format!("{why}; {hint}"),
        None => why.to_owned(),
    };
    let mut room = width(why);
    loop {
        let fits = wrap(&text(&truncate_middle(why, room, "...")), columns);
        if fits.len() <= lines {
            return fits;
        }
        if room <= LEAST_REASON {
            return fits.into_iter().take(lines).collect();
        }
        room = room.saturating_sub(4).max(LEAST_REASON);
    }
}
